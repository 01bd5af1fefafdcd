"""Volunteers register, say what they offer, pause, come back, and leave; when they leave, their data goes with them."""

from __future__ import annotations

from datetime import datetime

from services.ambassadors.domain.ambassador import LIFE_CYCLE, Ambassador, Home, Profile, Status, Volunteer
from services.ambassadors.domain.change import Moment
from services.ambassadors.domain.known import KnownEmployer, check_employer
from services.ambassadors.domain.offer import offer_of
from services.ambassadors.domain.standing import become, changing, settled
from services.ambassadors.domain.terms import CheckTerms
from shared.contracts.ambassadors import AmbassadorRegistered
from shared.decision import Decision, Documents, Read
from shared.refusals import Conflict

GONE = Profile(name="", subjects=(), phases=(), formats=(), radius_km=0, weekdays=())


class AlreadyAnAmbassador(Conflict):
    slug = "already-an-ambassador"
    title = "This account is registered as an ambassador already."


def fresh(
    ambassador_id: str, account_id: str, profile: Profile, home: Home, now: datetime, terms: CheckTerms
) -> Ambassador:
    """Somebody who has just registered."""
    moment = Moment(at=now, verb="register", status=Status.REGISTERED, reason="A volunteer registered.", by=account_id)
    return Ambassador(
        id=ambassador_id,
        account_id=account_id,
        status=Status.REGISTERED,
        registered_at=now,
        profile=profile,
        home=home,
        active_days=terms.active_days,
        load_days=terms.load_days,
        renewal_days=terms.renewal_days,
        warning_days=terms.inactivity_warning_days,
        history=(moment,),
    )


def reads_for(account_id: str, profile: Profile) -> list[Read]:
    """What registering looks at."""
    reads: list[Read] = [(Volunteer, account_id)]
    if profile.employer_id is not None:
        reads.append((KnownEmployer, profile.employer_id))
    return reads


def register(documents: Documents, now: datetime, ambassador: Ambassador) -> Decision[Ambassador]:
    """Take a volunteer in. Raises AlreadyAnAmbassador, EmployerNotKnown."""
    holder = documents.get(Volunteer, ambassador.account_id)
    if holder is not None and holder.ambassador_id is not None:
        raise AlreadyAnAmbassador(ambassador_id=holder.ambassador_id)
    employer_id = ambassador.profile.employer_id
    if employer_id is not None:
        check_employer(documents.get(KnownEmployer, employer_id))
    return Decision(
        ambassador,
        ambassador,
        (
            Volunteer(id=ambassador.account_id, ambassador_id=ambassador.id),
            offer_of(ambassador, now),
        ),
        (AmbassadorRegistered(ambassador_id=ambassador.id, employer_id=employer_id),),
    )


def change_profile(
    ambassador: Ambassador, documents: Documents, now: datetime, *, by: str, profile: Profile, home: Home
) -> Decision[Ambassador]:
    """Take over what an ambassador says of themselves. Raises WrongState, EmployerNotKnown."""
    change = changing(ambassador, documents, now, by)
    LIFE_CYCLE.next(change.root.status, "change")
    if profile.employer_id is not None and profile.employer_id != ambassador.profile.employer_id:
        check_employer(documents.get(KnownEmployer, profile.employer_id))
    if (profile, home) != (ambassador.profile, ambassador.home):
        change.update(profile=profile, home=home)
    return settled(change)


def activate(ambassador: Ambassador, documents: Documents, now: datetime, *, by: str) -> Decision[Ambassador]:
    """Be there for schools from now on. Raises WrongState."""
    change = changing(ambassador, documents, now, by)
    become(change, "activate", "Ready for schools.", active_from=now)
    return settled(change)


def pause(ambassador: Ambassador, documents: Documents, now: datetime, *, by: str) -> Decision[Ambassador]:
    """Take no invitations for a while; what is agreed stands. Raises WrongState."""
    change = changing(ambassador, documents, now, by)
    become(change, "pause", "No invitations for a while.")
    return settled(change)


def resume(ambassador: Ambassador, documents: Documents, now: datetime, *, by: str) -> Decision[Ambassador]:
    """Take invitations again. Raises WrongState."""
    change = changing(ambassador, documents, now, by)
    become(change, "resume", "Invitations are welcome again.")
    return settled(change)


def leave(ambassador: Ambassador, documents: Documents, now: datetime, *, by: str) -> Decision[Ambassador]:
    """Leave for good: what was personal is erased, agreed visits get somebody else. Raises WrongState."""
    change = changing(ambassador, documents, now, by)
    become(change, "leave", "Left the programme.", profile=GONE, home=None, credentials={}, cleared=())
    change.keep(Volunteer(id=ambassador.account_id, ambassador_id=None))
    return settled(change)
