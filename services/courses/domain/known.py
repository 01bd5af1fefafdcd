"""What courses knows of schools and partnerships: its own copies of facts that the partnerships service publishes.

A copy may lag behind. It is used to refuse early what is known to be impossible: a closed school, a school that is
known not to be a member. A partnership that is not known yet is let through where it pays, because the money is decided
by the partnerships service alone; where a booking only counts for it, nobody asks again, so that it has to be known. A
school that is not known is refused, because nobody could say who the booking is for.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared.decision import Decision, Documents, Read, Root
from shared.refusals import Conflict, Forbidden


class SchoolNotKnown(Conflict):
    slug = "booking-school-not-known"
    title = "The register has not told us of this school, or not yet: if it was added just now, repeat shortly."


class SchoolClosed(Conflict):
    slug = "booking-school-closed"
    title = "The school is closed and takes no new bookings."


class NotAMember(Conflict):
    slug = "bursary-not-for-this-school"
    title = "The school does not belong to the partnership that is to pay, or that this is to count for."


class PartnershipNotActive(Conflict):
    slug = "bursary-partnership-not-active"
    title = "The partnership is not active, so it takes no new commitments, and nothing new counts for it."


class PartnershipNotKnown(Conflict):
    slug = "booking-counts-for-unknown"
    title = "We have not heard of the partnership that this is to count for: if it is new, repeat shortly."


class NotInvited(Forbidden):
    slug = "school-not-invited"
    title = "Only schools of active partnerships and of alumni are invited to this."


class SchoolFacts(BaseModel):
    """What the register says about a school, as far as booking courses needs it."""

    model_config = ConfigDict(frozen=True)
    name: str
    open: bool
    region: str | None = None
    postcode: str | None = None
    outcode: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class KnownSchool(Root):
    """A school of the register; the id is its URN. A school with a successor has ended under this URN.

    `guarded` says that it wants to be asked before its staff are booked.
    """

    collection = "known_schools"
    facts: SchoolFacts | None = None
    successor_urn: str | None = None
    guarded: bool = False


class KnownPartnership(Root):
    """An active or ended partnership and who belongs to it; `alumni` stay with the programme after their end."""

    collection = "known_partnerships"
    active: bool
    alumni: bool = False
    school_urns: tuple[str, ...]

    def invites(self, school_urn: str) -> bool:
        """Whether this school is invited to what is for partnerships only."""
        return (self.active or self.alumni) and school_urn in self.school_urns


def keep_school(school: KnownSchool | None, urn: str, facts: SchoolFacts) -> Decision[None]:
    """Take over the register's facts about a school; its successor stays."""
    kept = (school or KnownSchool(id=urn)).model_copy(update={"facts": facts})
    return Decision(None, None if kept == school else kept)


def keep_successor(school: KnownSchool | None, urn: str, successor_urn: str) -> Decision[None]:
    """Remember under which identifier a school goes on; the old one is closed."""
    known = school or KnownSchool(id=urn)
    return Decision(None, known.model_copy(update={"successor_urn": successor_urn}))


def keep_guard(school: KnownSchool | None, urn: str, *, guarded: bool) -> Decision[None]:
    """Remember whether a school is to be asked before its staff are booked."""
    known = school or KnownSchool(id=urn)
    return Decision(None, known.model_copy(update={"guarded": guarded}))


def keep_members(partnership: KnownPartnership | None, key: str, school_urns: tuple[str, ...]) -> Decision[None]:
    """Take over who belongs to a partnership. One that is not known was never activated, so stays inactive."""
    known = partnership or KnownPartnership(id=key, active=False, school_urns=())
    return Decision(None, known.model_copy(update={"school_urns": school_urns}))


def keep_activity(
    partnership: KnownPartnership | None, key: str, active: bool, school_urns: tuple[str, ...] | None
) -> Decision[None]:
    """Take over that a partnership has become active or has ended."""
    known = partnership or KnownPartnership(id=key, active=active, school_urns=())
    members = known.school_urns if school_urns is None else school_urns
    return Decision(None, known.model_copy(update={"active": active, "school_urns": members}))


def keep_alumni(partnership: KnownPartnership | None, key: str, school_urns: tuple[str, ...]) -> Decision[None]:
    """Take over that a partnership has completed and stays with the programme."""
    known = partnership or KnownPartnership(id=key, active=False, school_urns=())
    return Decision(None, known.model_copy(update={"active": False, "alumni": True, "school_urns": school_urns}))


def is_guarded(documents: Documents, urn: str) -> bool:
    """Whether a school wants to be asked: by the guard of who it goes on as, once it does."""
    school = documents.get(KnownSchool, urn)
    if school is not None and school.successor_urn is not None:
        school = documents.get(KnownSchool, school.successor_urn)
    return school is not None and school.guarded


def successor(documents: Documents, urn: str) -> list[Read]:
    """What `is_guarded` looks at beside the school itself, once that is read."""
    school = documents.get(KnownSchool, urn)
    return [] if school is None or school.successor_urn is None else [(KnownSchool, school.successor_urn)]


def check_invited(partnership: KnownPartnership | None, school_urn: str) -> None:
    """Refuse a school that no partnership brings along. Raises NotInvited."""
    if partnership is None or not partnership.invites(school_urn):
        raise NotInvited()


def check_school(school: KnownSchool | None) -> None:
    """Refuse a school that cannot book. Raises SchoolNotKnown, SchoolClosed."""
    if school is not None and school.successor_urn is not None:
        raise SchoolClosed("The school goes on under another identifier.", successor_urn=school.successor_urn)
    if school is None or school.facts is None:
        raise SchoolNotKnown()
    if not school.facts.open:
        raise SchoolClosed()


def check_counted(partnership: KnownPartnership | None, school_urn: str) -> None:
    """Refuse what cannot count for the partnership. Raises PartnershipNotKnown, PartnershipNotActive, NotAMember."""
    if partnership is None:
        raise PartnershipNotKnown(field="funding.partnership_id")
    check_partnership(partnership, school_urn)


def check_partnership(partnership: KnownPartnership | None, school_urn: str) -> None:
    """Refuse what is known to be impossible. Raises PartnershipNotActive, NotAMember."""
    if partnership is None:
        return
    if not partnership.active:
        raise PartnershipNotActive(partnership_id=partnership.id)
    if school_urn not in partnership.school_urns:
        raise NotAMember(partnership_id=partnership.id)
