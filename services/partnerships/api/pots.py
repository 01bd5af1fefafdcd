"""Sponsors, pots, payments and allocations: for finance officers; auditors and programme officers read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response, status
from pydantic import ConfigDict, Field

from services.partnerships.api.parameters import Id, Name, Pence, PotId, SponsorId
from services.partnerships.domain.pot import (
    Allocation,
    AllocationKind,
    PartnershipNotFundable,
    Payment,
    Pot,
    PotExhausted,
    PotRestricted,
    Restrictions,
)
from services.partnerships.domain.sponsor import Sponsor, SponsorUnknown
from services.partnerships.use_cases import pots
from services.partnerships.use_cases.pots import PartnershipUnknown
from services.partnerships.views.pots import (
    PARTNERSHIP_ID,
    RESTRICTIONS_EXAMPLE,
    SPONSOR_ID,
    AllocationAnswer,
    PaymentAnswer,
    PotAnswer,
    SponsorAnswer,
    allocation_answer,
    payment_answer,
    pot_answer,
    sponsor_answer,
)
from shared.contracts.claims import ClaimPurpose
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.principal import Principal, requires
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch

router = APIRouter(tags=["money"])

Finance = Annotated[Principal, requires("finance-officer")]
Reader = Annotated[Principal, requires("finance-officer", "programme-officer", "auditor")]
Names = Annotated[tuple[Name, ...], Field(max_length=50)]
Ids = Annotated[tuple[Id, ...], Field(max_length=200)]


class NewSponsor(RequestModel):
    """An organisation that will pay in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Northern Turbines plc"}]})
    name: Name


class PotRestrictions(RequestModel):
    """What a pot may be used for; an empty list does not restrict."""

    model_config = ConfigDict(json_schema_extra={"examples": [RESTRICTIONS_EXAMPLE]})
    regions: Names = ()
    phases: Names = ()
    partnership_ids: Ids = ()
    kinds: Annotated[tuple[AllocationKind, ...], Field(max_length=4)] = ()
    purposes: Annotated[tuple[ClaimPurpose, ...], Field(max_length=3)] = ()


class NewPot(RequestModel):
    """A pot of a sponsor."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sponsor_id": SPONSOR_ID,
                    "name": "Physics teachers, North East, 2026/27",
                    "restrictions": RESTRICTIONS_EXAMPLE,
                }
            ]
        }
    )
    sponsor_id: Id
    name: Name
    restrictions: PotRestrictions = PotRestrictions()


class NewPayment(RequestModel):
    """Money that has come in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount_pence": 5_000_000, "reference": "NT-2026-0311"}]}
    )
    amount_pence: Pence
    reference: Annotated[str | None, Field(max_length=100)] = None


class NewAllocation(RequestModel):
    """Money for a partnership."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"partnership_id": PARTNERSHIP_ID, "amount_pence": 600_000, "kind": "bursaries"}]
        }
    )
    partnership_id: Id
    amount_pence: Pence
    kind: AllocationKind


@router.post(
    "/api/sponsors",
    status_code=status.HTTP_201_CREATED,
    summary="Register a sponsor",
    responses=problems(NotAllowed, RequestInvalid),
)
async def register_sponsor(body: NewSponsor, caller: Finance, work: HttpWork, response: Response) -> SponsorAnswer:
    """Take a sponsor on."""
    sponsor = await pots.register_sponsor(work, body.name)
    response.headers["Location"] = f"/api/sponsors/{sponsor.id}"
    set_etag(response, sponsor.version)
    return sponsor_answer(sponsor)


@router.get(
    "/api/sponsors",
    summary="List sponsors",
    responses=problems(NotAllowed, CursorMalformed),
)
async def list_sponsors(caller: Reader, work: HttpWork, paging: PageRequest) -> Page[SponsorAnswer]:
    """Oldest first."""
    where = following((("id", 1),), paging.after(str))
    found = await work.collection(Sponsor).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda sponsor: (sponsor.id,), show=sponsor_answer)


@router.get(
    "/api/sponsors/{sponsor_id}",
    summary="Show a sponsor",
    responses=problems(NotAllowed, NotFound),
)
async def get_sponsor(sponsor_id: SponsorId, caller: Reader, work: HttpWork, response: Response) -> SponsorAnswer:
    """One sponsor."""
    sponsor = await work.collection(Sponsor).get(sponsor_id)
    if sponsor is None:
        raise NotFound()
    set_etag(response, sponsor.version)
    return sponsor_answer(sponsor)


@router.post(
    "/api/pots",
    status_code=status.HTTP_201_CREATED,
    summary="Open a pot",
    responses=problems(NotAllowed, SponsorUnknown, RequestInvalid),
)
async def open_pot(body: NewPot, caller: Finance, work: HttpWork, response: Response) -> PotAnswer:
    """Open an empty pot of a sponsor, restricted or not."""
    restrictions = Restrictions(**body.restrictions.model_dump())
    pot = await pots.open_pot(work, body.sponsor_id, body.name, restrictions)
    response.headers["Location"] = f"/api/pots/{pot.id}"
    set_etag(response, pot.version)
    return pot_answer(pot)


@router.get("/api/pots", summary="List pots", responses=problems(NotAllowed, CursorMalformed))
async def list_pots(
    caller: Reader,
    work: HttpWork,
    paging: PageRequest,
    sponsor_id: Annotated[str | None, Query(description="Only this sponsor's.", max_length=64)] = None,
) -> Page[PotAnswer]:
    """Oldest first."""
    where = following((("id", 1),), paging.after(str))
    if sponsor_id is not None:
        where["sponsor_id"] = sponsor_id
    found = await work.collection(Pot).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda pot: (pot.id,), show=pot_answer)


async def existing_pot(pot_id: PotId, work: HttpWork) -> Pot:
    """The pot of the path. Raises NotFound."""
    pot = await work.collection(Pot).get(pot_id)
    if pot is None:
        raise NotFound()
    return pot


ExistingPot = Annotated[Pot, Depends(existing_pot)]


@router.get("/api/pots/{pot_id}", summary="Show a pot", responses=problems(NotAllowed, NotFound))
async def get_pot(caller: Reader, pot: ExistingPot, response: Response) -> PotAnswer:
    """One pot: what came in, what was given away, what is left."""
    set_etag(response, pot.version)
    return pot_answer(pot)


@router.post(
    "/api/pots/{pot_id}/payments",
    status_code=status.HTTP_201_CREATED,
    summary="Note a payment into a pot",
    responses=problems(NotAllowed, NotFound, VersionMismatch, RequestInvalid),
)
async def pay_into_pot(pot_id: PotId, body: NewPayment, caller: Finance, work: HttpWork) -> PaymentAnswer:
    """Money of the sponsor has come in."""
    return payment_answer(await pots.pay_in(work, pot_id, body.amount_pence, body.reference))


@router.get(
    "/api/pots/{pot_id}/payments",
    summary="List the payments into a pot",
    responses=problems(NotAllowed, NotFound, CursorMalformed),
)
async def list_payments(caller: Reader, pot: ExistingPot, work: HttpWork, paging: PageRequest) -> Page[PaymentAnswer]:
    """Oldest first."""
    where = {"pot_id": pot.id, **following((("id", 1),), paging.after(str))}
    found = await work.collection(Payment).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda payment: (payment.id,), show=payment_answer)


@router.post(
    "/api/pots/{pot_id}/allocations",
    status_code=status.HTTP_201_CREATED,
    summary="Give a partnership money of a pot",
    responses=problems(
        NotAllowed,
        NotFound,
        PartnershipUnknown,
        PartnershipNotFundable,
        PotRestricted,
        PotExhausted,
        VersionMismatch,
        RequestInvalid,
    ),
)
async def allocate_funds(pot_id: PotId, body: NewAllocation, caller: Finance, work: HttpWork) -> AllocationAnswer:
    """The pot must hold the money, and its restrictions must allow it. It is in the account a moment later.

    The kind says what it pays for there: bursaries for bookings and placements, start-up and instalment for
    instalments, other for everything that the pot allows.
    """
    allocation = await pots.allocate(work, pot_id, body.partnership_id, body.amount_pence, body.kind)
    return allocation_answer(allocation)


@router.get(
    "/api/pots/{pot_id}/allocations",
    summary="List what a pot has given",
    responses=problems(NotAllowed, NotFound, CursorMalformed),
)
async def list_allocations(
    caller: Reader, pot: ExistingPot, work: HttpWork, paging: PageRequest
) -> Page[AllocationAnswer]:
    """Oldest first."""
    where = {"pot_id": pot.id, **following((("id", 1),), paging.after(str))}
    found = await work.collection(Allocation).find(where, sort=(("id", 1),), limit=paging.limit + 1)
    return paging.page(found, position=lambda allocation: (allocation.id,), show=allocation_answer)
