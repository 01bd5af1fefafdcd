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
from tests.faults.lab import Lab
from tests.faults.processes import NoRest
from tests.faults.scenarios import Amount, Control, Scenario

SHOWN = 12
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
            asked = (
                f"{lab.journal.total - answered} requests answered meanwhile, {time.monotonic() - began:.0f} s in all"
            )
            self.figures.append(
                at_most(f"{scenario.name}: faults", len(faults), "faults", 0, f"{scenario.shows}; {asked}")
            )
            for fault in faults[:SHOWN]:
                self.console.print(f"[red]✗[/] {fault}", highlight=False)
            if not faults:
                self.console.print(f"[green]✓[/] nothing wrong; {asked}", highlight=False)
            self.broken += [str(fault) for fault in faults]
            lab.known |= {(fault.rule, fault.about) for fault in faults}
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
        self.figures.append(Figure(f"{scenario.name}: at rest after", seconds, "s", conditions="the load is over"))
        return lab.check()

    def totals(self, lab: Lab, events: int | None) -> None:
        """What there was in all; `events` is how many there should be at the least."""
        told, what = lab.count_events(), "all scenarios: events told, published and followed"
        asked = f"{lab.journal.total} requests answered"
        self.figures.append(
            Figure(what, told, "events", conditions=asked)
            if events is None
            else at_least(what, told, "events", events, asked)
        )

    def controls(self, lab: Lab, chosen: Sequence[Scenario]) -> None:
        """The same with protections off: a fault has to be seen. Nothing is started after one that spoils."""
        controls = [(scenario, control) for scenario in chosen for control in scenario.controls]
        controls.sort(key=lambda pair: pair[1].spoils)
        for scenario, control in controls:
            off = ", ".join(control.off)
            self.console.rule(f"{scenario.name}, control: without {off}", align="left")
            began = time.monotonic()
            seen = self._shown(lab, control, last=control is controls[-1][1])
            kinds = f"of the kinds {', '.join(control.rules)}; {time.monotonic() - began:.0f} s"
            self.figures.append(
                at_least(f"{scenario.name}, control: faults seen without {off}", len(seen), "faults", 1, kinds)
            )
            if seen:
                self.console.print(f"[green]✓[/] {len(seen)} seen, such as: {seen[0]}", highlight=False)
            else:
                self.broken.append(f"{scenario.name}: without {off} nothing was seen, so it shows nothing")
                self.console.print(f"[red]✗[/] {self.broken[-1]}", highlight=False)
            self.keep()

    def _shown(self, lab: Lab, control: Control, *, last: bool) -> list[Fault]:
        with lab.processes.off(control.off, control.services, back=not last and not control.spoils):
            try:
                control.run(lab, control.amount)
            except OBSTACLES as obstacle:
                self.console.print(f"  {type(obstacle).__name__}: {obstacle}", highlight=False)
            seen = lab.await_fault(control.rules)
        if not last:
            if not control.spoils:
                lab.stand_still()
            lab.forget()
        return seen

    def report(self) -> None:
        """Show the figures and keep them."""
        show(self.console, self.figures)
        self.keep()

    def keep(self) -> None:
        """Write the figures that there are; those of scenarios that were not run this time stay as they are."""
        if self.results is not None:
            keep(self.results, self.figures, self.conditions)
