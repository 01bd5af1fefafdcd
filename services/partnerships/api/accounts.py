"""A partnership's money: balances, ledger, reservations."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import ConfigDict

from services.partnerships.api.parameters import Acting, Id, PartnershipId, Pence
from services.partnerships.domain.account import Account, LedgerEntry, account_of
from services.partnerships.domain.allocation_return import AllocationUnknown, TooLittleToReturn
from services.partnerships.domain.reservation import Reservation
from services.partnerships.use_cases import funds, partnerships
from services.partnerships.views.accounts import (
    AccountAnswer,
    LedgerEntryAnswer,
    ReservationAnswer,
    account_answer,
    ledger_entry_answer,
    reservation_answer,
)
from services.partnerships.views.pots import ALLOCATION_ID
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch

router = APIRouter(prefix="/api/partnerships/{partnership_id}/account", tags=["money"])


class NewReturn(RequestModel):
    """Money of an allocation that goes back to its pot."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"allocation_id": ALLOCATION_ID, "amount_pence": 150_000}]}
    )
    allocation_id: Id
    amount_pence: Pence


@router.get("", summary="Show a partnership's balances", responses=problems(NotFound))
async def get_account(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response
) -> AccountAnswer:
    """What was allocated, and what has become of it. Seen by the partnership's schools and programme staff."""
    await partnerships.all_visible(work, partnership_id, actor)
    account = account_of(await work.collection(Account).get(partnership_id), partnership_id)
    set_etag(response, account.version)
    return account_answer(account)


@router.get(
    "/ledger",
    summary="Show a partnership's ledger",
    responses=problems(NotFound, CursorMalformed),
)
async def list_ledger(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[LedgerEntryAnswer]:
    """Every change of the balances, latest first."""
    await partnerships.all_visible(work, partnership_id, actor)
    before = following((("number", -1),), paging.after(int))
    found = await work.collection(LedgerEntry).find(
        {"partnership_id": partnership_id, **before}, sort=(("number", -1),), limit=paging.limit + 1
    )
    return paging.page(found, position=lambda entry: (entry.number,), show=ledger_entry_answer)


@router.get(
    "/reservations",
    summary="Show what bookings have asked of a partnership's account",
    responses=problems(NotFound, CursorMalformed),
)
async def list_reservations(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[ReservationAnswer]:
    """By booking: reserved, refused and why, released, committed."""
    await partnerships.all_visible(work, partnership_id, actor)
    after = following((("id", 1),), paging.after(str))
    # What has only ended is kept, lest it be reserved for afterwards; it has asked for nothing.
    asked = {"partnership_id": partnership_id, "asked_by": {"$gt": ""}}
    found = await work.collection(Reservation).find({**asked, **after}, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda reservation: (reservation.id,), show=reservation_answer)


@router.post(
    "/returns",
    summary="Return what is left of an allocation",
    responses=problems(NotFound, NotAllowed, AllocationUnknown, TooLittleToReturn, VersionMismatch, RequestInvalid),
)
async def return_allocation(
    partnership_id: PartnershipId, body: NewReturn, actor: Acting, work: HttpWork, response: Response
) -> AccountAnswer:
    """A finance officer lets money go back to the pot of the allocation, as much as is neither reserved nor owed; the
    pot has it a moment later. Also possible once the partnership is over.
    """
    account = await funds.hand_back(work, partnership_id, body.allocation_id, body.amount_pence, actor)
    set_etag(response, account.version)
    return account_answer(account)
