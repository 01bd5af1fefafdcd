"""The host's side of an offer: it is drafted, submitted, reviewed, published, paused, closed, taken back.

Taking one back changes the status first, so that nobody new gets in; its applications, which may be hundreds, are then
turned down in slices, each a commit of its own that can be gone on with after a crash.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from services.placements.domain.application import OPEN, WAITING, Application, moved
from services.placements.domain.change import Change
from services.placements.domain.offer import (
    Chore,
    Cohort,
    Listing,
    Offer,
    OfferReference,
    OfferStatus,
    published,
    reference_key,
)
from services.placements.domain.terms import Terms
from services.placements.domain.vocabulary import DAYS_OF
from shared.contracts.placements import ApplicationEnded, OfferEnding, PlacementOfferEnded
from shared.decision import Decision, Documents, Read
from shared.refusals import Conflict, Invalid, NotFound

LONGEST: Final = timedelta(days=730)


class DaysDoNotFit(Invalid):
    slug = "offer-days-do-not-fit"
    title = "A cohort ends after it begins, within two years, and has as many days as the offer takes."


class CohortHostUnknown(Invalid):
    slug = "cohort-host-unknown"
    title = "A cohort is hosted by one of the offer's employers, at one of that employer's sites unless it is remote."


class OfferInThePast(Conflict):
    slug = "offer-in-the-past"
    title = "An offer that teachers can apply for begins today at the earliest."


class EmployerNotVerified(Conflict):
    slug = "employer-not-verified"
    title = "Offers are published once every employer that hosts is verified."


class AlreadyPosted(Conflict):
    slug = "offer-posted"
    title = "The offer is past its draft: what it says can no longer be changed."


class ReferenceTaken(Conflict):
    slug = "offer-reference-taken"
    title = "Another offer of this employer has this reference."


_PLANNED: Final = ("employer_ids", "listing", "cohorts")


def drafted(
    offer_id: str,
    employer_ids: tuple[str, ...],
    reference: str | None,
    listing: Listing,
    cohorts: tuple[Cohort, ...],
    terms: Terms,
    now: datetime,
) -> Offer:
    """A new offer that only its hosts and the programme can see. Raises DaysDoNotFit, CohortHostUnknown."""
    wanted = DAYS_OF.get(listing.kind, listing.days)
    for index, cohort in enumerate(cohorts):
        length = cohort.ends_on - cohort.starts_on
        if listing.days != wanted or not timedelta(days=listing.days - 1) <= length <= LONGEST:
            raise DaysDoNotFit(field=f"cohorts.{index}")
        if cohort.employer_id not in employer_ids or (cohort.site_id is None and not listing.remote):
            raise CohortHostUnknown(field=f"cohorts.{index}")
    return Offer(
        id=offer_id,
        status=OfferStatus.DRAFT,
        employer_ids=employer_ids,
        reference=reference,
        listing=listing,
        cohorts=cohorts,
        terms=terms,
        posted_at=now,
    )


def reference_reads(fresh: Offer) -> tuple[Read, ...]:
    """What keeping a draft looks at."""
    if fresh.reference is None:
        return ()
    return ((OfferReference, reference_key(fresh.employer_ids[0], fresh.reference)),)


def keep_draft(fresh: Offer, existing: Offer | None, documents: Documents) -> Decision[Offer]:
    """Keep a draft, new or saying something else than before. Raises AlreadyPosted, ReferenceTaken."""
    if existing is not None:
        return _replanned(existing, fresh)
    if fresh.reference is None:
        return Decision(fresh, fresh)
    key = reference_key(fresh.employer_ids[0], fresh.reference)
    holder = documents.get(OfferReference, key)
    if holder is not None and holder.offer_id != fresh.id:
        raise ReferenceTaken(field="reference", offer_id=holder.offer_id)
    return Decision(fresh, fresh, (OfferReference(id=key, offer_id=fresh.id),))


def _replanned(existing: Offer, fresh: Offer) -> Decision[Offer]:
    if existing.status is not OfferStatus.DRAFT:
        if differs(existing, fresh):
            raise AlreadyPosted()
        return Decision(existing)
    kept = existing.model_copy(update={name: getattr(fresh, name) for name in _PLANNED})
    return Decision(existing) if kept == existing else Decision(kept, kept)


def differs(existing: Offer, fresh: Offer) -> bool:
    """Whether two plans of an offer differ in what is offered, where, when or by whom. What its hosts and their sites
    are called, and where those sites lie, is theirs to say and no part of a plan.
    """
    return _plan(existing) != _plan(fresh)


def _plan(offer: Offer) -> tuple[object, ...]:
    listing = offer.listing.model_copy(update={"words": (), "sites": ()})
    return (offer.employer_ids, listing, tuple(cohort.model_copy(update={"accepted": 0}) for cohort in offer.cohorts))


def begin(offer: Offer, documents: Documents, now: datetime, by: str, hosts: Sequence[str] | None) -> Change:
    """A change by one of the offer's hosts, or by the programme where `hosts` is None. Raises NotFound."""
    if hosts is not None and not set(hosts) & set(offer.employer_ids):
        raise NotFound()
    return Change(offer, documents, now, by)


def submit(
    offer: Offer, documents: Documents, now: datetime, *, by: str, hosts: Sequence[str] | None, today: date
) -> Decision[Offer]:
    """Hand a draft in for review. Raises NotFound, WrongState, OfferInThePast."""
    change = begin(offer, documents, now, by, hosts)
    change.move("submit", reason=None)
    check_not_begun(change.offer, today)
    return change.decision(change.offer)


def review(offer: Offer, documents: Documents, now: datetime, *, by: str) -> Decision[Offer]:
    """Take a submitted offer up. Raises WrongState."""
    change = Change(offer, documents, now, by)
    change.move("review")
    return change.decision(change.offer)


def return_(offer: Offer, documents: Documents, now: datetime, *, by: str, reason: str) -> Decision[Offer]:
    """Ask the host for changes. Raises WrongState."""
    change = Change(offer, documents, now, by)
    change.move("return", reason=reason)
    return change.decision(change.offer)


def publish(offer: Offer, documents: Documents, now: datetime, *, by: str, today: date) -> Decision[Offer]:
    """Let teachers apply. Raises WrongState, OfferInThePast, EmployerNotVerified."""
    change = Change(offer, documents, now, by)
    change.move("publish")
    check_not_begun(change.offer, today)
    _check_verified(change)
    change.say(published(change.offer))
    return change.decision(change.offer)


def pause(
    offer: Offer, documents: Documents, now: datetime, *, by: str, hosts: Sequence[str] | None
) -> Decision[Offer]:
    """Take no applications for the time being; those that are there go on. Raises NotFound, WrongState."""
    return _end(begin(offer, documents, now, by, hosts), "pause", "paused")


def resume(
    offer: Offer, documents: Documents, now: datetime, *, by: str, hosts: Sequence[str] | None
) -> Decision[Offer]:
    """Take applications again. Raises NotFound, WrongState, EmployerNotVerified."""
    change = begin(offer, documents, now, by, hosts)
    change.move("resume")
    _check_verified(change)
    change.say(published(change.offer))
    return change.decision(change.offer)


def close(
    offer: Offer, documents: Documents, now: datetime, *, by: str, hosts: Sequence[str] | None
) -> Decision[Offer]:
    """Take no more applications; those that are there go on. Raises NotFound, WrongState."""
    return _end(begin(offer, documents, now, by, hosts), "close", "closed")


def withdraw(
    offer: Offer, documents: Documents, now: datetime, *, by: str, hosts: Sequence[str] | None, reason: str
) -> Decision[Offer]:
    """Take the offer back; its applications are turned down in slices. Raises NotFound, WrongState."""
    change = begin(offer, documents, now, by, hosts)
    seen = change.offer.status not in (OfferStatus.DRAFT, OfferStatus.SUBMITTED, OfferStatus.UNDER_REVIEW)
    change.move("withdraw", reason=reason, chore=Chore.REJECT if seen else None)
    if seen:
        change.say(PlacementOfferEnded(offer_id=offer.id, ending="withdrawn"))
    return change.decision(change.offer)


def reject_applications(
    offer: Offer, documents: Documents, now: datetime, *, by: str, application_ids: Sequence[str], last: bool
) -> Decision[None]:
    """Turn down a slice of the applications of an offer that has ended."""
    change = Change(offer, documents, now, by)
    if change.offer.chore is not Chore.REJECT:
        return change.decision(None)
    code = "offer-withdrawn" if change.offer.status is OfferStatus.WITHDRAWN else "offer-ended"
    for application_id in application_ids:
        _call_off(change, change.application(application_id), code)
    if last:
        change.update(chore=None)
    return change.decision(None)


def _call_off(change: Change, application: Application, code: str) -> None:
    if application.status not in OPEN:
        return
    told = application.status in WAITING
    change.answered(moved(application, "call-off", change.now, "The offer has ended.", change.by, reason_code=code))
    if told:
        change.say(
            ApplicationEnded(
                offer_id=change.offer.id,
                application_id=application.id,
                school_urn=application.school_urn,
                teacher_id=application.teacher_id,
                application_ending="rejected",
                reason_code=code,
            )
        )


def _end(change: Change, verb: str, ending: OfferEnding) -> Decision[Offer]:
    change.move(verb)
    change.say(PlacementOfferEnded(offer_id=change.offer.id, ending=ending))
    return change.decision(change.offer)


def _check_verified(change: Change) -> None:
    if unverified := change.unverified():
        raise EmployerNotVerified(employer_ids=unverified)


def check_not_begun(offer: Offer, today: date) -> None:
    """Refuse an offer that would have begun before anybody could apply. Raises OfferInThePast."""
    if offer.starts_on < today:
        raise OfferInThePast()
