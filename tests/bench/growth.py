"""A full store beside an empty one: the booking rate and reads, before and after a million bookings came in.

The two cannot take turns, so the bare endpoint is the yardstick of both: rates are compared as shares of its rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console

from infra.story.cast import MEMBERS, teacher
from tests.bench.copies import copy_bookings, copy_occurrences
from tests.bench.figures import Figure, at_least, at_most, percentile
from tests.bench.load.orders import Request, get
from tests.bench.reads import occurrence_searches, steady_reads
from tests.bench.stand import Stand

BOOKINGS = 1_000_000
OCCURRENCES = 5_000
CLIENTS = 32
ROUNDS = 4
SECONDS = 2.0
READ_SECONDS = 8.0
CONDITIONS = (
    f"{OCCURRENCES:,} occurrences, with and without {BOOKINGS:,} confirmed bookings and their seats; {CLIENTS} "
    f"clients, {ROUNDS} interleaved rounds of {SECONDS:g} s; reads at 100/s"
)


@dataclass(frozen=True, slots=True)
class State:
    """What was measured at one size of the store. `share`: hot bookings as a share of the bare endpoint's rate."""

    rate: float
    share: float
    read_p95: float
    memory: dict[str, float]


def figures(stand: Stand, console: Console) -> Iterator[Figure]:
    """The ratios, and what each process needs."""
    booked = stand.once([stand.booking(stand.occurrence())], 1, answers=True).answers[0]
    booking_id = booked.split('"booking_id":"')[1].split('"')[0]
    occurrences = copy_occurrences(stand, OCCURRENCES)
    before = _state(stand, booking_id)
    console.print(f"  before: {before.rate:,.0f} bookings/s, reads p95 {before.read_p95:.1f} ms")
    each = BOOKINGS // OCCURRENCES
    with console.status("bookings come in …") as status:
        copy_bookings(
            stand, booking_id, occurrences, each, MEMBERS, lambda count: status.update(f"{count:,} bookings are in …")
        )
    after = _state(stand, booking_id)
    console.print(f"  after: {after.rate:,.0f} bookings/s, reads p95 {after.read_p95:.1f} ms")
    share = round(after.share / before.share, 2)
    yield at_least("growth, booking rate full / empty", share, "times", 0.9, f"{CONDITIONS}; shares of the bare rate")
    reads = round(after.read_p95 / before.read_p95, 2)
    yield at_most("growth, read p95 full / empty", reads, "times", 2, CONDITIONS)
    for name, state in (("empty", before), ("full", after)):
        yield Figure(f"growth, {name}, hot bookings", round(state.rate), "1/s", conditions=CONDITIONS)
        yield Figure(f"growth, {name}, read p95", round(state.read_p95, 1), "ms", conditions=CONDITIONS)
        for process, mebibytes in state.memory.items():
            yield Figure(f"growth, {name}, memory of {process}", mebibytes, "MiB", conditions=f"{CONDITIONS}; PSS")


def _state(stand: Stand, booking_id: str) -> State:
    hot = stand.occurrence()
    bookings = stand.bookings([hot])
    bare = [one.model_copy(update={"path": f"/api/placements/{hot}/bookings"}) for one in bookings]
    for requests in (bookings, bare):
        stand.closed(requests, CLIENTS, 1.0)
    rates: dict[str, list[float]] = {"hot": [], "bare": []}
    for _ in range(ROUNDS):
        for name, requests in (("hot", bookings), ("bare", bare)):
            stand.rest()
            rates[name].append(stand.closed(requests, CLIENTS, SECONDS).rate)
    stand.rest()
    reads = _reads(stand, hot)
    steady_reads(stand, reads, 1.0)
    p95 = percentile(steady_reads(stand, reads, READ_SECONDS), 0.95)
    rate, bare_rate = (percentile(rates[name], 0.5) for name in ("hot", "bare"))
    return State(rate, rate / bare_rate, p95, stand.memory())


def _reads(stand: Stand, occurrence_id: str) -> list[Request]:
    """Lists of bookings, of a school and of an occurrence, and searches."""
    lists = [get("/api/bookings?limit=20", stand.token(teacher(urn))) for urn in MEMBERS]
    path = f"/api/occurrences/{occurrence_id}/bookings?limit=20"
    return [*lists, *(get(path, stand.token(teacher(urn))) for urn in MEMBERS), *occurrence_searches()]
