"""Partnerships and their history as clients see them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.partnerships.domain.life_cycle import MemberStatus, Status
from services.partnerships.domain.partnership import Partnership, Step
from services.partnerships.domain.review import Review
from services.partnerships.views.pots import MOMENT, PARTNERSHIP_ID, SPONSOR_ID
from shared.http.requests import ResponseModel

REVIEW_EXAMPLE: JsonDict = {
    "activities": 12,
    "done": 9,
    "overdue": 1,
    "reports_accepted": 3,
    "allocated_pence": 1_200_000,
    "reserved_pence": 0,
    "committed_pence": 200_000,
    "spent_pence": 845_000,
}


class MemberAnswer(ResponseModel):
    """A school's place in a partnership."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"urn": "900001", "status": "accepted", "since": MOMENT, "successor_urn": None}]
        }
    )
    urn: str
    status: MemberStatus
    since: datetime
    successor_urn: str | None = Field(description="Under which URN the school goes on, if it was converted.")


class SponsorNameAnswer(ResponseModel):
    """A sponsor of a partnership."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": SPONSOR_ID, "name": "Northern Turbines plc"}]})
    id: str
    name: str


class PartnershipAnswer(ResponseModel):
    """A partnership."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": PARTNERSHIP_ID,
                    "name": "Tyne Valley STEM Partnership",
                    "status": "draft",
                    "lead_urn": "900001",
                    "members": [
                        {"urn": "900001", "status": "accepted", "since": MOMENT, "successor_urn": None},
                        {"urn": "900002", "status": "invited", "since": MOMENT, "successor_urn": None},
                    ],
                    "school_urns": ["900001"],
                    "next_steps": ["submit", "withdraw"],
                    "year": 1,
                    "activated_on": None,
                    "ended_on": None,
                    "first_year": None,
                    "at_risk": False,
                    "overdue": [],
                    "adviser_id": None,
                    "sponsors": [],
                    "policy": None,
                    "reason": None,
                    "created_at": MOMENT,
                    "changed_at": MOMENT,
                    "version": 2,
                }
            ]
        }
    )
    id: str
    name: str
    status: Status
    lead_urn: str
    members: tuple[MemberAnswer, ...] = Field(description="Everybody who was asked, in the order of invitation.")
    school_urns: tuple[str, ...] = Field(description="The schools that belong to it: those that have accepted.")
    next_steps: tuple[str, ...] = Field(description="What its status allows, whoever may ask for it.")
    year: int = Field(description="Which year of its two it is in, once it is active.")
    activated_on: date | None = Field(description="The day on which its first year could begin.")
    ended_on: date | None = Field(description="The day on which it was completed or terminated.")
    first_year: int | None = Field(description="The academic year that its year 1 is, by the year it begins in.")
    at_risk: bool = Field(description="Whether its action plan has fallen behind the terms.")
    overdue: tuple[str, ...] = Field(description="The reports and reviews that were due and are not done.")
    adviser_id: str | None = Field(description="The account of the programme officer who advises it.")
    sponsors: tuple[SponsorNameAnswer, ...] = Field(description="Those whose pots have given it money, by name.")
    policy: str | None = Field(description="The version of the forming rule it met at submission.")
    reason: str | None = Field(description="Why it was declined, suspended, terminated, or has to be changed.")
    created_at: datetime
    changed_at: datetime
    version: int


class ReviewAnswer(ResponseModel):
    """What a review had before it: activities of the plan, reports, and balances in pence, as they stood on its day."""

    model_config = ConfigDict(json_schema_extra={"examples": [REVIEW_EXAMPLE]})
    activities: int
    done: int
    overdue: int
    reports_accepted: int
    allocated_pence: int
    reserved_pence: int
    committed_pence: int
    spent_pence: int


class StepAnswer(ResponseModel):
    """One step of a partnership's history."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 3,
                    "verb": "submit",
                    "status": "submitted",
                    "by": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d08",
                    "at": MOMENT,
                    "reason": None,
                    "school_urn": None,
                    "review": None,
                }
            ]
        }
    )
    number: int
    verb: str
    status: Status = Field(description="Where the partnership stood after it.")
    by: str = Field(description="The account that asked for it.")
    at: datetime
    reason: str | None
    school_urn: str | None
    review: ReviewAnswer | None = Field(
        description="What the review had before it, where one has ended and the reader sees the partnership's money."
    )


def partnership_answer(partnership: Partnership) -> PartnershipAnswer:
    """A partnership as clients see it."""
    return PartnershipAnswer(
        id=partnership.id,
        name=partnership.name,
        status=partnership.status,
        lead_urn=partnership.lead_urn,
        members=tuple(
            MemberAnswer(urn=member.urn, status=member.status, since=member.since, successor_urn=member.successor_urn)
            for member in partnership.members
        ),
        school_urns=partnership.accepted,
        next_steps=partnership.next_steps,
        year=partnership.year,
        activated_on=partnership.activated_on,
        ended_on=partnership.ended_on,
        first_year=partnership.first_year,
        at_risk=partnership.at_risk,
        overdue=partnership.overdue,
        adviser_id=partnership.adviser_id,
        sponsors=tuple(SponsorNameAnswer(id=sponsor.id, name=sponsor.name) for sponsor in partnership.sponsors),
        policy=partnership.policy,
        reason=partnership.reason,
        created_at=partnership.created_at,
        changed_at=partnership.changed_at,
        version=partnership.version,
    )


def step_answer(step: Step, *, whole: bool) -> StepAnswer:
    """A step as clients see it; `whole` with what a review had before it, the partnership's money among that."""
    return StepAnswer(
        number=step.number,
        verb=step.verb,
        status=step.status,
        by=step.by,
        at=step.at,
        reason=step.reason,
        school_urn=step.school_urn,
        review=_review_answer(step.review) if whole and step.review is not None else None,
    )


def _review_answer(review: Review) -> ReviewAnswer:
    return ReviewAnswer(
        activities=review.activities,
        done=review.done,
        overdue=review.overdue,
        reports_accepted=review.reports_accepted,
        allocated_pence=review.allocated,
        reserved_pence=review.reserved,
        committed_pence=review.committed,
        spent_pence=review.spent,
    )
