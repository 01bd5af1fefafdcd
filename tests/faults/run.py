"""Runs scenarios and their controls on one lab, and says what came of it in figures."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError
from rich.console import Console

from infra.local.obstacles import Obstacle
from tests.bench.figures import Figure, at_least, at_most, keep, show
from tests.faults.checker.faults import Fault
from tests.faults.lab import Lab, NoRest
from tests.faults.scenarios import Amount, Scenario

RESULTS = Path(__file__).parent / "results" / "latest.json"
SHOWN = 12
CONTROL_SECONDS = 60.0
OBSTACLES = (NoRest, Obstacle, AssertionError, TimeoutError, OSError, KafkaError, PyMongoError)
"""What may keep a scenario from coming to its end; it is noted, and the next one is run."""


@dataclass
class Run:
    """What came of it so far."""

    console: Console
    conditions: str
    results: Path | None = None
    figures: list[Figure] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def scenarios(self, lab: Lab, chosen: Sequence[tuple[Scenario, Amount]]) -> None:
        """Do harm, let it come to rest, look."""
        for scenario, amount in chosen:
            began = time.monotonic()
            self.console.rule(f"{scenario.name}: {scenario.shows}", align="left")
            answered = lab.journal.total
            faults = self._harmed(lab, scenario, amount)
            self.figures += [
                at_most(f"{scenario.name}: faults", len(faults), "faults", 0, scenario.shows),
                Figure(f"{scenario.name}: requests answered meanwhile", lab.journal.total - answered, "requests"),
            ]
            self._tell(faults, time.monotonic() - began)
            lab.faults_known |= frozenset(faults)
            self.keep()

    def _harmed(self, lab: Lab, scenario: Scenario, amount: Amount) -> list[Fault]:
        try:
            found = scenario.run(lab, amount)
            self.figures += [replace(figure, name=f"{scenario.name}: {figure.name}") for figure in found]
            seconds = lab.rest()
        except OBSTACLES as obstacle:
            with suppress(NoRest):
                lab.rest()
            return [Fault("stuck", scenario.name, f"{type(obstacle).__name__}: {obstacle}"), *lab.check()]
        self.figures.append(Figure(f"{scenario.name}: at rest after", seconds, "s"))
        return lab.check()

    def _tell(self, faults: Sequence[Fault], seconds: float) -> None:
        for fault in faults[:SHOWN]:
            self.console.print(f"[red]✗[/] {fault}", highlight=False)
        if not faults:
            self.console.print(f"[green]✓[/] nothing wrong, {seconds:.0f} s", highlight=False)
        self.broken += [str(fault) for fault in faults]

    def controls(self, lab: Lab, chosen: Sequence[Scenario]) -> None:
        """The same with protections off: a fault has to be seen."""
        for scenario in chosen:
            control = scenario.control
            off = ", ".join(control.off)
            self.console.rule(f"{scenario.name}, control: without {off}", align="left")
            with lab.off(*control.off, services=control.services, back=not control.spoils):
                try:
                    control.run(lab, control.amount)
                    seen = lab.await_fault(control.rules, CONTROL_SECONDS)
                except OBSTACLES as obstacle:
                    self.console.print(f"  {obstacle}", highlight=False)
                    lab.revive()
                    seen = lab.await_fault(control.rules, CONTROL_SECONDS)
            name = f"{scenario.name}, control: faults seen without {off}"
            self.figures.append(at_least(name, len(seen), "faults", 1, f"of the kinds {', '.join(control.rules)}"))
            if seen:
                self.console.print(f"[green]✓[/] {len(seen)} seen, such as: {seen[0]}", highlight=False)
            else:
                self.broken.append(f"the control of {scenario.name} has seen nothing: it shows nothing")
                self.console.print(f"[red]✗[/] {self.broken[-1]}", highlight=False)
            lab.forget()
            self.keep()

    def report(self) -> None:
        """Show the figures and keep them."""
        show(self.console, self.figures)
        self.keep()
        self.console.print(f"Kept in {self.results}")

    def keep(self) -> None:
        """Write the figures that there are; those of scenarios that were not run this time stay as they are."""
        if self.results is not None:
            keep(self.results, self.figures, self.conditions)
