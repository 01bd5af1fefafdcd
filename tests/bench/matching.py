"""Matching teachers with offers: a thousand who look, two thousand published offers, asked in both directions.

On a store of its own, without HTTP: what the store narrows down, what is read from it, compared and ranked.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final

import uvloop
from rich.console import Console

from infra.local.children import Child
from infra.local.mongod import Mongod
from infra.local.ports import free_ports
from services.placements.app import SERVICE
from services.placements.domain.diary import Diary, Engagement
from services.placements.domain.employer import Employer, EmployerFacts, EmployerStatus, Site
from services.placements.domain.known import KnownPartnership
from services.placements.domain.offer import Offer, OfferStatus
from services.placements.domain.seeking import PlacementRequest, RequestStatus, Search
from services.placements.domain.vocabulary import OfferKind, Phase
from services.placements.policies import policy_at
from services.placements.use_cases.offering import CohortPlan, Plan, assembled
from services.placements.views.matching import Ranking, offers_for, teachers_for
from shared.clock import SystemClock
from shared.commit import Cause, Door
from shared.ids import new_id
from shared.mongo import MongoDatabase
from shared.running import documents_of
from shared.work import Work
from tests.bench.figures import Figure, at_most, percentile

TEACHERS, OFFERS, EMPLOYERS, SCHOOLS, QUERIES = 1_000, 2_000, 200, 300, 200
GOAL_MS: Final = 50
SUBJECTS: Final = (
    "Biology",
    "Chemistry",
    "Computing",
    "Design and technology",
    "Engineering",
    "Geography",
    "Mathematics",
    "Physics",
    "Primary science",
    "Psychology",
    "Science",
    "Space",
)
CONDITIONS: Final = (
    f"{TEACHERS:,} open requests, {OFFERS:,} published offers, {len(SUBJECTS)} subjects, {QUERIES} queries one by one, "
    "in process on a store of its own"
)


def figures(directory: Path, console: Console) -> Iterator[Figure]:
    """How long a query takes, in both directions."""
    mongod = Mongod(directory / "matching", free_ports(1)[0], {"root": secrets.token_urlsafe()})
    child = Child(mongod.part(), directory / "matching-logs")
    try:
        child.start()
        child.await_ready()
        yield from uvloop.run(_measured(mongod.uri(), console))
    finally:
        child.kill()


async def _measured(uri: str, console: Console) -> list[Figure]:
    database = MongoDatabase(uri, "matching")
    await database.prepare(documents_of(SERVICE))
    clock = SystemClock()
    door = Door(database, source=SERVICE.source, documents=SERVICE.documents, clock=clock)
    work = Work(database, door, clock, Cause("bench", "bench"))
    chance = random.Random(7)
    requests, offers = await _fill(work, chance)
    found: list[Figure] = []
    try:
        found += await _asked(
            "matching, offers for a teacher",
            [partial(offers_for, work, one, 20) for one in chance.sample(requests, QUERIES)],
            console,
        )
        found += await _asked(
            "matching, teachers for an offer",
            [partial(teachers_for, work, one, 20) for one in chance.sample(offers, QUERIES)],
            console,
        )
    finally:
        await database.close()
    return found


async def _asked(name: str, queries: Sequence[Callable[[], Awaitable[Ranking]]], console: Console) -> list[Figure]:
    latencies: list[float] = []
    considered: list[float] = []
    matched = 0
    for query in queries:
        began = perf_counter()
        ranking = await query()
        latencies.append((perf_counter() - began) * 1_000)
        considered.append(ranking.considered)
        matched += bool(ranking.matches)
        await asyncio.sleep(0)
    p50, p95 = percentile(latencies, 0.5), percentile(latencies, 0.95)
    console.print(
        f"  {name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, {percentile(considered, 0.5):.0f} compared, "
        f"{matched} of {len(queries)} with a match"
    )
    return [
        Figure(f"{name}, p50", round(p50, 1), "ms", conditions=CONDITIONS),
        at_most(f"{name}, p95", round(p95, 1), "ms", GOAL_MS, CONDITIONS),
        Figure(f"{name}, compared", round(percentile(considered, 0.5)), "in the median", conditions=CONDITIONS),
    ]


async def _fill(work: Work, chance: random.Random) -> tuple[list[PlacementRequest], list[Offer]]:
    now = work.clock.now()
    employers = [_employer(number, now, chance) for number in range(EMPLOYERS)]
    offers = [_offer(chance.choice(employers), now, chance) for _ in range(OFFERS)]
    requests = [_request(number, now, chance) for number in range(TEACHERS)]
    partnerships = [
        KnownPartnership(
            id=f"partnership-{number}",
            active=True,
            school_urns=tuple(str(900_000 + chance.randrange(SCHOOLS)) for _ in range(6)),
        )
        for number in range(30)
    ]
    diaries = [_diary(request.teacher_id, now, chance) for request in requests[::4]]
    await work.collection(Employer).insert(employers)
    await work.collection(Offer).insert(offers)
    await work.collection(PlacementRequest).insert(requests)
    await work.collection(KnownPartnership).insert(partnerships)
    await work.collection(Diary).insert(diaries)
    return requests, offers


def _somewhere(chance: random.Random) -> tuple[float, float]:
    """A place in England."""
    return chance.uniform(50.8, 54.9), chance.uniform(-3.0, 0.5)


def _employer(number: int, now: datetime, chance: random.Random) -> Employer:
    latitude, longitude = _somewhere(chance)
    site = Site(site_id="main", name="Works", postcode="YO1 1AA", latitude=latitude, longitude=longitude)
    facts = EmployerFacts(name=f"Employer {number}", kind="company", sites=(site,))
    return Employer(id=f"employer-{number}", status=EmployerStatus.VERIFIED, facts=facts, registered_at=now)


def _offer(employer: Employer, now: datetime, chance: random.Random) -> Offer:
    remote = chance.random() < 0.1
    plan = Plan(
        employer_id=employer.id,
        title="A placement",
        summary="Work with us.",
        kind=chance.choice((OfferKind.FIVE_DAYS, OfferKind.TEN_DAYS)),
        subjects=tuple(chance.sample(SUBJECTS, 2)),
        phases=tuple(chance.sample(list(Phase), 2)),
        cohorts=tuple(
            CohortPlan(first, first + timedelta(days=18), 4, None if remote else "main")
            for first in (_day(now, chance) for _ in range(2))
        ),
        remote=remote,
    )
    offer = assembled(plan, new_id(), {employer.id: employer}, now)
    return offer.model_copy(update={"status": OfferStatus.PUBLISHED})


def _request(number: int, now: datetime, chance: random.Random) -> PlacementRequest:
    free_from = _day(now, chance)
    latitude, longitude = _somewhere(chance)
    search = Search(
        subjects=tuple(chance.sample(SUBJECTS, 2)),
        phases=(chance.choice(list(Phase)),),
        free_from=free_from,
        free_to=free_from + timedelta(days=60),
        most_km=policy_at(now).far_km,
        remote=True,
        latitude=latitude,
        longitude=longitude,
    )
    return PlacementRequest(
        id=new_id(),
        teacher_id=f"teacher-{number}",
        school_urn=str(900_000 + number % SCHOOLS),
        status=RequestStatus.OPEN,
        search=search,
        earlier_placements=chance.randrange(3),
        hosts_before=(),
        made_at=now,
        expires_at=now + timedelta(days=180),
    )


def _diary(teacher_id: str, now: datetime, chance: random.Random) -> Diary:
    first = _day(now, chance)
    dates = tuple(first + timedelta(days=day) for day in range(5))
    return Diary(id=teacher_id, engagements=(Engagement(placement_id=new_id(), dates=dates),))


def _day(now: datetime, chance: random.Random) -> date:
    return now.date() + timedelta(days=chance.randrange(10, 250))
