"""What placements knows of schools and partnerships: its own copies of facts that the partnerships service publishes.

A copy may lag behind. It is used to refuse early what is known to be impossible, and to know where a school is. A
partnership that is not known yet is let through, because the money is decided by the partnerships service alone; a
school that is not known is refused, because nobody could say who the placement is for.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from shared.decision import Decision, Documents, Read, Root
from shared.refusals import Conflict


class SchoolNotKnown(Conflict):
    slug = "placement-school-not-known"
    title = "The register has not told us of this school, or not yet: if it was added just now, repeat shortly."


class SchoolClosed(Conflict):
    slug = "placement-school-closed"
    title = "The school is closed and sends nobody any more."


class NotAMember(Conflict):
    slug = "placement-bursary-not-for-this-school"
    title = "The school does not belong to the partnership whose bursary was asked for."


class PartnershipNotActive(Conflict):
    slug = "placement-bursary-partnership-not-active"
    title = "The partnership is not active, so its bursary takes no new commitments."


class SchoolFacts(BaseModel):
    """What the register says about a school, as far as placements need it."""

    model_config = ConfigDict(frozen=True)
    name: str
    open: bool
    phase: str | None = None
    region: str | None = None
    postcode: str | None = None
    outcode: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class KnownSchool(Root):
    """A school of the register; the id is its URN. A school with a successor has ended under this URN.

    One that is `guarded` wants to be asked before its staff are away.
    """

    collection = "known_schools"
    facts: SchoolFacts | None = None
    successor_urn: str | None = None
    guarded: bool = False


class KnownPartnership(Root):
    """An active or ended partnership and who belongs to it."""

    collection = "known_partnerships"
    active: bool
    school_urns: tuple[str, ...]


def keep_school(school: KnownSchool | None, urn: str, facts: SchoolFacts) -> Decision[None]:
    """Take over the register's facts about a school; its successor stays."""
    kept = (school or KnownSchool(id=urn)).model_copy(update={"facts": facts})
    return Decision(None, None if kept == school else kept)


def keep_successor(school: KnownSchool | None, urn: str, successor_urn: str) -> Decision[None]:
    """Remember under which identifier a school goes on; the old one is closed."""
    known = school or KnownSchool(id=urn)
    return Decision(None, known.model_copy(update={"successor_urn": successor_urn}))


def keep_guard(school: KnownSchool | None, urn: str, guarded: bool) -> Decision[None]:
    """Remember whether a school guards its cover."""
    known = school or KnownSchool(id=urn)
    return Decision(None, None if known.guarded == guarded else known.model_copy(update={"guarded": guarded}))


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


def check_school(school: KnownSchool | None) -> None:
    """Refuse a school that cannot send anybody. Raises SchoolNotKnown, SchoolClosed."""
    if school is not None and school.successor_urn is not None:
        raise SchoolClosed("The school goes on under another identifier.", successor_urn=school.successor_urn)
    if school is None or school.facts is None:
        raise SchoolNotKnown()
    if not school.facts.open:
        raise SchoolClosed()


def check_partnership(partnership: KnownPartnership | None, school_urn: str) -> None:
    """Refuse what is known to be impossible. Raises PartnershipNotActive, NotAMember."""
    if partnership is None:
        return
    if not partnership.active:
        raise PartnershipNotActive(partnership_id=partnership.id)
    if school_urn not in partnership.school_urns:
        raise NotAMember(partnership_id=partnership.id)
