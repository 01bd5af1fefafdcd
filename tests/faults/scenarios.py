"""What the lab does to the stack, one scenario a property, each with the control that proves it can be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.figures import Figure
from tests.faults.checker.faults import Rule
from tests.faults.lab import Lab


@dataclass(frozen=True, slots=True)
class Amount:
    """How much harm: `rounds` of it, with `answers` between two."""

    rounds: int
    answers: int


Run = Callable[[Lab, Amount], Sequence[Figure]]


@dataclass(frozen=True, slots=True)
class Control:
    """With which protections off, in which services, the scenario has to bring about a fault of which rules.

    One that `spoils` leaves a store that no sound service starts on: it comes last, and nothing is started after it.
    `run` is what is done then; the scenario itself unless said otherwise.
    """

    off: tuple[str, ...]
    rules: tuple[Rule, ...]
    run: Run
    amount: Amount
    services: tuple[str, ...] | None = None
    spoils: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """`name` is what it is called on the command line, `shows` the property in a few words."""

    name: str
    shows: str
    run: Run
    control: Control
    ci: Amount | None
    lab: Amount
    soak: Amount

    def amount(self, size: str) -> Amount | None:
        """How much of it belongs to a size; None: it does not."""
        return {"ci": self.ci, "lab": self.lab, "soak": self.soak}[size]
