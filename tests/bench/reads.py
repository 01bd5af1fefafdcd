"""Reading: searches of occurrences and of schools at a steady hundred a second, on a full register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from rich.console import Console

from infra.cli.schools import imported
from infra.story.cast import MEMBERS, OPERATOR, teacher
from tests.bench.copies import REGIONS, SUBJECTS, copy_occurrences
from tests.bench.figures import Figure, percentile
from tests.bench.load.orders import Order, Request, demand, get
from tests.bench.register import Register, register
from tests.bench.stand import Stand

OCCURRENCES = 5_000
RATE = 100
SECONDS = 10.0
CONNECTIONS = 64


def figures(stand: Stand, console: Console) -> Iterator[Figure]:
    """The 95th and 99th percentile of each search, and of all of a kind."""
    known = register()
    imported(stand.stage.as_account(OPERATOR), known.content, on_error="import-good-rows")
    copy_occurrences(stand, OCCURRENCES)
    stand.rest()
    conditions = (
        f"{RATE}/s for {SECONDS:g} s, timed from when due, through Caddy, one replica, {known.described}, "
        f"{OCCURRENCES:,} occurrences, pages of 20"
    )
    for name, requests in {
        "occurrence search": occurrence_searches(),
        "school search": school_searches(stand, known),
    }.items():
        steady_reads(stand, requests, 2.0)
        latencies = steady_reads(stand, requests, SECONDS)
        p50, p95, p99 = (round(percentile(latencies, share), 1) for share in (0.5, 0.95, 0.99))
        console.print(f"  {name}: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms")
        for label, value in (("p50", p50), ("p95", p95), ("p99", p99)):
            yield Figure(f"reads, {name}, {label}", value, "ms", conditions=conditions)


def occurrence_searches() -> list[Request]:
    """What teachers look for."""
    start = (datetime.now(UTC) + timedelta(days=90)).date()
    month: dict[str, object] = {"from": start, "to": start + timedelta(days=30)}
    asked: list[dict[str, object]] = [{}, month, {"status": "open", "places": 2}]
    asked += [{"subject": subject, "status": "open"} for subject in SUBJECTS]
    asked += [{"region": region, **month} for region in REGIONS]
    asked += [{"q": "energy pract"}, {"q": "circ"}, {"subject": "Physics", "delivery": "face-to-face", **month}]
    return [get(f"/api/occurrences?{urlencode({**query, 'limit': 20})}") for query in asked]


def school_searches(stand: Stand, known: Register) -> list[Request]:
    """What schools and officers look for."""
    asked: list[dict[str, object]] = [
        {"name": known.name},
        {"name": known.name, "phase": "Secondary"},
        {"name": "academy", "region": "North East"},
        {"name": "park prim", "status": "open"},
        {"postcode": known.postcode, "radius_km": 10},
        {"postcode": known.postcode.split()[0], "phase": "Secondary"},
        {"phase": "Secondary", "region": "London"},
    ]
    token = stand.token(teacher(MEMBERS[0]))
    return [get(f"/api/schools?{urlencode({**query, 'limit': 20})}", token) for query in asked]


def steady_reads(stand: Stand, requests: Sequence[Request], seconds: float) -> Sequence[float]:
    """The latencies of reads at a steady rate."""
    order = Order(
        kind="steady", port=stand.port, requests=tuple(requests), clients=CONNECTIONS, rate=RATE, seconds=seconds
    )
    return demand(stand.clients.carry_out(order), ("200",)).latencies
