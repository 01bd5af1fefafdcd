"""Claims of a partnership's schools, and what is clawed back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict

from services.partnerships.api.parameters import Acting, PartnershipId, ReasonText
from services.partnerships.domain.claim import (
    Claim,
    Claimed,
    ClaimStatus,
    ClaimWindowClosed,
    EvidenceMissing,
    SecondPersonNeeded,
)
from services.partnerships.domain.claim_expiry import ClaimMoneyGone
from services.partnerships.domain.clawback import Clawback
from services.partnerships.domain.partnership import Actor
from services.partnerships.domain.reservation import Reservation, ReservationStatus
from services.partnerships.domain.shortage import NothingHeld
from services.partnerships.store import ledger_of
from services.partnerships.use_cases import claims
from services.partnerships.use_cases.partnerships import whose_visible
from services.partnerships.views.claims import (
    ClaimAnswer,
    ClawbackAnswer,
    OutstandingAnswer,
    claim_answer,
    clawback_answer,
    outstanding_answer,
)
from services.partnerships.views.trails import TrailAnswer, trail_answer
from shared.contracts.claims import ClaimPurpose
from shared.database import Filter
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.principal import Principal, requires
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(tags=["claims"])

Reader = Annotated[Principal, requires("finance-officer", "programme-officer", "auditor")]
Purpose = Annotated[ClaimPurpose, Path(description="What it is claimed for.")]
FundedId = Annotated[
    str, Path(description="The booking, placement or instalment.", pattern="^[0-9A-Za-z-]{1,64}$", max_length=64)
]
WantedStatus = Annotated[ClaimStatus | None, Query(description="Only those that stand here.")]
OF = "/api/partnerships/{partnership_id}"
CLAIM = OF + "/claims/{purpose}/{funded_id}"
CLAWBACK = OF + "/clawbacks/{purpose}/{funded_id}"
CLAIM_PROBLEMS = (NotAllowed, NotFound, WrongState)


class ClaimExplanation(RequestModel):
    """Why, in words that the school will read. No names of persons."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The school was closed by the flood."}]})
    reason: ReasonText


@router.get("/api/claims", summary="List claims of all partnerships", responses=problems(NotAllowed, CursorMalformed))
async def list_all_claims(
    caller: Reader, work: HttpWork, paging: PageRequest, status: WantedStatus = None
) -> Page[ClaimAnswer]:
    """For who approves and pays: what has been submitted, approved, paid."""
    return await _claims(work, paging, {}, status)


@router.get(OF + "/claims", summary="List a partnership's claims", responses=problems(NotFound, CursorMalformed))
async def list_claims(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest, status: WantedStatus = None
) -> Page[ClaimAnswer]:
    """What was drafted from attendance and placement days, what it lacks, and where it stands.

    Schools that belong to it see all, one that has left or was removed its own.
    """
    return await _claims(work, paging, await _seen(work, partnership_id, actor), status)


@router.get(
    OF + "/outstanding-claims",
    summary="List what cannot be claimed yet",
    responses=problems(NotFound, CursorMalformed),
)
async def list_outstanding_claims(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[OutstandingAnswer]:
    """Money that is reserved, and the evidence that is missing before it can be claimed."""
    where = {**await _seen(work, partnership_id, actor), "status": ReservationStatus.RESERVED.value}
    after = following((("id", 1),), paging.after(str))
    found = await work.collection(Reservation).find({**where, **after}, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda reservation: (reservation.id,), show=outstanding_answer)


@router.get(CLAIM, summary="Show a claim", responses=problems(NotFound))
async def get_claim(
    partnership_id: PartnershipId, purpose: Purpose, funded_id: FundedId, actor: Acting, work: HttpWork
) -> ClaimAnswer:
    """One claim, with its evidence and what it lacks."""
    return claim_answer(await _existing(work, Claimed(partnership_id, purpose, funded_id), actor))


@router.get(CLAIM + "/trail", summary="Show what led to a claim", responses=problems(NotFound))
async def get_claim_trail(
    partnership_id: PartnershipId, purpose: Purpose, funded_id: FundedId, actor: Acting, work: HttpWork
) -> TrailAnswer:
    """From the booking to the payment: each change of the money, with the event or request that caused it."""
    claim = await _existing(work, Claimed(partnership_id, purpose, funded_id), actor)
    reservation = await work.collection(Reservation).get(claim.id)
    return trail_answer(claim, reservation, await ledger_of(work, claim))


async def _existing(work: Work, claimed: Claimed, actor: Actor) -> Claim:
    whose = await whose_visible(work, claimed.partnership_id, actor)
    claim = await work.collection(Claim).get(claimed.key)
    if claim is None or claim.status is ClaimStatus.EMPTY or (whose is not None and claim.school_urn not in whose):
        raise NotFound()
    return claim


@router.post(
    CLAIM + "/submission",
    summary="Submit a claim",
    responses=problems(*CLAIM_PROBLEMS, EvidenceMissing, ClaimWindowClosed),
)
async def submit_claim(
    partnership_id: PartnershipId, purpose: Purpose, funded_id: FundedId, actor: Acting, work: HttpWork
) -> ClaimAnswer:
    """The school that it is for, or the lead school, hands it in: all evidence is there, and its window is open."""
    return claim_answer(await claims.submit(work, Claimed(partnership_id, purpose, funded_id), actor))


@router.post(CLAIM + "/approval", summary="Approve a claim", responses=problems(*CLAIM_PROBLEMS, SecondPersonNeeded))
async def approve_claim(
    partnership_id: PartnershipId, purpose: Purpose, funded_id: FundedId, actor: Acting, work: HttpWork
) -> ClaimAnswer:
    """A finance officer who has not submitted it lets it be paid."""
    return claim_answer(await claims.approve(work, Claimed(partnership_id, purpose, funded_id), actor))


@router.post(CLAIM + "/return", summary="Give a claim back", responses=problems(*CLAIM_PROBLEMS, RequestInvalid))
async def return_claim(
    partnership_id: PartnershipId,
    purpose: Purpose,
    funded_id: FundedId,
    body: ClaimExplanation,
    actor: Acting,
    work: HttpWork,
) -> ClaimAnswer:
    """A finance officer gives it back with what is wrong."""
    return claim_answer(await claims.give_back(work, Claimed(partnership_id, purpose, funded_id), body.reason, actor))


@router.post(
    CLAIM + "/extension",
    summary="Open a claim's window anew",
    responses=problems(*CLAIM_PROBLEMS, ClaimMoneyGone, RequestInvalid),
)
async def extend_claim(
    partnership_id: PartnershipId,
    purpose: Purpose,
    funded_id: FundedId,
    body: ClaimExplanation,
    actor: Acting,
    work: HttpWork,
) -> ClaimAnswer:
    """A finance officer gives the school as much time as it had, from today; also once it has expired, if the account
    can still pay it.
    """
    return claim_answer(await claims.extend(work, Claimed(partnership_id, purpose, funded_id), body.reason, actor))


@router.post(
    CLAIM + "/settlement",
    summary="Settle a claim that has fallen short",
    responses=problems(*CLAIM_PROBLEMS, NothingHeld, RequestInvalid),
)
async def settle_claim(
    partnership_id: PartnershipId,
    purpose: Purpose,
    funded_id: FundedId,
    body: ClaimExplanation,
    actor: Acting,
    work: HttpWork,
) -> ClaimAnswer:
    """A finance officer lets it be for what the account can pay now, rather than wait for more money."""
    return claim_answer(await claims.settle(work, Claimed(partnership_id, purpose, funded_id), body.reason, actor))


@router.get(OF + "/clawbacks", summary="List a partnership's clawbacks", responses=problems(NotFound, CursorMalformed))
async def list_clawbacks(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[ClawbackAnswer]:
    """What was paid and turned out not to be due."""
    where = await _seen(work, partnership_id, actor)
    after = following((("id", 1),), paging.after(str))
    found = await work.collection(Clawback).find({**where, **after}, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda clawback: (clawback.id,), show=clawback_answer)


@router.post(CLAWBACK + "/invoice", summary="Note the invoice of a clawback", responses=problems(*CLAIM_PROBLEMS))
async def invoice_clawback(
    partnership_id: PartnershipId, purpose: Purpose, funded_id: FundedId, actor: Acting, work: HttpWork
) -> ClawbackAnswer:
    """The payee has been asked to give it back."""
    return clawback_answer(await claims.invoice(work, Claimed(partnership_id, purpose, funded_id), actor))


@router.post(CLAWBACK + "/recovery", summary="Note that a clawback came back", responses=problems(*CLAIM_PROBLEMS))
async def recover_clawback(
    partnership_id: PartnershipId, purpose: Purpose, funded_id: FundedId, actor: Acting, work: HttpWork
) -> ClawbackAnswer:
    """The money may be reserved again."""
    return clawback_answer(await claims.recover(work, Claimed(partnership_id, purpose, funded_id), actor))


@router.post(CLAWBACK + "/waiver", summary="Waive a clawback", responses=problems(*CLAIM_PROBLEMS, RequestInvalid))
async def waive_clawback(
    partnership_id: PartnershipId,
    purpose: Purpose,
    funded_id: FundedId,
    body: ClaimExplanation,
    actor: Acting,
    work: HttpWork,
) -> ClawbackAnswer:
    """The payee may keep it; it stays spent."""
    return clawback_answer(await claims.waive(work, Claimed(partnership_id, purpose, funded_id), body.reason, actor))


async def _seen(work: HttpWork, partnership_id: str, actor: Actor) -> Filter:
    whose = await whose_visible(work, partnership_id, actor)
    of_partnership: Filter = {"partnership_id": partnership_id}
    return of_partnership if whose is None else {**of_partnership, "school_urn": {"$in": list(whose)}}


async def _claims(work: HttpWork, paging: PageRequest, where: Filter, status: ClaimStatus | None) -> Page[ClaimAnswer]:
    wanted: Filter = {"status": {"$ne": ClaimStatus.EMPTY.value}} if status is None else {"status": status.value}
    after = following((("id", 1),), paging.after(str))
    found = await work.collection(Claim).find(
        {"$and": [{**where, **wanted}, after or {}]}, sort=(("id", 1),), limit=paging.limit + 1
    )
    return paging.page(found, position=lambda claim: (claim.id,), show=claim_answer)
