"""Reports of what was reached: sums, and the contributions and events that they are made of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.employer import KnownEmployer
from services.partnerships.domain.partnership import Partnership
from services.partnerships.domain.pot import Allocation, Pot
from services.partnerships.domain.reach import Contribution, ContributionKind, Reach, Sum, days_of
from services.partnerships.domain.sponsor import Sponsor
from services.partnerships.views.pots import PARTNERSHIP_ID, SPONSOR_ID
from shared.database import Filter
from shared.http.paging import following
from shared.http.requests import ResponseModel
from shared.work import Work

EVENT_ID = "01992c20-11f4-7d0e-9b6a-6c1f0e2a4b09"
EMPLOYER_ID = "0199305a-2c41-7b33-9d12-5e0f7a1b2c01"
_NUMBERS: JsonDict = {
    "teachers_trained": 14,
    "days_placed": 25,
    "ambassador_minutes": 540,
    "pupils_reached": 410,
    "contributions": 31,
}
SLICE: Final = 500
COLUMNS = (
    "partnership_id",
    "year",
    "kind",
    "id",
    "school_urn",
    "employer_id",
    "on",
    "teachers",
    "days_placed",
    "ambassador_minutes",
    "pupils",
    "events",
)
SPONSOR_COLUMNS = (
    "sponsor",
    "partnership_id",
    "partnership",
    "year",
    "allocated_pence",
    "teachers_trained",
    "days_placed",
    "ambassador_minutes",
    "pupils_reached",
    "contributions",
)


class ReachAnswer(ResponseModel):
    """What was reached, in numbers. Each is a sum over the contributions, which name their events.

    A teacher who was trained twice counts once. Ambassadors' time is in minutes.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_NUMBERS]})
    teachers_trained: int = Field(description="Teachers who attended a course in full.")
    days_placed: int = Field(description="Days that teachers spent on placements.")
    ambassador_minutes: int = Field(description="Time of ambassadors at schools, as the schools have confirmed it.")
    pupils_reached: int = Field(description="Pupils who took part in visits of ambassadors.")
    contributions: int = Field(description="How many bookings, placements and visits these numbers come from.")


class PartnershipReachAnswer(ReachAnswer):
    """What a partnership has reached in an academic year."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"partnership_id": PARTNERSHIP_ID, "year": "2026-27", **_NUMBERS}]}
    )
    partnership_id: str
    year: str


class SourceAnswer(ResponseModel):
    """An event that a number comes from."""

    type: str
    event_id: str
    aggregate: str
    revision: int


class ContributionAnswer(ResponseModel):
    """What one booking, placement or visit adds, as it was told last, and by which events."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "booking",
                    "id": "01992c20-11f4-7d0e-9b6a-6c1f0e2a4b02",
                    "school_urn": "900003",
                    "employer_id": None,
                    "on": "2026-11-12",
                    "teacher_ids": ["teacher-7f3a"],
                    "unnamed_teachers": 0,
                    "days_placed": 0,
                    "ambassador_minutes": 0,
                    "pupils": 0,
                    "sources": [
                        {
                            "type": "courses.attendance-settled.v1",
                            "event_id": EVENT_ID,
                            "aggregate": "occurrences/01992c1e-7b00-7cc1-8a53-2f6d9c0b1e01",
                            "revision": 1,
                        }
                    ],
                }
            ]
        }
    )
    kind: ContributionKind
    id: str
    school_urn: str
    employer_id: str | None
    on: date | None
    teacher_ids: tuple[str, ...]
    unnamed_teachers: int
    days_placed: int
    ambassador_minutes: int
    pupils: int
    sources: tuple[SourceAnswer, ...]


class FundedReachAnswer(ReachAnswer):
    """What a partnership has reached that the sponsor has given money, by then."""

    partnership_id: str
    name: str
    allocated_pence: int = Field(description="What the sponsor's pots have allocated to it by the end of the year.")


class EmployerReachAnswer(ResponseModel):
    """What the sponsor does as an employer, for any partnership: it hosts teachers, and its people visit schools."""

    employer_id: str
    name: str
    company_number: str | None
    verified: bool = Field(description="Whether the programme vouches for it: verified, and not suspended since.")
    placements_hosted: int
    days_hosted: int
    visits_delivered: int
    ambassador_minutes: int
    pupils_reached: int


class SponsorReachAnswer(ReachAnswer):
    """What a sponsor's money has helped to reach in an academic year, by partnership, and what it does as an employer.

    Partnerships have several sponsors: each of them sees the whole of what was reached.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sponsor_id": SPONSOR_ID,
                    "year": "2026-27",
                    **_NUMBERS,
                    "partnerships": [
                        {
                            "partnership_id": PARTNERSHIP_ID,
                            "name": "Tyne Valley STEM Partnership",
                            "allocated_pence": 600_000,
                            **_NUMBERS,
                        }
                    ],
                    "employer": {
                        "employer_id": EMPLOYER_ID,
                        "name": "Northern Turbines plc",
                        "company_number": "01234567",
                        "verified": True,
                        "placements_hosted": 3,
                        "days_hosted": 15,
                        "visits_delivered": 4,
                        "ambassador_minutes": 360,
                        "pupils_reached": 240,
                    },
                }
            ]
        }
    )
    sponsor_id: str
    year: str
    partnerships: tuple[FundedReachAnswer, ...]
    employer: EmployerReachAnswer | None


@dataclass(frozen=True, slots=True)
class Funded:
    """A partnership that a sponsor has given money, and how much."""

    partnership: Partnership
    allocated: int


async def contributions_of(work: Work, partnership_id: str, year: str) -> list[Contribution]:
    """A partnership's contributions of a year, with what of them counts in it."""
    return [one async for one in each_contribution(work, {"partnership_id": partnership_id}, year)]


async def each_contribution(work: Work, where: Filter, year: str) -> AsyncIterator[Contribution]:
    """The contributions of a year that match, in the order of their ids, some at a time: there may be very many."""
    last: str | None = None
    while True:
        after = following((("id", 1),), None if last is None else (last,))
        found = await work.collection(Contribution).find(
            {**where, "years": year, **after}, sort=(("id", 1),), limit=SLICE
        )
        for one in found:
            yield one.within(year)
        if len(found) < SLICE:
            return
        last = found[-1].id


async def partnership_reach(work: Work, partnership_id: str, year: str) -> PartnershipReachAnswer:
    """What a partnership has reached."""
    counted = Sum()
    async for one in each_contribution(work, {"partnership_id": partnership_id}, year):
        counted.add(one)
    return PartnershipReachAnswer(partnership_id=partnership_id, year=year, **_numbers(counted.reach))


async def sponsor_reach(work: Work, sponsor: Sponsor, year: str) -> SponsorReachAnswer:
    """What a sponsor's money has helped to reach."""
    funded = await funded_by(work, sponsor.id, year)
    everything, each = Sum(), {one.partnership.id: Sum() for one in funded}
    async for one in each_contribution(work, {"partnership_id": {"$in": [*each]}}, year):
        everything.add(one)
        each[one.partnership_id or ""].add(one)
    return SponsorReachAnswer(
        sponsor_id=sponsor.id,
        year=year,
        partnerships=tuple(
            FundedReachAnswer(
                partnership_id=known.partnership.id,
                name=known.partnership.name,
                allocated_pence=known.allocated,
                **_numbers(each[known.partnership.id].reach),
            )
            for known in funded
        ),
        employer=await _employer_reach(work, sponsor.employer_id, year),
        **_numbers(everything.reach),
    )


async def funded_by(work: Work, sponsor_id: str, year: str) -> list[Funded]:
    """The partnerships that ran in a year and had the sponsor's money by its end, in the order of their ids.

    Money is given for as long as a partnership runs: it counts from the year in which it was allocated to the end. Who
    has returned all of it has had none.
    """
    first, last = days_of(year)
    pots = await work.collection(Pot).find({"sponsor_id": sponsor_id})
    given: dict[str, int] = {}
    for allocation in await work.collection(Allocation).find({"pot_id": {"$in": [pot.id for pot in pots]}}):
        if allocation.made_at.date() <= last:
            given[allocation.partnership_id] = given.get(allocation.partnership_id, 0) + allocation.kept
    partnerships = await work.collection(Partnership).find(
        {"id": {"$in": sorted(one for one, pence in given.items() if pence)}}, sort=(("id", 1),)
    )
    running = [known for known in partnerships if known.ended_on is None or known.ended_on >= first]
    return [Funded(partnership, given[partnership.id]) for partnership in running]


async def _employer_reach(work: Work, employer_id: str | None, year: str) -> EmployerReachAnswer | None:
    employer = None if employer_id is None else await work.collection(KnownEmployer).get(employer_id)
    if employer is None or employer.name is None:
        return None
    counted, placements, visits = Sum(), 0, 0
    async for one in each_contribution(work, {"employer_id": employer.id}, year):
        counted.add(one)
        placements += one.kind is ContributionKind.PLACEMENT and one.days_placed > 0
        visits += one.kind is ContributionKind.VISIT and one.delivered
    return EmployerReachAnswer(
        employer_id=employer.id,
        name=employer.name,
        company_number=employer.company_number,
        verified=employer.verified,
        placements_hosted=placements,
        days_hosted=counted.reach.days_placed,
        visits_delivered=visits,
        ambassador_minutes=counted.reach.ambassador_minutes,
        pupils_reached=counted.reach.pupils_reached,
    )


def contribution_answer(contribution: Contribution) -> ContributionAnswer:
    """A contribution with the events that made it."""
    return ContributionAnswer(
        kind=contribution.kind,
        id=contribution.id.partition("/")[2],
        school_urn=contribution.school_urn,
        employer_id=contribution.employer_id,
        on=contribution.on,
        teacher_ids=contribution.teacher_ids,
        unnamed_teachers=contribution.unnamed_teachers,
        days_placed=contribution.days_placed,
        ambassador_minutes=contribution.counted_minutes,
        pupils=contribution.pupils,
        sources=tuple(SourceAnswer(**source.model_dump()) for source in contribution.sources),
    )


def contribution_rows(contributions: Iterable[Contribution], year: str) -> Iterable[tuple[object, ...]]:
    """Contributions of a year as rows of a file, under COLUMNS."""
    for one in contributions:
        yield (
            one.partnership_id,
            year,
            one.kind.value,
            one.id.partition("/")[2],
            one.school_urn,
            one.employer_id,
            one.on,
            len(one.teacher_ids) + one.unnamed_teachers,
            one.days_placed,
            one.counted_minutes,
            one.pupils,
            " ".join(source.event_id for source in one.sources),
        )


def sponsor_rows(sponsor: Sponsor, answer: SponsorReachAnswer) -> Iterable[tuple[object, ...]]:
    """A sponsor's report as rows of a file, under SPONSOR_COLUMNS."""
    for one in answer.partnerships:
        yield (
            sponsor.name,
            one.partnership_id,
            one.name,
            answer.year,
            one.allocated_pence,
            one.teachers_trained,
            one.days_placed,
            one.ambassador_minutes,
            one.pupils_reached,
            one.contributions,
        )


def _numbers(reach: Reach) -> Mapping[str, int]:
    return {
        "teachers_trained": reach.teachers_trained,
        "days_placed": reach.days_placed,
        "ambassador_minutes": reach.ambassador_minutes,
        "pupils_reached": reach.pupils_reached,
        "contributions": reach.contributions,
    }
