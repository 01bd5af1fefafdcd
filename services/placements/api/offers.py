"""Placement offers: posting, moderating, finding, ending."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from services.placements.api.fields import ID_PATTERN, Host, OfferId, Officer, ReasonRequest, hosts_of, own_employer
from services.placements.api.offer_models import OfferAnswer, OfferRequest, offer_answer
from services.placements.domain.offer import Offer, OfferStatus
from services.placements.domain.offering import (
    AlreadyPosted,
    CohortHostUnknown,
    DaysDoNotFit,
    EmployerNotVerified,
    OfferInThePast,
    ReferenceTaken,
)
from services.placements.domain.vocabulary import OfferKind, Phase
from services.placements.use_cases import offering as use_cases
from services.placements.views import offers as views
from services.placements.views.offers import OfferAudience, OfferSearch
from services.placements.views.places import PostcodeNotKnown, place_of
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import PossibleCaller, Principal
from shared.http.problems import problems
from shared.http.requests import Day
from shared.http.versions import set_etag
from shared.http.working import HttpWork, PublicWork
from shared.refusals import Invalid, NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/offers", tags=["Placement offers"])
ONE = "/{offer_id}"
CHANGE = (NotFound, WrongState, VersionMismatch)
PLAN = (NotFound, DaysDoNotFit, CohortHostUnknown, ReferenceTaken, NotAllowed)


class PosterMissing(Invalid):
    slug = "offer-employer-missing"
    title = "A programme officer says for which employer an offer is posted."


def _shown(offer: Offer, work: Work, response: Response) -> OfferAnswer:
    set_etag(response, offer.version)
    return offer_answer(offer, work.clock.now())


def poster(caller: Principal, named: str | None) -> str:
    """The employer that an offer is posted for. Raises PosterMissing, NotFound, NotAllowed."""
    if caller.has("programme-officer"):
        if named is None:
            raise PosterMissing(field="employer_id")
        return named
    own = own_employer(caller)
    if named not in (None, own):
        raise NotFound("You act for another employer.", field="employer_id")
    return own


@router.post("", status_code=201, summary="Post an offer", responses=problems(*PLAN, PosterMissing))
async def post_offer(body: OfferRequest, caller: Host, work: HttpWork, response: Response) -> OfferAnswer:
    """A draft that only its hosts and the programme see. The terms valid today go with it."""
    offer = await use_cases.post(work, body.plan(poster(caller, body.employer_id)))
    response.headers["Location"] = f"/api/offers/{offer.id}"
    return _shown(offer, work, response)


async def search_request(
    work: PublicWork,
    subject: Annotated[str | None, Query(max_length=200, examples=["Physics"])] = None,
    phase: Phase | None = None,
    kind: OfferKind | None = None,
    remote: bool | None = None,
    employer_id: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
    status: OfferStatus | None = None,
    starts_from: Annotated[Day | None, Query(alias="from", description="Possible on this day or later.")] = None,
    to: Annotated[Day | None, Query(description="Possible before this day.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Beginnings of words, in any order.")] = None,
    postcode: Annotated[
        str | None,
        Query(max_length=10, pattern=r"^[A-Za-z0-9 ]+$", description="Near this postcode, or remote."),
    ] = None,
    radius_km: Annotated[float, Query(gt=0, le=1000, description="How near, with a postcode.")] = 50.0,
    places: Annotated[int, Query(ge=0, le=10_000, description="So many places are left.")] = 0,
) -> OfferSearch:
    """The search parameters of a request."""
    return OfferSearch(
        subject=subject,
        phase=phase,
        kind=kind,
        remote=remote,
        employer_id=employer_id,
        status=status,
        starts_from=starts_from,
        ends_before=to,
        q=q,
        near=None if postcode is None else await place_of(work, postcode),
        radius_km=radius_km,
        places=places,
    )


@router.get("", summary="Find offers, newest first", responses=problems(CursorMalformed, PostcodeNotKnown))
async def search_offers(
    work: PublicWork,
    caller: PossibleCaller,
    paging: PageRequest,
    wanted: Annotated[OfferSearch, Depends(search_request)],
) -> Page[OfferAnswer]:
    """Every filter that is given must hold. What is not published yet is seen by its hosts and the programme alone."""
    audience = OfferAudience.of(caller)
    found = await views.find_offers(work, audience, wanted, paging.after(datetime, str), paging.limit + 1)
    now = work.clock.now()
    return paging.page(
        found, lambda offer: (offer.posted_at, offer.id), lambda offer: offer_answer(offer, now, wanted.distance(offer))
    )


@router.get(ONE, summary="Read an offer", responses=problems(NotFound))
async def read_offer(offer_id: OfferId, caller: PossibleCaller, work: PublicWork, response: Response) -> OfferAnswer:
    """One offer; before it is published only for its hosts and the programme."""
    return _shown(await views.offer(work, OfferAudience.of(caller), offer_id), work, response)


@router.put(ONE, summary="Change a draft", responses=problems(*PLAN, *CHANGE, AlreadyPosted))
async def change_offer(
    offer_id: OfferId, body: OfferRequest, caller: Host, work: HttpWork, response: Response
) -> OfferAnswer:
    """Replaces what the draft says. Who posts it and its reference stay."""
    offer = await use_cases.change(work, offer_id, hosts_of(caller), body.plan(""))
    return _shown(offer, work, response)


@router.post(ONE + "/submission", summary="Hand an offer in", responses=problems(*CHANGE, OfferInThePast, NotAllowed))
async def submit_offer(offer_id: OfferId, caller: Host, work: HttpWork, response: Response) -> OfferAnswer:
    """The programme looks at it before it is published."""
    return _shown(await use_cases.submit(work, offer_id, caller.subject, hosts_of(caller)), work, response)


@router.post(ONE + "/review", summary="Take an offer up for review", responses=problems(*CHANGE))
async def review_offer(offer_id: OfferId, caller: Officer, work: HttpWork, response: Response) -> OfferAnswer:
    """Somebody is looking at it."""
    return _shown(await use_cases.review(work, offer_id, caller.subject), work, response)


@router.post(ONE + "/return", summary="Ask for changes", responses=problems(*CHANGE))
async def return_offer(
    offer_id: OfferId, body: ReasonRequest, caller: Officer, work: HttpWork, response: Response
) -> OfferAnswer:
    """It is a draft again, with the reason."""
    return _shown(await use_cases.return_(work, offer_id, caller.subject, body.reason), work, response)


@router.post(
    ONE + "/publication", summary="Publish an offer", responses=problems(*CHANGE, OfferInThePast, EmployerNotVerified)
)
async def publish_offer(offer_id: OfferId, caller: Officer, work: HttpWork, response: Response) -> OfferAnswer:
    """Everybody sees it and teachers may apply, if every hosting employer is verified."""
    return _shown(await use_cases.publish(work, offer_id, caller.subject), work, response)


@router.post(ONE + "/pause", summary="Pause an offer", responses=problems(*CHANGE, NotAllowed))
async def pause_offer(offer_id: OfferId, caller: Host, work: HttpWork, response: Response) -> OfferAnswer:
    """No applications for the time being; those that are there go on."""
    return _shown(await use_cases.pause(work, offer_id, caller.subject, hosts_of(caller)), work, response)


@router.post(
    ONE + "/resumption", summary="Take applications again", responses=problems(*CHANGE, EmployerNotVerified, NotAllowed)
)
async def resume_offer(offer_id: OfferId, caller: Host, work: HttpWork, response: Response) -> OfferAnswer:
    """After a pause, if every hosting employer is verified."""
    return _shown(await use_cases.resume(work, offer_id, caller.subject, hosts_of(caller)), work, response)


@router.post(ONE + "/closing", summary="Close an offer", responses=problems(*CHANGE, NotAllowed))
async def close_offer(offer_id: OfferId, caller: Host, work: HttpWork, response: Response) -> OfferAnswer:
    """No more applications, for good; those that are there go on."""
    return _shown(await use_cases.close(work, offer_id, caller.subject, hosts_of(caller)), work, response)


@router.post(ONE + "/withdrawal", summary="Take an offer back", responses=problems(*CHANGE, NotAllowed))
async def withdraw_offer(
    offer_id: OfferId, body: ReasonRequest, caller: Host, work: HttpWork, response: Response
) -> OfferAnswer:
    """Open applications are turned down shortly; placements that were agreed stay."""
    offer = await use_cases.withdraw(work, offer_id, caller.subject, hosts_of(caller), body.reason)
    return _shown(offer, work, response)
