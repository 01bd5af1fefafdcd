"""The result of `make fuzz`: a table for people, results/latest.json for everybody else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from services.gateway.description import METHODS
from tests.fuzz.campaign import Target
from tests.fuzz.findings import Findings, kinds

RESULTS: Final = Path(__file__).parent / "results" / "latest.json"
SHOWN: Final = 1500


@dataclass(frozen=True, slots=True)
class Ran:
    """A whole run: what was found, in which description, when it began, how long it took and how much was wanted."""

    found: Findings
    target: Target
    began: datetime
    seconds: float
    wanted: int

    @property
    def passed(self) -> bool:
        """Whether enough was asked, of every operation, and nothing broke."""
        return self.cases_suffice and not self.unasked and not self.found.broken and not self.found.server_errors

    @property
    def cases_suffice(self) -> bool:
        """Whether as many cases were asked as were wanted."""
        return self.found.cases >= self.wanted

    @property
    def unasked(self) -> list[str]:
        """Operations that were never asked."""
        return sorted(operation for operation in operations(self.target) if not self.found.statuses.get(operation))

    def services(self) -> Iterator[tuple[str, list[str]]]:
        """Each service with its operations."""
        owners = operations(self.target)
        for service in sorted(set(owners.values())):
            yield service, sorted(operation for operation, owner in owners.items() if owner == service)

    def of(self, asked: list[str]) -> Counter[int]:
        """The statuses that these operations answered with."""
        return sum((self.found.statuses.get(operation, Counter()) for operation in asked), Counter())


def operations(target: Target) -> dict[str, str]:
    """The service of each operation."""
    return {
        f"{method.upper()} {path}": operation["tags"][0]
        for path, methods in target.description["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def succeeded(statuses: Counter[int]) -> bool:
    """Whether it was ever done, rather than only refused."""
    return any(200 <= status < 400 for status in statuses)


def show(console: Console, ran: Ran) -> None:
    """What broke, each once with the request that repeats it, and what was asked of whom."""
    for where, how in sorted(ran.found.broken.items()):
        console.print(f"✗ {where}\n  {how[:SHOWN]}", markup=False, highlight=False, soft_wrap=True)
    table = Table(title="Random requests", title_justify="left")
    columns = ("service", "operations", "ever done", "requests", "2xx", "3xx", "4xx", "5xx", "none")
    for column in columns:
        table.add_column(column, justify="left" if column == "service" else "right")
    for service, asked in ran.services():
        statuses = ran.of(asked)
        done = sum(succeeded(ran.found.statuses[operation]) for operation in asked)
        counted = kinds(statuses)
        counts = (len(asked), done, statuses.total(), *(counted[kind] for kind in columns[4:]))
        table.add_row(service, *(str(count) for count in counts))
    console.print(table)
    for reason, times in ran.found.reasons.items():
        console.print(f"unavailable {times} times: {reason}", markup=False, soft_wrap=True)
    if ran.unasked:
        console.print(f"never asked: {', '.join(ran.unasked)}", markup=False, soft_wrap=True)
    console.print(
        f"{ran.found.cases} cases (wanted {ran.wanted}), {ran.found.requests} requests, "
        f"{ran.found.server_errors} server errors, {ran.found.unavailable} unavailable, "
        f"{len(ran.found.broken)} findings, {ran.seconds:.0f} s, seed {ran.found.seed}",
        soft_wrap=True,
    )


def keep(ran: Ran, file: Path = RESULTS) -> None:
    """Write the result down."""
    found = ran.found
    result: dict[str, Any] = {
        "began": ran.began.isoformat(timespec="seconds"),
        "seconds": round(ran.seconds),
        "seed": found.seed,
        "passed": ran.passed,
        "cases": found.cases,
        "requests": found.requests,
        "server_errors": found.server_errors,
        "unavailable": found.unavailable,
        "unavailable_because": dict(found.reasons),
        "phases": dict(found.phases),
        "statuses": _counted(found.answers),
        "findings": sorted(found.broken),
        "never_asked": ran.unasked,
        "services": {service: _asked(ran, asked) for service, asked in ran.services()},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n")


def _asked(ran: Ran, asked: list[str]) -> dict[str, Any]:
    return {
        "requests": ran.of(asked).total(),
        "statuses": _counted(ran.of(asked)),
        "operations": {operation: _counted(ran.found.statuses.get(operation, Counter())) for operation in asked},
    }


def _counted(statuses: Counter[int]) -> dict[str, int]:
    return {str(status): statuses[status] for status in sorted(statuses)}
