"""What this service knows of schools, partnerships and employers: its own copies of facts that others publish.

A copy may lag behind. A school that is not known is refused, because nobody could say where the visit is or whose law
on checks holds there; so is an employer that is not known, since the ambassador would be counted for nobody.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from services.ambassadors.domain.vocabulary import Jurisdiction
from shared.decision import Decision, Root
from shared.refusals import Conflict, NotFound

Urns = frozenset[str]
"""The identifiers of one school: its own, and those under which it was known before."""


class VisitSchoolNotKnown(Conflict):
    slug = "visit-school-not-known"
    title = "The register has not told us of this school, or not yet: if it was added just now, repeat shortly."


class VisitSchoolClosed(Conflict):
    slug = "visit-school-closed"
    title = "The school is closed and asks for no visits."


class SchoolPositionNotKnown(Conflict):
    slug = "school-position-not-known"
    title = "The register does not say where the school is, so only activities at a distance can be asked for."


class NotOfThePartnership(Conflict):
    slug = "school-not-of-partnership"
    title = "The school does not belong to the partnership that the visit is to count for."


class VisitPartnershipNotActive(Conflict):
    slug = "visit-partnership-not-active"
    title = "The partnership is not active, or not known yet: nothing counts for it."


class EmployerNotKnown(Conflict):
    slug = "employer-not-known"
    title = "No employer with this id has registered, or not yet: if it was registered just now, repeat shortly."


class SchoolFacts(BaseModel):
    """What the register says about a school, as far as visits need it."""

    model_config = ConfigDict(frozen=True)
    name: str
    open: bool
    jurisdiction: Jurisdiction = Jurisdiction.ENGLAND_AND_WALES
    postcode: str | None = None
    outcode: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class KnownSchool(Root):
    """A school of the register; the id is its URN. A school with a successor has ended under this URN."""

    collection = "known_schools"
    facts: SchoolFacts | None = None
    successor_urn: str | None = None


class KnownPartnership(Root):
    """An active or ended partnership and who belongs to it."""

    collection = "known_partnerships"
    active: bool
    school_urns: tuple[str, ...]


class KnownEmployer(Root):
    """An employer that has registered for placements. Older copies also say whether it is verified: no matter here."""

    model_config = ConfigDict(extra="ignore")
    collection = "known_employers"
    name: str | None = None


def keep_school(school: KnownSchool | None, urn: str, facts: SchoolFacts) -> Decision[None]:
    """Take over the register's facts about a school; its successor stays."""
    kept = (school or KnownSchool(id=urn)).model_copy(update={"facts": facts})
    return Decision(None, None if kept == school else kept)


def keep_successor(school: KnownSchool | None, urn: str, successor_urn: str) -> Decision[None]:
    """Remember under which identifier a school goes on; the old one is closed."""
    known = school or KnownSchool(id=urn)
    return Decision(None, known.model_copy(update={"successor_urn": successor_urn}))


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


def keep_employer(employer: KnownEmployer | None, key: str, name: str) -> Decision[None]:
    """Take over an employer's name."""
    known = employer or KnownEmployer(id=key)
    return Decision(None, known.model_copy(update={"name": name}))


def facts_of(school: KnownSchool | None) -> SchoolFacts:
    """The facts of a school that may ask for visits. Raises VisitSchoolNotKnown, VisitSchoolClosed."""
    if school is not None and school.successor_urn is not None:
        raise VisitSchoolClosed("The school goes on under another identifier.", successor_urn=school.successor_urn)
    if school is None or school.facts is None:
        raise VisitSchoolNotKnown()
    if not school.facts.open:
        raise VisitSchoolClosed()
    return school.facts


def of_school(school_urn: str, urns: Urns | None) -> None:
    """Hide what is another school's; None is the programme, which sees every school's. Raises NotFound."""
    if urns is not None and school_urn not in urns:
        raise NotFound()


def check_partnership(partnership: KnownPartnership | None, school_urn: str) -> None:
    """Refuse what cannot count for the partnership. Raises VisitPartnershipNotActive, NotOfThePartnership."""
    if partnership is None or not partnership.active:
        raise VisitPartnershipNotActive(field="partnership_id")
    if school_urn not in partnership.school_urns:
        raise NotOfThePartnership(school_urn=school_urn)


def check_employer(employer: KnownEmployer | None) -> None:
    """Refuse an employer that nobody has told of. Raises EmployerNotKnown."""
    if employer is None or employer.name is None:
        raise EmployerNotKnown(field="employer_id")
