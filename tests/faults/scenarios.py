"""What the lab does to the stack, one scenario a property, each with the controls that prove it can be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.bench.figures import Figure
from tests.faults.checker.faults import Rule
from tests.faults.lab import Lab

Size = Literal["ci", "lab", "soak"]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much harm: `rounds` of it, with `answers` between two; `seconds` is how long each lasts, where it lasts."""

    rounds: int
    answers: int
    seconds: float = 0.0


Run = Callable[[Lab, Amount], Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class Control:
    """With which protections off, in which services, doing what, a fault of which rules has to come about.

    One that `spoils` leaves a store that no sound service starts on: it comes last, and nothing is started after it.
    """

    off: tuple[str, ...]
    rules: tuple[Rule, ...]
    run: Run
    amount: Amount
    services: tuple[str, ...]
    spoils: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """`name` is what it is called on the command line, `shows` the property in a few words."""

    name: str
    shows: str
    run: Run
    controls: tuple[Control, ...]
    ci: Amount | None
    lab: Amount
    soak: Amount

    def amount(self, size: Size) -> Amount | None:
        """How much of it belongs to a size; None: it does not."""
        amounts: dict[Size, Amount | None] = {"ci": self.ci, "lab": self.lab, "soak": self.soak}
        return amounts[size]
