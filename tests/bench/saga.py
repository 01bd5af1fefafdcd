"""The funds saga as a client sees it: from the POST until its booking is funded and confirmed, at a steady rate.

Clients book with their partnership's bursary; some of them look at their booking every few milliseconds. All use one
partnership's account; they go to one hot occurrence, or are spread over fifty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console

from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.bench.load.orders import BETWEEN_LOOKS, Order, demand
from tests.bench.stand import Stand

RATES = (50, 100)
SPREAD = 50
SECONDS = 20.0
WATCH_EVERY = 10
WARM_SECONDS = 4.0
CONNECTIONS = 64
P50_WITHIN, P99_WITHIN = 50.0, 250.0
CONDITIONS = (
    f"{SECONDS:g} s, every {WATCH_EVERY}th booking, from when its request was due until a GET shows it confirmed, "
    f"every {BETWEEN_LOOKS * 1_000:g} ms (later every seventh of the time waited), through Caddy, one replica of each "
    "service, one partnership's account"
)


def figures(stand: Stand, console: Console) -> Iterator[Figure]:
    """Percentiles at each rate, hot and spread."""
    loads = {"one occurrence": [stand.occurrence()], f"{SPREAD} occurrences": stand.occurrences(SPREAD)}
    for occurrences in loads.values():
        _follow(stand, occurrences, RATES[0], WARM_SECONDS)
    for where, occurrences in loads.items():
        for rate in RATES:
            latencies = _follow(stand, occurrences, rate, SECONDS)
            p50, p99 = (round(percentile(latencies, share), 1) for share in (0.5, 0.99))
            console.print(f"  {where}, {rate}/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
            name = f"saga, {where}, {rate}/s"
            yield at_most(f"{name}, p50", p50, "ms", P50_WITHIN, CONDITIONS)
            yield at_most(f"{name}, p99", p99, "ms", P99_WITHIN, CONDITIONS)
    yield from _at_once(stand, console)


def _follow(stand: Stand, occurrences: Sequence[str], rate: float, seconds: float) -> Sequence[float]:
    stand.rest()
    requests = tuple(stand.bookings(occurrences, bursary=True))
    order = Order(
        kind="follow",
        port=stand.port,
        requests=requests,
        clients=CONNECTIONS,
        rate=rate,
        seconds=seconds,
        watch_every=WATCH_EVERY,
    )
    return demand(stand.clients.carry_out(order), ("confirmed",)).latencies


def _at_once(stand: Stand, console: Console) -> Iterator[Figure]:
    """How many a second pass through the saga when they all want the same occurrence at once."""
    occurrence = stand.occurrence()
    requests = [stand.booking(occurrence, bursary=True, number=number) for number in range(600)]
    stand.rest()
    took = stand.once(requests, CONNECTIONS).seconds + stand.rest()
    rate = round(len(requests) / took)
    console.print(f"  {len(requests)} bookings of one occurrence at once: {rate}/s until all are decided")
    conditions = "600 bursary bookings of one occurrence at once, until every event they led to was followed"
    yield at_least("saga, one occurrence, as fast as it goes", rate, "1/s", 200, conditions)
