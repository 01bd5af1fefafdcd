"""Booking places: a school's requests about its own bookings, and reading them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from services.courses.api.booking_models import (
    BookingAnswer,
    BookingRequest,
    HistoryAnswer,
    QueueAnswer,
    SubstitutionRequest,
    booking_answer,
    history_answer,
)
from services.courses.api.fee_models import CancellationRequest
from services.courses.api.fields import (
    ID_PATTERN,
    BookingId,
    DelegateId,
    OccurrenceId,
    SchoolStaff,
    asked_by,
    work_without_version,
)
from services.courses.domain.booking import Booking, BookingStatus
from services.courses.domain.cancellation import LastDelegate, NoSuchDelegate, OccurrenceBegun
from services.courses.domain.charging import FeeRisen
from services.courses.domain.known import (
    NotAMember,
    NotInvited,
    PartnershipNotActive,
    PartnershipNotKnown,
    SchoolClosed,
    SchoolNotKnown,
)
from services.courses.domain.offers import NotYourTurn
from services.courses.domain.reservation import (
    DelegateAlreadyBooked,
    OccurrenceFull,
    TooManyDelegates,
    WaitingListFull,
)
from services.courses.domain.substitution import CoverNotAnswered
from services.courses.use_cases import booking as use_cases
from services.courses.use_cases.booking import Order
from services.courses.views import bookings as views
from services.courses.views.bookings import Audience, NotWaiting
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.principal import Caller, Principal
from shared.http.problems import problems
from shared.http.versions import is_current, set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(tags=["Bookings"])
BOOKINGS = "/api/occurrences/{occurrence_id}/bookings"
ONE = BOOKINGS + "/{booking_id}"

CHANGE = (NotFound, WrongState, VersionMismatch, OccurrenceBegun)
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="The ETag you have: 304 if it is still current.")
]


def _school(caller: Principal) -> str:
    if caller.school_urn is None:
        raise NotAllowed("You act for no school.")
    return caller.school_urn


def _shown(booking: Booking, work: Work, response: Response) -> BookingAnswer:
    answer = booking_answer(booking, work.clock.now())
    set_etag(response, answer.revision)
    return answer


@router.post(
    BOOKINGS,
    status_code=201,
    summary="Book places",
    responses=problems(
        NotFound,
        WrongState,
        OccurrenceFull,
        WaitingListFull,
        DelegateAlreadyBooked,
        TooManyDelegates,
        SchoolNotKnown,
        SchoolClosed,
        NotInvited,
        NotAMember,
        PartnershipNotKnown,
        PartnershipNotActive,
        NotAllowed,
    ),
)
async def book_places(
    occurrence_id: OccurrenceId, body: BookingRequest, caller: SchoolStaff, work: HttpWork, response: Response
) -> BookingAnswer:
    """Books for your school: `confirmed` when the school pays, `pending-funding` until the bursary's funds are
    reserved (poll the booking), `waitlisted` when no place is free. Nobody passes the waiting list. Where your school
    guards its cover it is asked first: `pending-cover`, then `declined` if it cannot spare the delegates. Where your
    school approves its bookings, yours waits before all that, with its place kept: `pending-approval`, at most until
    `approval_due_at`. If you approve for the school yourself, nobody is asked.
    """
    order = Order(
        school_urn=_school(caller),
        booked_by=caller.subject,
        delegates=tuple(delegate.delegate() for delegate in body.delegates),
        funding=body.payer(),
        if_full=body.if_full,
        group=body.rule(),
        approver=caller.has("school-approver"),
    )
    booking = await use_cases.book(work_without_version(work), occurrence_id, order)
    response.headers["Location"] = f"/api/occurrences/{occurrence_id}/bookings/{booking.id}"
    return _shown(booking, work, response)


@router.get("/api/bookings", summary="List bookings, newest first", responses=problems(CursorMalformed, NotAllowed))
async def list_bookings(
    caller: Caller,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[BookingStatus | None, Query(description="In this status only.")] = None,
    occurrence_id: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
) -> Page[BookingAnswer]:
    """Your school's bookings (and those your partnership funds, if you lead it); all of them for the programme."""
    audience = Audience.of(caller)
    now = work.clock.now()
    found = await views.bookings(work, audience, status, occurrence_id, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda booking: (booking.id,), lambda booking: booking_answer(booking, now))


@router.get(
    BOOKINGS, summary="List an occurrence's bookings, newest first", responses=problems(CursorMalformed, NotAllowed)
)
async def list_occurrence_bookings(
    occurrence_id: OccurrenceId,
    caller: Caller,
    work: HttpWork,
    paging: PageRequest,
    status: Annotated[BookingStatus | None, Query(description="In this status only.")] = None,
) -> Page[BookingAnswer]:
    """Those that you may see."""
    now = work.clock.now()
    found = await views.bookings(work, Audience.of(caller), status, occurrence_id, paging.after(str), paging.limit + 1)
    return paging.page(found, lambda booking: (booking.id,), lambda booking: booking_answer(booking, now))


@router.get(
    ONE,
    summary="Read a booking",
    responses={304: {"description": "It has not changed since the given ETag."}, **problems(NotFound, NotAllowed)},
    response_model=BookingAnswer,
)
async def read_booking(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    caller: Caller,
    work: HttpWork,
    response: Response,
    if_none_match: IfNoneMatch = None,
) -> BookingAnswer | Response:
    """A booking as it stands now. Poll it with If-None-Match while it waits for its funds."""
    answer = _shown(await views.booking(work, Audience.of(caller), occurrence_id, booking_id), work, response)
    if is_current(if_none_match, answer.revision):
        return Response(status_code=304, headers={"ETag": response.headers["ETag"]})
    return answer


@router.get(ONE + "/history", summary="Read what was decided about a booking", responses=problems(NotFound, NotAllowed))
async def read_booking_history(
    occurrence_id: OccurrenceId, booking_id: BookingId, caller: Caller, work: HttpWork
) -> HistoryAnswer:
    """Each decision with its time, who made it, and why; and the register with its corrections."""
    booking = await views.booking(work, Audience.of(caller), occurrence_id, booking_id)
    return history_answer(booking, work.clock.now())


@router.get(
    ONE + "/queue-position",
    summary="Read where a booking stands on the waiting list",
    responses=problems(NotFound, NotWaiting, NotAllowed),
)
async def read_queue_position(
    occurrence_id: OccurrenceId, booking_id: BookingId, caller: Caller, work: HttpWork
) -> QueueAnswer:
    """Its number never changes; its position does."""
    place = await views.queue_place(work, Audience.of(caller), occurrence_id, booking_id)
    return QueueAnswer(
        queue_number=place.queue_number,
        position=place.position,
        places_ahead=place.places_ahead,
        waiting=place.waiting,
    )


@router.post(ONE + "/cancellation", summary="Cancel a booking", responses=problems(*CHANGE, FeeRisen))
async def cancel_booking(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    body: CancellationRequest,
    caller: SchoolStaff,
    work: HttpWork,
    response: Response,
) -> BookingAnswer:
    """Until the course begins, for the fee that `cancellation-quote` shows. With `accepts_fee_pence` nothing is
    cancelled where it costs more by now. Its places are offered to the waiting list at once.
    """
    _school(caller)
    asked, ask = await asked_by(caller, booking_id, work)
    booking = await use_cases.cancel(asked, occurrence_id, ask, body.reason, body.accepts_fee_pence)
    return _shown(booking, work, response)


@router.post(ONE + "/acceptance", summary="Accept offered places", responses=problems(*CHANGE, NotYourTurn))
async def accept_offer(
    occurrence_id: OccurrenceId, booking_id: BookingId, caller: SchoolStaff, work: HttpWork, response: Response
) -> BookingAnswer:
    """Takes the places while the offer lasts. When offers are no longer made, the head of the list may claim places.

    Where your school approves its bookings it is asked now, and the places are kept until `approval_due_at`.
    """
    _school(caller)
    asked, ask = await asked_by(caller, booking_id, work)
    return _shown(await use_cases.accept_offer(asked, occurrence_id, ask), work, response)


@router.post(ONE + "/refusal", summary="Turn offered places down", responses=problems(*CHANGE))
async def decline_offer(
    occurrence_id: OccurrenceId, booking_id: BookingId, caller: SchoolStaff, work: HttpWork, response: Response
) -> BookingAnswer:
    """They are offered to the next at once."""
    _school(caller)
    asked, ask = await asked_by(caller, booking_id, work)
    return _shown(await use_cases.decline_offer(asked, occurrence_id, ask), work, response)


@router.post(
    ONE + "/delegates/{delegate_id}/cancellation",
    summary="Cancel one delegate",
    responses=problems(*CHANGE, NoSuchDelegate, LastDelegate, FeeRisen),
)
async def cancel_delegate(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    delegate_id: DelegateId,
    body: CancellationRequest,
    caller: SchoolStaff,
    work: HttpWork,
    response: Response,
) -> BookingAnswer:
    """The others keep their places; the freed one goes to the waiting list. The fee is that of one place."""
    _school(caller)
    asked, ask = await asked_by(caller, booking_id, work)
    booking = await use_cases.cancel_delegate(
        asked, occurrence_id, ask, delegate_id, body.reason, body.accepts_fee_pence
    )
    return _shown(booking, work, response)


@router.post(
    ONE + "/delegates/{delegate_id}/substitution",
    summary="Send a colleague instead",
    responses=problems(*CHANGE, NoSuchDelegate, CoverNotAnswered, DelegateAlreadyBooked),
)
async def substitute_delegate(
    occurrence_id: OccurrenceId,
    booking_id: BookingId,
    delegate_id: DelegateId,
    body: SubstitutionRequest,
    caller: SchoolStaff,
    work: HttpWork,
    response: Response,
) -> BookingAnswer:
    """Free of charge until the course begins. A school that guards its cover is asked about the colleague first."""
    _school(caller)
    asked, ask = await asked_by(caller, booking_id, work)
    colleague = body.colleague.delegate()
    booking = await use_cases.substitute(asked, occurrence_id, ask, delegate_id, colleague)
    return _shown(booking, work, response)
