"""The teacher's and the school's side of an application: drafted, submitted, approved, accepted, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.placements.domain.application import (
    WAITING,
    Application,
    ApplicationStatus,
    Candidacy,
    Step,
    Wishes,
    candidacy_id,
    is_live,
    moved,
)
from services.placements.domain.asking import (
    Ask,
    application_of,
    check_going_on,
    check_host,
    deadline,
    ended,
    host_reads,
)
from services.placements.domain.change import Change
from services.placements.domain.diary import Diary, check_free, entered
from services.placements.domain.known import KnownPartnership, KnownSchool, check_partnership, check_school
from services.placements.domain.offer import OFFER, Cohort, Offer
from services.placements.domain.terms import today, working_days
from shared.contracts.placements import ApplicationAccepted, ApplicationApproved, ApplicationSubmitted
from shared.decision import Decision, Documents, Read
from shared.refusals import Conflict, Forbidden, Invalid


class NoSuchCohort(Invalid):
    slug = "no-such-cohort"
    title = "The offer has no cohort of this number."


class DatesDoNotFit(Invalid):
    slug = "dates-do-not-fit"
    title = "The days begin today at the earliest, are within the dates of the cohort, and as many as the offer takes."


class AlreadyApplied(Conflict):
    slug = "already-applied"
    title = "You have applied for this offer already."


class OwnApplication(Forbidden):
    slug = "own-application"
    title = "Somebody else agrees for the school than the teacher who applies."


@dataclass(frozen=True, slots=True)
class Request:
    """What a teacher asks for. Without dates it is the first working days of the cohort to come. `known` is the
    application that the teacher is known to have made before, so that the decision looks whether it is still open.
    """

    application_id: str
    teacher_id: str
    school_urn: str
    wishes: Wishes
    submit: bool
    holidays: frozenset[date]
    known: str | None = None

    def reads(self, offer: Offer | None) -> Iterable[Read]:
        """What the decision looks at."""
        if offer is None:
            return []
        reads: list[Read] = [(Candidacy, candidacy_id(offer.id, self.teacher_id)), *submission_reads(self, offer)]
        if self.known is not None:
            reads.append((Application, self.known))
        return reads


def submission_reads(asks: Request | Application, offer: Offer | None) -> list[Read]:
    """What handing an application in looks at."""
    reads: list[Read] = [(Diary, asks.teacher_id), (KnownSchool, asks.school_urn), *host_reads(offer)]
    if asks.wishes.partnership_id is not None:
        reads.append((KnownPartnership, asks.wishes.partnership_id))
    return reads


def apply(offer: Offer, documents: Documents, now: datetime, request: Request) -> Decision[Application]:
    """Draft an application, and hand it in at once if that was asked for.

    Raises WrongState, NoSuchCohort, DatesDoNotFit, AlreadyApplied, and what handing in raises.
    """
    change = Change(offer, documents, now, request.teacher_id)
    OFFER.next(change.offer.status, "apply")
    cohort, wishes = _checked(change, request.wishes, request.holidays)
    candidacy = documents.get(Candidacy, candidacy_id(offer.id, request.teacher_id))
    if candidacy is not None and (
        candidacy.application_id != request.known or is_live(documents.get(Application, request.known), now)
    ):
        raise AlreadyApplied(application_id=candidacy.application_id)
    drafted = ApplicationStatus.DRAFT
    application = Application(
        id=request.application_id,
        offer_id=offer.id,
        employer_ids=offer.employer_ids,
        employer_id=cohort.employer_id,
        teacher_id=request.teacher_id,
        school_urn=request.school_urn,
        wishes=wishes,
        status=drafted,
        applied_at=now,
        history=(Step(at=now, verb="draft", status=drafted.value, reason="", by=request.teacher_id),),
    )
    change.keep(Candidacy(id=candidacy_id(offer.id, request.teacher_id), application_id=application.id))
    if not request.submit:
        change.keep(application)
        return change.decision(application)
    return change.decision(_handed_in(change, application))


def revise(
    offer: Offer, documents: Documents, now: datetime, ask: Ask, *, wishes: Wishes, holidays: frozenset[date]
) -> Decision[Application]:
    """Let a draft ask for something else. Raises NotFound, WrongState, NoSuchCohort, DatesDoNotFit."""
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    cohort, checked = _checked(change, wishes, holidays)
    kept = moved(application, "revise", now, "", ask.by, wishes=checked, employer_id=cohort.employer_id)
    change.keep(kept)
    return change.decision(kept)


def submit(offer: Offer, documents: Documents, now: datetime, ask: Ask) -> Decision[Application]:
    """Hand a draft in.

    Raises NotFound, WrongState, DatesDoNotFit, OverlappingPlacement, SchoolNotKnown, SchoolClosed, NotAMember,
    PartnershipNotActive, HostSuspended.
    """
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    OFFER.next(change.offer.status, "apply")
    _checked(change, application.wishes, frozenset())
    return change.decision(_handed_in(change, application))


def _handed_in(change: Change, application: Application) -> Application:
    wishes = application.wishes
    check_host(change, application)
    check_school(change.documents.get(KnownSchool, application.school_urn))
    if wishes.partnership_id is not None:
        known = change.documents.get(KnownPartnership, wishes.partnership_id)
        check_partnership(known, application.school_urn)
    check_free(change.documents, application.teacher_id, wishes.dates)
    expires_at = deadline(change, application, change.offer.terms.approval_days)
    kept = moved(
        application, "submit", change.now, "The school is asked.", change.by, expires_at=expires_at, submitted=True
    )
    change.await_answer(kept)
    change.say(
        ApplicationSubmitted(
            offer_id=change.offer.id,
            application_id=kept.id,
            school_urn=kept.school_urn,
            teacher_id=kept.teacher_id,
        )
    )
    return kept


def approve(offer: Offer, documents: Documents, now: datetime, ask: Ask) -> Decision[Application]:
    """The school agrees; from now on the host sees it. Raises NotFound, OwnApplication, WrongState, OfferOver."""
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    if ask.by == application.teacher_id:
        raise OwnApplication()
    check_going_on(change.offer)
    terms = change.offer.terms
    expires_at = deadline(change, application, terms.host_days)
    kept = moved(
        application,
        "approve",
        now,
        "The school agrees.",
        ask.by,
        expires_at=expires_at,
        remind_at=reminder(now, terms.reminder_days, expires_at),
        shown=True,
    )
    change.await_answer(kept)
    change.say(
        ApplicationApproved(
            offer_id=offer.id,
            application_id=kept.id,
            school_urn=kept.school_urn,
            teacher_id=kept.teacher_id,
            answer_due_at=expires_at,
        )
    )
    return change.decision(kept)


def reminder(now: datetime, days: int, expires_at: datetime) -> datetime | None:
    """When the host is reminded; None where its time runs out before."""
    remind_at = now + timedelta(days=days)
    return remind_at if remind_at < expires_at else None


def refuse(offer: Offer, documents: Documents, now: datetime, ask: Ask, *, code: str) -> Decision[Application]:
    """The school does not agree. Raises NotFound, WrongState."""
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    kept = moved(application, "refuse", now, "The school does not agree.", ask.by, reason_code=code)
    ended(change, kept, "declined")
    return change.decision(kept)


def accept(offer: Offer, documents: Documents, now: datetime, ask: Ask, *, placement_id: str) -> Decision[Application]:
    """Take the offered place: it becomes a placement.

    Raises NotFound, WrongState, OfferOver, HostSuspended, OverlappingPlacement.
    """
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    kept = moved(application, "accept", now, "The teacher comes.", ask.by, placement_id=placement_id)
    check_going_on(change.offer)
    check_host(change, kept)
    wishes = kept.wishes
    change.keep(entered(documents, kept.teacher_id, placement_id, wishes.dates))
    change.answered(kept)
    change.count(wishes.cohort, 1)
    rate = offer.terms.day_rate_pence if wishes.partnership_id is not None else 0
    change.say(
        ApplicationAccepted(
            offer_id=offer.id,
            application_id=kept.id,
            placement_id=placement_id,
            employer_id=kept.employer_id,
            school_urn=kept.school_urn,
            teacher_id=kept.teacher_id,
            partnership_id=wishes.partnership_id,
            starts_on=wishes.dates[0],
            ends_on=wishes.dates[-1],
            days=len(wishes.dates),
            amount_pence=rate * len(wishes.dates),
        )
    )
    return change.decision(kept)


def turn_down(offer: Offer, documents: Documents, now: datetime, ask: Ask, *, code: str) -> Decision[Application]:
    """The teacher does not want the offered place; it is free at once. Raises NotFound, WrongState."""
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    kept = moved(application, "turn-down", now, "The teacher does not come.", ask.by, reason_code=code)
    ended(change, kept, "declined")
    return change.decision(kept)


def withdraw(offer: Offer, documents: Documents, now: datetime, ask: Ask, *, code: str) -> Decision[Application]:
    """The teacher takes the application back. Raises NotFound, WrongState."""
    change = Change(offer, documents, now, ask.by)
    application = application_of(change, ask)
    return change.decision(_taken_back(change, application, "The teacher has withdrawn it.", code))


def withdraw_overlapping(
    offer: Offer, documents: Documents, now: datetime, *, application_id: str, dates: frozenset[date]
) -> Decision[None]:
    """Take back an open application for days that another placement takes now."""
    change = Change(offer, documents, now, "system")
    application = application_of(change, Ask(application_id, "system"))
    if application.status in (ApplicationStatus.DRAFT, *WAITING) and dates & set(application.wishes.dates):
        _taken_back(change, application, "The teacher has a placement on these days.", "overlapping-placement")
    return change.decision(None)


def release(offer: Offer, documents: Documents, now: datetime, *, application_id: str) -> Decision[None]:
    """The placement was cancelled: its place is free again."""
    change = Change(offer, documents, now, "system")
    application = change.application(application_id)
    if application.status is ApplicationStatus.ACCEPTED:
        change.keep(moved(application, "cancel", now, "The placement was cancelled.", "system"))
        change.count(application.wishes.cohort, -1)
    return change.decision(None)


def _taken_back(change: Change, application: Application, reason: str, code: str) -> Application:
    told = application.status in WAITING
    kept = moved(application, "withdraw", change.now, reason, change.by, reason_code=code)
    if told:
        ended(change, kept, "withdrawn")
    else:
        change.keep(kept)
    return kept


def _checked(change: Change, wishes: Wishes, holidays: frozenset[date]) -> tuple[Cohort, Wishes]:
    """The cohort that is asked for, and the wishes with their days in order. Raises NoSuchCohort, DatesDoNotFit."""
    offer = change.offer
    cohort = offer.cohort(wishes.cohort)
    if cohort is None:
        raise NoSuchCohort(field="cohort")
    first = max(cohort.starts_on, today(change.now, offer.terms.zone))
    dates = tuple(sorted(wishes.dates)) or working_days(first, offer.listing.days, holidays)
    if (
        len(set(dates)) != offer.listing.days
        or len(dates) != offer.listing.days
        or dates[-1] > cohort.ends_on
        or dates[0] < first
    ):
        raise DatesDoNotFit(field="dates", days=offer.listing.days)
    return cohort, wishes.model_copy(update={"dates": dates})
