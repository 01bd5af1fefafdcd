"""Cursor paging: pages that neither skip nor repeat what stays put while rows come and go around it.

    async def list_schools(paging: PageRequest, work: HttpWork) -> Page[SchoolAnswer]:
        after = paging.after(str, str)                                     # the position the cursor stands for
        where = {"$and": [wanted, following((("name", 1), ("id", 1)), after)]}
        found = await work.collection(School).find(where, sort=…, limit=paging.limit + 1)
        return paging.page(found, position=lambda school: (school.name, school.id), show=school_answer)

A cursor is the sort key of the last row shown, in base64url. It is opaque to clients but not secret: whatever comes
back is checked to be plain values of the expected types, so that it cannot carry operators into a query. The link to
the next page is in the answer (`next`) and in the Link header.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

import orjson
from fastapi import Depends, Query, Request, Response
from pydantic import Field

from shared.http.problems import Malformed
from shared.http.requests import ResponseModel

Value = str | int | float | bool | datetime | date | None
D = TypeVar("D")
T = TypeVar("T")

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
_CURSOR_LENGTH = 1000
_LARGEST_NUMBER = 2**63 - 1


class CursorMalformed(Malformed):
    slug = "cursor-malformed"
    title = "This cursor was not given by this list: start without one."


class Page(ResponseModel, Generic[T]):
    """Some rows of a list. `next` is the cursor of the following page, null on the last one."""

    items: tuple[T, ...]
    next: str | None = Field(default=None, examples=["WyJTdCBNYXJ5J3MiLCI5MDAwMDEiXQ"])


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is wanted. Ask the store for `limit + 1` rows: the extra one says that there are more."""

    limit: int
    cursor: str | None
    request: Request
    response: Response

    def after(self, *types: type) -> tuple[Value, ...] | None:
        """The position to go on from, one value for each type; None for the first page. Raises CursorMalformed."""
        if self.cursor is None:
            return None
        values = _decoded(self.cursor)
        if len(values) != len(types):
            raise CursorMalformed(field="cursor")
        return tuple(_typed(value, wanted) for value, wanted in zip(values, types, strict=True))

    def page(self, found: Sequence[D], position: Callable[[D], tuple[Value, ...]], show: Callable[[D], T]) -> Page[T]:
        """The page of what was found, with the Link header set."""
        shown = found[: self.limit]
        cursor = encoded(position(shown[-1])) if len(found) > self.limit else None
        if cursor is not None:
            self.response.headers["Link"] = f'<{self._address(cursor)}>; rel="next"'
        return Page(items=tuple(show(row) for row in shown), next=cursor)

    def _address(self, cursor: str) -> str:
        query = parse_qsl(self.request.url.query, keep_blank_values=True)
        kept = [(name, value) for name, value in query if name != "cursor"]
        return f"{self.request.url.path}?{urlencode([*kept, ('cursor', cursor)])}"


async def paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="Rows on a page.")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=_CURSOR_LENGTH, description="`next` of the page before; none for the first.")
    ] = None,
) -> Paging:
    """The paging parameters of a request."""
    return Paging(limit, cursor, request, response)


PageRequest = Annotated[Paging, Depends(paging)]


def encoded(position: Sequence[Value]) -> str:
    """The cursor of a position."""
    return base64.urlsafe_b64encode(orjson.dumps(list(position))).decode().rstrip("=")


def following(sort: Sequence[tuple[str, int]], after: Sequence[Value] | None) -> dict[str, Any]:
    """A store filter for the rows behind a position in this order: (("name", 1), ("id", 1)). {} for the first page.

    The fields must never be null, and together they must be unique.
    """
    if after is None:
        return {}
    branches = []
    for index, ((field, direction), value) in enumerate(zip(sort, after, strict=True)):
        same = {earlier: after[at] for at, (earlier, _) in enumerate(sort[:index])}
        branches.append({**same, field: {"$gt" if direction > 0 else "$lt": value}})
    return branches[0] if len(branches) == 1 else {"$or": branches}


def _decoded(cursor: str) -> list[Any]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise CursorMalformed(field="cursor") from None
    if not isinstance(values, list):
        raise CursorMalformed(field="cursor")
    return values


def _typed(value: object, wanted: type) -> Value:
    if value is None:
        return None
    try:
        return _READERS[wanted](value)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise CursorMalformed(field="cursor") from None


def _text(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError("not text")
    return value


def _whole_number(value: object) -> int:
    if type(value) is not int or abs(value) > _LARGEST_NUMBER:
        raise TypeError("not a whole number that the store can hold")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    return float(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


_READERS: dict[type, Callable[[object], Value]] = {
    str: _text,
    int: _whole_number,
    float: _number,
    bool: _truth,
    datetime: lambda value: datetime.fromisoformat(_text(value)).astimezone(UTC),
    date: lambda value: date.fromisoformat(_text(value)),
}
