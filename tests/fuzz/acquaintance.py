"""Ids of what there is, so that random requests meet something: a request about nothing is refused, and shows little.

Lists are found in the description: a path without a part to fill in, whose items have ids. Where the path goes on with
a part of its own (`/api/pots/{pot_id}`), that is the name of the items' ids; other fields that end in `_id` or `urn`
name themselves. So objects of a service that nobody has thought of here are met, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

KEPT: Final = 4
"""Few, so that a booking and its occurrence are often drawn together."""

Known = dict[str, list[str]]

_ID = re.compile(r"(?:.*_)?(?:id|urn)")


def known_ids(url: str, description: Mapping[str, Any], asking: Mapping[str, Mapping[str, str]]) -> Known:
    """Ids by the name of the parameter that takes them. `asking`: the headers of those who may see something."""
    known: Known = {}
    with httpx.Client(base_url=url, timeout=40) as client:
        for path in _lists(description):
            own = _own_parameter(path, description)
            for headers in asking.values():
                answer = client.get(path, headers=dict(headers))
                if answer.is_success and isinstance(answer.json(), dict):
                    _meet(known, answer.json().get("items", []), own)
    return known


def _lists(description: Mapping[str, Any]) -> Iterator[str]:
    yield from (path for path, methods in description["paths"].items() if "get" in methods and "{" not in path)


def _own_parameter(path: str, description: Mapping[str, Any]) -> str | None:
    """`pot_id` of /api/pots, where there is /api/pots/{pot_id}."""
    found = (re.fullmatch(re.escape(path) + r"/\{(\w+)\}", other) for other in description["paths"])
    return next((match[1] for match in found if match), None)


def _meet(known: Known, items: list[Any], own: str | None) -> None:
    for item in items[:KEPT]:
        for name, value in item.items():
            if isinstance(value, str) and _ID.fullmatch(name):
                met = known.setdefault(own if name == "id" and own is not None else name, [])
                if value not in met and len(met) < KEPT:
                    met.append(value)
