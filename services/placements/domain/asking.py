"""Who asks about which application, and what everybody who answers one has to hold to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.placements.domain.application import Application, as_of
from services.placements.domain.change import Change
from services.placements.domain.employer import Employer, EmployerStatus
from services.placements.domain.offer import Offer, OfferStatus
from services.placements.domain.terms import midnight
from shared.contracts.placements import ApplicationEnded, ApplicationEnding
from shared.decision import Read
from shared.refusals import Conflict, NotFound, VersionMismatch

GOING_ON = (OfferStatus.PUBLISHED, OfferStatus.PAUSED, OfferStatus.FILLED, OfferStatus.CLOSED)


class OfferOver(Conflict):
    slug = "offer-over"
    title = "The offer has been withdrawn or has expired: nobody is placed on it any more."


class HostSuspended(Conflict):
    slug = "host-suspended"
    title = "The programme does not vouch for the host any more: nobody is placed there until it is verified again."


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks: a teacher, a school or hosts for what is theirs alone; `revision` if it must be unchanged since.

    Of the employers that share an offer, the one that hosts the cohort is the host. A school asks under its own
    identifier and those of the schools that it has succeeded.
    """

    application_id: str
    by: str
    teacher_id: str | None = None
    school_urns: Sequence[str] | None = None
    hosts: Sequence[str] | None = None
    revision: int | None = None


def application_of(change: Change, ask: Ask) -> Application:
    """The application that is asked about, as it truly stands. Raises NotFound, VersionMismatch."""
    application = as_of(change.application(ask.application_id), change.now)
    if (
        (ask.teacher_id is not None and ask.teacher_id != application.teacher_id)
        or (ask.school_urns is not None and not (application.school_urn in ask.school_urns and application.submitted))
        or (ask.hosts is not None and (application.employer_id not in ask.hosts or not application.shown))
    ):
        raise NotFound()
    if ask.revision is not None and application.revision != ask.revision:
        raise VersionMismatch(current_version=application.revision)
    return application


def check_going_on(offer: Offer) -> None:
    """Refuse what needs an offer that still leads somewhere. Raises OfferOver."""
    if offer.status not in GOING_ON:
        raise OfferOver(state=offer.status.value)


def host_reads(offer: Offer | None) -> list[Read]:
    """The hosts of an offer, for what needs the programme to vouch for them."""
    return [] if offer is None else [(Employer, key) for key in offer.employer_ids]


def check_host(change: Change, application: Application) -> None:
    """Refuse what leads to a placement at a host that is not verified any more. Raises HostSuspended."""
    employer = change.documents.get(Employer, application.employer_id)
    if employer is not None and employer.status is not EmployerStatus.VERIFIED:
        raise HostSuspended(employer_id=employer.id)


def deadline(change: Change, application: Application, days: int) -> datetime:
    """When an answer is no longer waited for: after so many days, and not once the first of its days is over."""
    begun = midnight(application.wishes.dates[0] + timedelta(days=1), change.offer.terms.zone)
    return min(change.now + timedelta(days=days), begun)


def ended(change: Change, application: Application, ending: ApplicationEnding) -> None:
    """Keep an application that has come to nothing, and say so."""
    change.answered(application)
    change.say(
        ApplicationEnded(
            offer_id=change.offer.id,
            application_id=application.id,
            school_urn=application.school_urn,
            teacher_id=application.teacher_id,
            application_ending=ending,
            reason_code=application.reason_code or "",
        )
    )
