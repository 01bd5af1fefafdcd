"""A partnership: schools around a lead school, and where they stand.

Here is its state, who may see it and who may act on it; formation.py changes who belongs to it, progress.py where it
stands. A school is in one approved or running partnership at a time: the Membership document of a school, keyed by its
URN, names the partnership that holds it, and is written in the same transaction as that partnership. Two partnerships
that claim one school write the same document, so the store lets one of them through and the other one decides again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from services.partnerships.domain.account import PartnershipFacts
from services.partnerships.domain.life_cycle import (
    FINANCE,
    LEAD,
    OFFICER,
    PARTNERSHIP,
    RESUMING,
    SCHOOL,
    SPENDING,
    MemberStatus,
    Status,
)
from services.partnerships.domain.review import Review
from shared.contracts.partnerships import PartnershipMembersChanged
from shared.decision import Document, Documents, Read, Root
from shared.refusals import Conflict, NotAllowed, NotFound


class SchoolTaken(Conflict):
    slug = "school-in-another-partnership"
    title = "A school can be in one approved or running partnership at a time."


class Member(BaseModel):
    """A school's place in a partnership. With a `successor_urn` it goes on under that URN."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    urn: str
    status: MemberStatus
    since: datetime
    successor_urn: str | None = None


class SponsorName(BaseModel):
    """A sponsor of a partnership, and how it is called."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    name: str


class Partnership(Root):
    """Schools around a lead school. `steps` counts its history; `policy` is the version of the forming rule it met.

    `year` is the year of its life that it is in, 1 or 2, once it is active. It lasts from `activated_on` to
    `ended_on`, and year 1 is the academic year `first_year`. `at_risk` is a copy: its plan is behind. `overdue` names
    the reports and reviews that were due by the time it was last looked at (milestones.py). `adviser_id` is the account
    of the officer who advises it, `sponsors` are those whose pots have given it money.

    `school_urns` are all schools that were ever asked into it, and what they go on as; `suspended_from` is the
    status that a suspension will end in.
    """

    collection = "partnerships"
    name: str
    status: Status = Status.DRAFT
    lead_urn: str
    members: tuple[Member, ...]
    school_urns: tuple[str, ...] = ()
    created_at: datetime
    changed_at: datetime
    steps: int = 0
    year: int = 1
    activated_on: date | None = None
    ended_on: date | None = None
    first_year: int | None = None
    at_risk: bool = False
    overdue: tuple[str, ...] = ()
    adviser_id: str | None = None
    sponsors: tuple[SponsorName, ...] = ()
    policy: str | None = None
    reason: str | None = None
    suspended_from: Status | None = None

    @property
    def resuming(self) -> str:
        """The verb that ends its suspension."""
        return RESUMING[self.suspended_from or Status.ACTIVE]

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What its status allows, whoever may ask for it; a suspension ends where it began."""
        others = {*RESUMING.values()} - {self.resuming}
        return tuple(verb for verb in PARTNERSHIP.verbs(self.status) if verb not in others)

    @property
    def accepted(self) -> tuple[str, ...]:
        """The URNs of the schools that belong to it, the lead school among them."""
        return tuple(member.urn for member in self.members if member.status is MemberStatus.ACCEPTED)

    def member(self, urn: str) -> Member | None:
        """A school's place, if it has or had one."""
        return next((member for member in self.members if member.urn == urn), None)

    def current(self, urn: str | None) -> str | None:
        """Under which URN a school goes on here today: its own, or its last successor's."""
        seen: set[str] = set()
        while urn is not None and urn not in seen:
            seen.add(urn)
            member = self.member(urn)
            if member is None or member.successor_urn is None:
                break
            urn = member.successor_urn
        return urn

    def known_as(self, urn: str | None) -> tuple[str, ...]:
        """Every URN that a school has had here."""
        today = self.current(urn)
        return tuple(known for known in self.school_urns if self.current(known) == today)

    @property
    def facts(self) -> PartnershipFacts:
        """Who may use its account, as of now."""
        return PartnershipFacts(self.id, self.version, self.status in SPENDING, self.accepted)


class Membership(Document):
    """Which approved or running partnership holds a school; its id is the URN. None: the school is free."""

    collection = "memberships"
    partnership_id: str | None
    since: datetime


class Step(Document):
    """One step of a partnership's history. `by` is an account id; `school_urn` the member concerned, if one is.

    The end of a review keeps what it had before it.
    """

    collection = "partnership_steps"
    partnership_id: str
    number: int
    verb: str
    status: Status
    by: str
    at: datetime
    reason: str | None = None
    school_urn: str | None = None
    review: Review | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. `speaks_for_school` is an approver or a lead, who may act for `school_urn`."""

    subject: str
    officer: bool = False
    finance: bool = False
    sees_all: bool = False
    speaks_for_school: bool = False
    school_urn: str | None = None
    partnership_id: str | None = None

    def sees(self, partnership: Partnership) -> bool:
        """Programme staff see every partnership, schools those that they were ever asked into."""
        if self.officer or self.sees_all or self.partnership_id == partnership.id:
            return True
        return self.school_urn is not None and self.school_urn in partnership.school_urns

    def sees_all_of(self, partnership: Partnership) -> bool:
        """Whether the actor also sees its money, its claims and its reach: for that a school must belong to it now."""
        if self.officer or self.sees_all:
            return True
        return partnership.current(self.school_urn) in partnership.accepted

    def parts(self, partnership: Partnership, member_urn: str | None = None) -> frozenset[str]:
        """The roles of the life-cycle tables that the actor has towards this partnership (and this member).

        A school is the same school under every URN that it has had here.
        """
        parts = set()
        if self.officer:
            parts.add(OFFICER)
        if self.finance:
            parts.add(FINANCE)
        if self.speaks_for_school and self.school_urn is not None:
            own = partnership.current(self.school_urn)
            if own == partnership.lead_urn:
                parts.add(LEAD)
            if own == partnership.current(member_urn):
                parts.add(SCHOOL)
        return frozenset(parts)


def permit(allowed: Iterable[str], actor: Actor, partnership: Partnership, member_urn: str | None = None) -> None:
    """Raises NotFound to who may not see it, NotAllowed to who has none of the `allowed` parts."""
    if not actor.sees(partnership):
        raise NotFound()
    wanted = frozenset(allowed)
    if wanted.isdisjoint(actor.parts(partnership, member_urn)):
        raise NotAllowed(roles=sorted(wanted))


def moved(partnership: Partnership, verb: str, actor: Actor) -> Status:
    """The status the verb leads to. Raises NotFound, NotAllowed, WrongState."""
    permit((row.by for row in PARTNERSHIP.rows if row.verb == verb), actor, partnership)
    return PARTNERSHIP.next(partnership.status, verb)


def with_member(
    partnership: Partnership, urn: str, status: MemberStatus, now: datetime, successor_urn: str | None = None
) -> Partnership:
    """The partnership with a member in this status, kept in the order of invitation."""
    member = Member(urn=urn, status=status, since=now, successor_urn=successor_urn)
    others = partnership.members
    if partnership.member(urn) is None:
        members = (*others, member)
    else:
        members = tuple(member if other.urn == urn else other for other in others)
    asked = dict.fromkeys(known for other in members for known in (other.urn, other.successor_urn) if known is not None)
    return partnership.model_copy(update={"members": members, "school_urns": tuple(asked)})


def stepped(
    partnership: Partnership,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    school_urn: str | None = None,
) -> tuple[Partnership, Step]:
    """The partnership with one more step in its history."""
    number = partnership.steps + 1
    step = Step(
        id=f"{partnership.id}/{number:06d}",
        partnership_id=partnership.id,
        number=number,
        verb=verb,
        status=partnership.status,
        by=actor.subject,
        at=now,
        reason=reason,
        school_urn=school_urn,
    )
    return partnership.model_copy(update={"steps": number, "changed_at": now}), step


def reads_memberships(partnership: Partnership | None) -> tuple[Read, ...]:
    """The membership documents of everybody concerned."""
    if partnership is None:
        return ()
    return tuple((Membership, member.urn) for member in partnership.members)


def claimed(
    partnership: Partnership, urns: Iterable[str], documents: Documents, now: datetime
) -> tuple[Membership, ...]:
    """The memberships that hold these schools for the partnership. Raises SchoolTaken, with the `urns`."""
    refuse_taken(partnership, urns := tuple(urns), documents)
    return tuple(Membership(id=urn, partnership_id=partnership.id, since=now) for urn in urns)


def refuse_taken(partnership: Partnership, urns: Iterable[str], documents: Documents) -> None:
    """Raises SchoolTaken when another partnership holds one of the schools."""
    taken = [
        urn
        for urn in urns
        if (held := documents.get(Membership, urn)) is not None and held.partnership_id not in (None, partnership.id)
    ]
    if taken:
        raise SchoolTaken(f"In another partnership: {', '.join(taken)}.", urns=taken)


def freed(partnership: Partnership, urns: Iterable[str], documents: Documents, now: datetime) -> tuple[Membership, ...]:
    """The memberships that let go of these schools, as far as the partnership holds them."""
    held = (documents.get(Membership, urn) for urn in urns)
    return tuple(
        membership.model_copy(update={"partnership_id": None, "since": now})
        for membership in held
        if membership is not None and membership.partnership_id == partnership.id
    )


def members_changed(partnership: Partnership) -> PartnershipMembersChanged:
    """Tells who belongs to it now."""
    return PartnershipMembersChanged(
        partnership_id=partnership.id, lead_urn=partnership.lead_urn, school_urns=partnership.accepted
    )
