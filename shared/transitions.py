"""Status machines as tables: from which status which verb leads where, and who may say it.

    BOOKING = Table((
        Transition(Status.HELD, "confirm", "system", Status.CONFIRMED),
        Transition(Status.HELD, "expire", "schedule", Status.EXPIRED),
    ))
    BOOKING.next(booking.status, "confirm")   # the next status, or WrongState

A table is data: it is tested row by row and printed into docs/life-cycles.md. What is not in it is refused, always
with the same refusal, which says what would have been allowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from shared.refusals import Conflict

S = TypeVar("S", bound=StrEnum)


class WrongState(Conflict):
    slug = "wrong-state"
    title = "The status it has now does not allow this."


@dataclass(frozen=True, slots=True)
class Transition(Generic[S]):
    """One row. `verb` is the imperative that is asked for, `by` the role (or system, schedule) that may ask."""

    source: S
    verb: str
    by: str
    target: S


class Table(Generic[S]):
    """A closed set of transitions over one status type; a verb leads from a status to exactly one other.

    Raises ValueError for an empty table and for two rows that disagree, so that a bad table never gets past import.
    """

    __slots__ = ("_next", "rows")

    def __init__(self, rows: Iterable[Transition[S]]) -> None:
        self.rows: tuple[Transition[S], ...] = tuple(rows)
        if not self.rows:
            raise ValueError("a table needs at least one transition")
        self._next: dict[tuple[S, str], S] = {}
        for row in self.rows:
            known = self._next.setdefault((row.source, row.verb), row.target)
            if known is not row.target:
                raise ValueError(f"{row.verb!r} leads from {row.source} to both {known} and {row.target}")

    @property
    def status_type(self) -> type[S]:
        """The enumeration whose members the rows connect."""
        return type(self.rows[0].source)

    def next(self, state: S, verb: str) -> S:
        """The status that the verb leads to. Raises WrongState, with `state`, `verb` and the `allowed` verbs."""
        target = self._next.get((state, verb))
        if target is None:
            raise self._wrong(state, verb)
        return target

    def allows(self, state: S, verb: str) -> bool:
        """Whether the verb leads anywhere from this status."""
        return (state, verb) in self._next

    def verbs(self, state: S) -> tuple[str, ...]:
        """The verbs that this status allows, in the order of the rows; none means that it is final."""
        return tuple(dict.fromkeys(row.verb for row in self.rows if row.source is state))

    def _wrong(self, state: S, verb: str) -> WrongState:
        allowed = self.verbs(state)
        instead = f"it allows {', '.join(allowed)}" if allowed else "it is final"
        return WrongState(
            f"{state.value!r} does not allow {verb}: {instead}.", state=state.value, verb=verb, allowed=list(allowed)
        )
