"""Partnerships and their members."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response, status
from pydantic import ConfigDict

from services.partnerships.api.parameters import Acting, Id, Name, PartnershipId, PathUrn, Urn
from services.partnerships.domain.formation import (
    LeadMustStay,
    MembersFixed,
    NotAMember,
    PartnershipTooLarge,
    SchoolsNotEligible,
    SchoolUnknown,
)
from services.partnerships.domain.life_cycle import Status
from services.partnerships.domain.milestones import REPORTS, REVIEWS
from services.partnerships.domain.partnership import Actor, Partnership, SchoolTaken, Step
from services.partnerships.use_cases import partnerships
from services.partnerships.views.partnerships import PartnershipAnswer, StepAnswer, partnership_answer, step_answer
from shared.database import Filter
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState

router = APIRouter(prefix="/api/partnerships", tags=["partnerships"])

MEMBER_PROBLEMS = (NotAllowed, NotFound, WrongState, MembersFixed, VersionMismatch, RequestInvalid)


class Draft(RequestModel):
    """A partnership to be."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Tyne Valley STEM Partnership", "lead_urn": "900001"}]}
    )
    name: Name
    lead_urn: Urn


class AdviserChoice(RequestModel):
    """The account of a programme officer; none: nobody advises it. Whose account it is, is not looked up."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"adviser_id": "0198c5f2-7a10-7cc3-8f5e-2f4a6b8c0d08"}]})
    adviser_id: Id | None


class SchoolChoice(RequestModel):
    """A school, by its URN."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"school_urn": "900002"}]})
    school_urn: Urn


def answered(partnership: Partnership, response: Response) -> PartnershipAnswer:
    """The partnership with its ETag."""
    set_etag(response, partnership.version)
    return partnership_answer(partnership)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    summary="Draft a partnership",
    responses=problems(NotAllowed, SchoolUnknown, RequestInvalid),
)
async def draft_partnership(body: Draft, actor: Acting, work: HttpWork, response: Response) -> PartnershipAnswer:
    """Start a partnership around a lead school. An approver or lead of that school may, or a programme officer."""
    partnership = await partnerships.draft(work, body.name, body.lead_urn, actor)
    response.headers["Location"] = f"/api/partnerships/{partnership.id}"
    return answered(partnership, response)


@router.get(
    "",
    summary="List partnerships",
    responses=problems(CursorMalformed, RequestInvalid),
)
async def list_partnerships(
    actor: Acting,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[Status | None, Query(description="Only those that stand here.")] = None,
    school_urn: Annotated[
        str | None, Query(description="Only those of this school.", pattern="^[0-9A-Za-z-]{1,20}$")
    ] = None,
    at_risk: Annotated[
        bool | None, Query(description="Only those whose action plan is behind its terms, or only the others.")
    ] = None,
    adviser_id: Annotated[
        str | None, Query(description="Only those that this account advises.", pattern="^[0-9A-Za-z-]{1,64}$")
    ] = None,
    overdue: Annotated[
        Literal["reports", "reviews"] | None, Query(description="Only those that are late with these.")
    ] = None,
) -> Page[PartnershipAnswer]:
    """Newest last. Programme staff see all, schools those that they are or were asked into."""
    conditions: list[Filter] = [_visible_to(actor), following((("id", 1),), paging.after(str))]
    if status is not None:
        conditions.append({"status": status.value})
    if school_urn is not None:
        conditions.append({"school_urns": school_urn})
    if at_risk is not None:
        conditions.append({"at_risk": True} if at_risk else {"at_risk": {"$ne": True}})
    if adviser_id is not None:
        conditions.append({"adviser_id": adviser_id})
    if overdue is not None:
        conditions.append({"overdue": {"$in": [*(REPORTS if overdue == "reports" else REVIEWS)]}})
    where = {"$and": [condition for condition in conditions if condition] or [{}]}
    found = await work.collection(Partnership).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda partnership: (partnership.id,), show=partnership_answer)


def _visible_to(actor: Actor) -> Filter:
    if actor.officer or actor.sees_all:
        return {}
    own: list[dict[str, Any]] = [{"school_urns": actor.school_urn}] if actor.school_urn is not None else []
    if actor.partnership_id is not None:
        own.append({"id": actor.partnership_id})
    return {"$or": own} if own else {"id": {"$in": []}}


@router.get("/{partnership_id}", summary="Show a partnership", responses=problems(NotFound))
async def get_partnership(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """One partnership, with its ETag."""
    return answered(await partnerships.visible(work, partnership_id, actor), response)


@router.get(
    "/{partnership_id}/history",
    summary="Show a partnership's history",
    responses=problems(NotFound, CursorMalformed),
)
async def list_partnership_history(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[StepAnswer]:
    """Every step it took, oldest first: who asked for it, when and why.

    What a review had before it, its schools and programme staff see.
    """
    whole = actor.sees_all_of(await partnerships.visible(work, partnership_id, actor))
    after = following((("number", 1),), paging.after(int))
    found = await work.collection(Step).find(
        {"partnership_id": partnership_id, **after}, sort=(("number", 1),), limit=paging.limit + 1
    )
    return paging.page(found, position=lambda step: (step.number,), show=partial(step_answer, whole=whole))


@router.post(
    "/{partnership_id}/invitations",
    summary="Invite a school",
    responses=problems(*MEMBER_PROBLEMS, SchoolUnknown, PartnershipTooLarge),
)
async def invite_school(
    partnership_id: PartnershipId, body: SchoolChoice, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """Ask a school in. The lead school may, or a programme officer."""
    return answered(await partnerships.invite(work, partnership_id, body.school_urn, actor), response)


@router.post(
    "/{partnership_id}/members/{urn}/acceptance",
    summary="Accept an invitation",
    responses=problems(*MEMBER_PROBLEMS, SchoolTaken, SchoolsNotEligible),
)
async def accept_invitation(
    partnership_id: PartnershipId, urn: PathUrn, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The invited school joins. Its approver or lead may say so."""
    return answered(await partnerships.accept(work, partnership_id, urn, actor), response)


@router.post(
    "/{partnership_id}/members/{urn}/decline",
    summary="Decline an invitation",
    responses=problems(NotAllowed, NotFound, WrongState, VersionMismatch),
)
async def decline_invitation(
    partnership_id: PartnershipId, urn: PathUrn, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The invited school turns the invitation down. Its approver or lead may say so."""
    return answered(await partnerships.decline_invitation(work, partnership_id, urn, actor), response)


@router.post(
    "/{partnership_id}/members/{urn}/departure",
    summary="Leave a partnership",
    responses=problems(*MEMBER_PROBLEMS, LeadMustStay),
)
async def leave_partnership(
    partnership_id: PartnershipId, urn: PathUrn, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A member leaves. Its approver or lead may say so; the lead school hands the lead over first."""
    return answered(await partnerships.leave(work, partnership_id, urn, actor), response)


@router.post(
    "/{partnership_id}/members/{urn}/removal",
    summary="Remove a school, or take its invitation back",
    responses=problems(*MEMBER_PROBLEMS, LeadMustStay),
)
async def remove_school(
    partnership_id: PartnershipId, urn: PathUrn, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The lead school may, or a programme officer."""
    return answered(await partnerships.remove(work, partnership_id, urn, actor), response)


@router.post(
    "/{partnership_id}/lead",
    summary="Hand the lead over to another member",
    responses=problems(*MEMBER_PROBLEMS, NotAMember),
)
async def hand_over_lead(
    partnership_id: PartnershipId, body: SchoolChoice, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """The lead school may, or a programme officer."""
    return answered(await partnerships.hand_over_lead(work, partnership_id, body.school_urn, actor), response)


@router.put(
    "/{partnership_id}/adviser",
    summary="Name the adviser",
    responses=problems(NotAllowed, NotFound, VersionMismatch, RequestInvalid),
)
async def name_adviser(
    partnership_id: PartnershipId, body: AdviserChoice, actor: Acting, work: HttpWork, response: Response
) -> PartnershipAnswer:
    """A programme officer says which officer advises it: themselves, or a colleague."""
    return answered(await partnerships.name_adviser(work, partnership_id, body.adviser_id, actor), response)
