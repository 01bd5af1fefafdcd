"""A fault: a promise that was broken, and about what."""

from __future__ import annotations

from typing import Literal, NamedTuple

Rule = Literal[
    "lost",
    "order",
    "doubled",
    "parked",
    "overbooked",
    "underfilled",
    "list-order",
    "late",
    "stuck",
    "money",
    "unacknowledged",
    "unequal",
    "server-error",
    "changed",
    "dropped",
    "refused",
    "caps",
    "cover",
]


class Fault(NamedTuple):
    """`about` names the aggregate, event or request; `detail` says what was seen."""

    rule: Rule
    about: str
    detail: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.about}: {self.detail}"
