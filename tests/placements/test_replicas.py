"""Two replicas on one real store, everybody at once: places are never given twice, a teacher is never in two places."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta

import pytest

from services.placements.app import SERVICE
from services.placements.domain.application import Application, Wishes
from services.placements.domain.asking import Ask
from services.placements.domain.choosing import NoPlaceLeft
from services.placements.domain.diary import Diary, OverlappingPlacement
from services.placements.domain.employer import EmployerFacts
from services.placements.domain.known import SchoolFacts
from services.placements.domain.offer import Offer, OfferStatus
from services.placements.domain.vocabulary import OfferKind, Phase
from services.placements.use_cases import applying, employers, offering
from services.placements.use_cases.facts import keep_school
from services.placements.use_cases.offering import CohortPlan, Plan
from shared.clock import SystemClock
from shared.commit import Cause, Door
from shared.ids import new_id
from shared.mongo import MongoDatabase
from shared.refusals import Refusal
from shared.running import documents_of
from shared.work import Work

PLACES, TEACHERS = 40, 100
DEADLINE = 60.0
SCHOOL = "900001"


@asynccontextmanager
async def replica(uri: str, name: str) -> AsyncIterator[Work]:
    """A process of its own as far as the store can tell: its own connections and its own door."""
    database = MongoDatabase(uri, name)
    clock = SystemClock()
    door = Door(database, source=SERVICE.source, documents=SERVICE.documents, clock=clock, deadline=DEADLINE)
    running = asyncio.create_task(door.run())
    try:
        yield Work(database, door, clock, Cause("race", "race"))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


@asynccontextmanager
async def replicas_on(uri: str) -> AsyncIterator[list[Work]]:
    """Two replicas of placements on one fresh store, which knows a school and a verified employer."""
    name = f"placements-{new_id()}"
    async with AsyncExitStack() as stack:
        works = [await stack.enter_async_context(replica(uri, name)) for _ in range(2)]
        await works[0].database.prepare(documents_of(SERVICE))
        await keep_school(works[0], SCHOOL, SchoolFacts(name="School", open=True))
        await employers.register(works[0], EmployerFacts(name="Host", kind="company"), "host")
        await employers.verify(works[0], "host")
        yield works


@pytest.fixture
async def replicas(mongodb_uri: str) -> AsyncIterator[list[Work]]:
    """The same for a test."""
    async with replicas_on(mongodb_uri) as works:
        yield works


async def published(work: Work, places: int) -> str:
    """A remote offer of a day in sixty days."""
    day = work.clock.now().date() + timedelta(days=60)
    plan = Plan(
        employer_id="host",
        title="A day",
        summary="A day with us.",
        kind=OfferKind.SINGLE_DAYS,
        days=1,
        subjects=("Physics",),
        phases=(Phase.SECONDARY,),
        cohorts=(CohortPlan(day, day, places),),
        remote=True,
    )
    offer = await offering.post(work, plan)
    await offering.submit(work, offer.id, "host", ("host",))
    await offering.review(work, offer.id, "officer")
    await offering.publish(work, offer.id, "officer")
    return offer.id


async def approved(work: Work, offer_id: str, teacher_id: str, day: date) -> Application:
    """An application that the school has agreed to."""
    wishes = Wishes(cohort=1, dates=(day,))
    applied = await applying.apply(work, offer_id, teacher_id=teacher_id, school_urn=SCHOOL, wishes=wishes, submit=True)
    return await applying.approve(work, offer_id, Ask(applied.id, "approver", school_urns=(SCHOOL,)))


async def place(work: Work, other: Work, application: Application) -> str:
    """Offered by one replica and accepted through the other; how it came out."""
    try:
        await applying.offer_place(work, application.offer_id, Ask(application.id, "host", hosts=("host",)))
        teacher = application.teacher_id
        await applying.accept(other, application.offer_id, Ask(application.id, teacher, teacher_id=teacher))
    except Refusal as refusal:
        return refusal.slug
    return "placed"


async def test_a_hundred_teachers_at_once_on_two_replicas_fill_forty_places_exactly(replicas: list[Work]) -> None:
    offer_id = await published(replicas[0], PLACES)
    day = replicas[0].clock.now().date() + timedelta(days=60)
    applications = await asyncio.gather(
        *(approved(replicas[n % 2], offer_id, f"teacher-{n}", day) for n in range(TEACHERS))
    )
    outcomes = await asyncio.gather(
        *(place(replicas[n % 2], replicas[1 - n % 2], one) for n, one in enumerate(applications))
    )
    assert Counter(outcomes) == {"placed": PLACES, NoPlaceLeft.slug: TEACHERS - PLACES}
    offer = await replicas[0].collection(Offer).get(offer_id)
    assert offer is not None
    assert (offer.status, offer.cohorts[0].accepted) == (OfferStatus.FILLED, PLACES)


async def test_a_teacher_who_accepts_everywhere_at_once_is_placed_once_a_day(replicas: list[Work]) -> None:
    offers = [await published(replicas[0], 1) for _ in range(6)]
    day = replicas[0].clock.now().date() + timedelta(days=60)
    applications = [await approved(replicas[0], offer_id, "ada", day) for offer_id in offers]
    outcomes = await asyncio.gather(
        *(place(replicas[n % 2], replicas[1 - n % 2], one) for n, one in enumerate(applications))
    )
    assert Counter(outcomes) == {"placed": 1, OverlappingPlacement.slug: 5}
    diary = await replicas[0].collection(Diary).get("ada")
    assert diary is not None
    assert len(diary.engagements) == 1
