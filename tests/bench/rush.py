"""A hundred places, three hundred buyers at once: how long until all are sold, and until everybody has an answer."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from tests.bench.figures import Figure, at_most, percentile
from tests.bench.stand import Stand

PLACES = 100
BUYERS = 300
TIMES = 7
SOLD_WITHIN = 0.5
ANSWERED_WITHIN = 1.0
CONDITIONS = (
    f"{BUYERS} connections that are open already each send one booking in the same moment, through Caddy, one replica, "
    f"schools pay; median of {TIMES}"
)


def figures(stand: Stand, console: Console) -> Iterator[Figure]:
    """Seconds until the last place is sold and the last buyer answered."""
    sold: list[float] = []
    answered: list[float] = []
    for _ in range(TIMES):
        occurrence = stand.occurrence(PLACES)
        requests = [stand.booking(occurrence, number=number) for number in range(BUYERS)]
        stand.rest()
        outcome = stand.once(requests, BUYERS, allowed=("201", "409"))
        if outcome.count("201") != PLACES:
            raise RuntimeError(f"{outcome.count('201')} of {PLACES} places were sold: {outcome.statuses}")
        sold.append(max(at for at, status in zip(outcome.ended, outcome.order, strict=True) if status == "201"))
        answered.append(max(outcome.ended))
        console.print(f"  last place sold after {sold[-1]:.2f} s, last buyer answered after {answered[-1]:.2f} s")
    yield at_most("rush, last place sold", round(percentile(sold, 0.5), 3), "s", SOLD_WITHIN, CONDITIONS)
    yield at_most("rush, last buyer answered", round(percentile(answered, 0.5), 3), "s", ANSWERED_WITHIN, CONDITIONS)
    yield Figure("rush, last buyer answered, slowest", round(max(answered), 3), "s", conditions=CONDITIONS)
