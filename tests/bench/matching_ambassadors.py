"""Matching ambassadors: who suits a request among thousands, as the schedule asks it before it invites.

Measured on the service's own code against a real store: the query, the reading of what was found, and the ranking with
its reasons. Homes lie around forty towns; schools ask from near those towns, each for a subject of its own.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

import uvloop
from rich.console import Console

from infra.local.children import Child
from infra.local.mongod import Mongod
from infra.local.ports import free_ports
from services.ambassadors.domain.ambassador import Ambassador, Home, Profile, Status
from services.ambassadors.domain.matching import rank
from services.ambassadors.domain.offer import Offer, offer_of
from services.ambassadors.domain.request import Activity, ActivityRequest, Place, RequestStatus, Slot
from services.ambassadors.domain.vocabulary import Format, Jurisdiction, Phase, Weekday, YearGroup
from services.ambassadors.policies import check_terms_at, visit_terms_at
from services.ambassadors.store import DOCUMENTS, offers_for
from services.ambassadors.use_cases.requests import LOOKED_AT_AGAIN
from shared.clock import SystemClock
from shared.commit import Cause, Door
from shared.mongo import MongoDatabase
from shared.work import Work
from tests.ambassadors.desk import dbs
from tests.bench.figures import Figure, at_most, percentile

AMBASSADORS = 5_000
QUERIES = 400
GOAL_MS = 50
SEED = 5
SUBJECTS = ("Physics", "Chemistry", "Biology", "Mathematics", "Computing", "Engineering", "Design", "Geology")
TOWNS = tuple((50.5 + 0.11 * number, -4.5 + 0.13 * ((number * 7) % 40)) for number in range(40))


def figures(directory: Path, console: Console) -> Iterator[Figure]:
    """The percentiles of a query, in person and at a distance."""
    mongod = Mongod(directory / "matching-ambassadors", free_ports(1)[0], {"root": secrets.token_urlsafe()})
    child = Child(mongod.part(), directory / "matching-ambassadors-logs")
    try:
        child.start()
        child.await_ready()
        yield from uvloop.run(_measured(mongod.uri(), console))
    finally:
        child.kill()


async def _measured(uri: str, console: Console) -> list[Figure]:
    database = MongoDatabase(uri, "matching-ambassadors")
    await database.prepare(DOCUMENTS)
    clock = SystemClock()
    work = Work(
        database,
        Door(database, source="/bench", documents=DOCUMENTS, clock=clock),
        clock,
        Cause("bench", "bench"),
    )
    chance, now = random.Random(SEED), clock.now()
    await database.collection(Offer).insert([_offer(number, chance, now) for number in range(AMBASSADORS)])
    found: list[Figure] = []
    try:
        for remote in (False, True):
            found += await _asked(work, chance, now, console, remote=remote)
    finally:
        await database.close()
    return found


async def _asked(work: Work, chance: random.Random, now: datetime, console: Console, *, remote: bool) -> list[Figure]:
    requests = [_request(number, chance, now, remote=remote) for number in range(QUERIES)]
    latencies: list[float] = []
    shown: list[int] = []
    for request in requests[:20] + requests:
        began = perf_counter()
        ranking = rank(request, await offers_for(work, request), now, LOOKED_AT_AGAIN)
        latencies.append((perf_counter() - began) * 1_000)
        shown.append(len(ranking))
        await asyncio.sleep(0)
    timed = latencies[20:]
    where = "at a distance" if remote else "in person"
    p50, p95, p99 = (round(percentile(timed, share), 1) for share in (0.5, 0.95, 0.99))
    median = percentile(shown, 0.5)
    console.print(f"  {where}: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms; the median ranking has {median:.0f}")
    conditions = (
        f"{QUERIES} requests one after the other against {AMBASSADORS:,} ambassadors in the store, ranked with reasons "
        f"up to {LOOKED_AT_AGAIN}, the median ranking has {median:.0f} (seed {SEED})"
    )
    return [
        Figure(f"ambassadors matched {where}, p50", p50, "ms", conditions=conditions),
        at_most(f"ambassadors matched {where}, p95", p95, "ms", GOAL_MS, conditions),
        Figure(f"ambassadors matched {where}, p99", p99, "ms", conditions=conditions),
    ]


def _offer(number: int, chance: random.Random, now: datetime) -> Offer:
    latitude, longitude = chance.choice(TOWNS)
    terms = check_terms_at(now)
    check = dbs(now.date() - timedelta(days=chance.randrange(1000)))
    ambassador = Ambassador(
        id=f"ambassador-{number:05}",
        account_id=f"account-{number}",
        status=Status.ACTIVE,
        registered_at=now,
        profile=Profile(
            name="Somebody",
            subjects=tuple(chance.sample(SUBJECTS, chance.randint(1, 3))),
            phases=tuple(chance.sample(tuple(Phase), chance.randint(1, 3))),
            formats=tuple(chance.sample(tuple(Format), chance.randint(1, 4))),
            radius_km=chance.choice((10, 20, 30, 50, 80)),
            remote=chance.random() < 0.4,
            weekdays=tuple(chance.sample(tuple(Weekday)[:5], chance.randint(1, 5))),
        ),
        home=Home(
            postcode="AB1 2CD",
            latitude=latitude + chance.gauss(0, 0.15),
            longitude=longitude + chance.gauss(0, 0.2),
        ),
        active_from=now,
        active_days=terms.active_days,
        load_days=terms.load_days,
        renewal_days=terms.renewal_days,
    )
    offer = offer_of(ambassador, now)
    until = check.checked_on + timedelta(days=3 * 365)
    cleared = {Jurisdiction.ENGLAND_AND_WALES: until}
    return offer.model_copy(update={"open": True, "cleared": cleared, "load": chance.randrange(12)})


def _request(number: int, chance: random.Random, now: datetime, *, remote: bool) -> ActivityRequest:
    latitude, longitude = chance.choice(TOWNS)
    day = now + timedelta(days=chance.randint(20, 120))
    starts = [day + timedelta(days=more) for more in range(3)]
    return ActivityRequest(
        id=f"request-{number}",
        status=RequestStatus.OPEN,
        school_urn="900001",
        partnership_id=None,
        asked_by="bench",
        asked_at=now,
        activity=Activity(
            format=chance.choice(tuple(Format)),
            subjects=tuple(chance.sample(SUBJECTS, 2)),
            year_groups=(YearGroup.YEAR_9,),
            phases=(Phase.SECONDARY,),
            pupils_expected=60,
            remote=remote,
        ),
        slots=tuple(Slot(starts_at=start, ends_at=start + timedelta(hours=1)) for start in starts),
        place=Place(
            jurisdiction=Jurisdiction.ENGLAND_AND_WALES,
            latitude=latitude + chance.gauss(0, 0.1),
            longitude=longitude + chance.gauss(0, 0.1),
        ),
        terms=visit_terms_at(now),
    )
