"""Who belongs to a partnership: drafting, inviting, accepting, leaving, handing over the lead.

Members change while the partnership is being formed and once it is approved; in between, what is under review stays as
it was submitted. From approval on, whoever joins is claimed and whoever goes is let go in the same decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.partnerships.domain.eligibility import Verdict
from services.partnerships.domain.life_cycle import (
    FORMING,
    HEARD_OF,
    HOLDING,
    INSIDE,
    LEAD,
    MEMBERSHIP,
    OFFICER,
    MemberStatus,
)
from services.partnerships.domain.partnership import (
    Actor,
    Member,
    Membership,
    Partnership,
    claimed,
    freed,
    members_changed,
    permit,
    stepped,
    with_member,
)
from services.partnerships.domain.policy import forming_policy
from shared.contracts.event import Event
from shared.decision import Decision, Document, Documents, Read
from shared.refusals import Conflict, Invalid, NotAllowed


class SchoolUnknown(Invalid):
    slug = "school-unknown"
    title = "The register knows no school with this URN."


class MembersFixed(Conflict):
    slug = "members-fixed"
    title = "Members change while a partnership is formed or once it is approved, not in between or after its end."


class LeadMustStay(Conflict):
    slug = "lead-must-stay"
    title = "The lead school cannot leave: hand the lead over first."


class NotAMember(Conflict):
    slug = "not-a-member"
    title = "The school does not belong to this partnership."


class PartnershipTooLarge(Conflict):
    slug = "partnership-too-large"
    title = "The partnership has as many schools as the policy allows."


class SchoolsNotEligible(Conflict):
    slug = "schools-not-eligible"
    title = "Every school of a partnership must be eligible."


def draft(partnership_id: str, name: str, lead_urn: str, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Start a partnership, with its lead school as the first member. Raises NotAllowed."""
    if not actor.officer and not (actor.speaks_for_school and actor.school_urn == lead_urn):
        raise NotAllowed("A partnership is drafted by its lead school or a programme officer.", roles=[LEAD, OFFICER])
    lead = Member(urn=lead_urn, status=MemberStatus.ACCEPTED, since=now)
    partnership = Partnership(
        id=partnership_id,
        name=name,
        lead_urn=lead_urn,
        members=(lead,),
        school_urns=(lead_urn,),
        created_at=now,
        changed_at=now,
    )
    after, step = stepped(partnership, "draft", actor, now, school_urn=lead_urn)
    return Decision(after, after, (step,))


def invite(partnership: Partnership, urn: str, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Ask a school in. Raises MembersFixed, PartnershipTooLarge, and what the tables refuse."""
    status = _next_member_status(partnership, urn, "invite", actor)
    inside = sum(member.status in INSIDE for member in partnership.members)
    largest = forming_policy(now.date()).largest
    if inside >= largest:
        raise PartnershipTooLarge(largest=largest)
    return _changed(with_member(partnership, urn, status, now), "invite", urn, actor, now)


def accept(
    partnership: Partnership,
    documents: Documents,
    urn: str,
    verdicts: Mapping[str, Verdict],
    actor: Actor,
    now: datetime,
) -> Decision[Partnership]:
    """Join. Into an approved partnership only an eligible school that is free can."""
    status = _next_member_status(partnership, urn, "accept", actor)
    claims: tuple[Document, ...] = ()
    if partnership.status in HOLDING:
        refuse_ineligible(verdicts, (urn,))
        claims = claimed(partnership, (urn,), documents, now)
    return _changed(with_member(partnership, urn, status, now), "accept", urn, actor, now, claims)


def decline(partnership: Partnership, urn: str, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Turn the invitation down; possible at any time."""
    status = _next_member_status(partnership, urn, "decline", actor, at_any_time=True)
    return _changed(with_member(partnership, urn, status, now), "decline-invitation", urn, actor, now)


def depart(
    partnership: Partnership, documents: Documents, urn: str, verb: str, actor: Actor, now: datetime
) -> Decision[Partnership]:
    """A school leaves (`verb` "leave") or is removed ("remove"); its invitation may be taken back in the same way."""
    status = _next_member_status(partnership, urn, verb, actor)
    if urn == partnership.lead_urn:
        raise LeadMustStay()
    return _changed(
        with_member(partnership, urn, status, now), verb, urn, actor, now, freed(partnership, (urn,), documents, now)
    )


def hand_over(partnership: Partnership, urn: str, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Make another member the lead school. Raises NotAMember."""
    permit((LEAD, OFFICER), actor, partnership)
    _refuse_fixed(partnership)
    if urn not in partnership.accepted:
        raise NotAMember(field="school_urn", urn=urn)
    after = partnership.model_copy(update={"lead_urn": urn})
    return _changed(after, "hand-over-lead", urn, actor, now, changed=after != partnership)


def succeed(
    partnership: Partnership, documents: Documents, urn: str, successor_urn: str, now: datetime
) -> Decision[None]:
    """A school goes on under a new URN: its place, its lead and its claim follow it; so does what it was, once it left.

    So does one that is only known as what a school of this partnership goes on as. Never raises, since the register has
    spoken; a successor that another partnership holds is not taken from it.
    """
    member = partnership.member(urn)
    if member is None and urn in partnership.school_urns:
        known = with_member(partnership, urn, MemberStatus.SUCCEEDED, now, successor_urn)
        return _succeeded(known, urn, now)
    if member is None or member.successor_urn is not None:
        return Decision(None)
    if not MEMBERSHIP.allows(member.status, "succeed"):
        return _succeeded(with_member(partnership, urn, member.status, member.since, successor_urn), urn, now)
    belongs = member.status is MemberStatus.ACCEPTED
    if belongs and partnership.status in HOLDING and _taken(partnership, successor_urn, documents):
        reason = f"Its successor {successor_urn} belongs to another partnership, and is not taken from it."
        noted = with_member(partnership, urn, member.status, member.since, successor_urn)
        return _succeeded(noted, urn, now, reason=reason)
    after = with_member(partnership, urn, MEMBERSHIP.next(member.status, "succeed"), now, successor_urn)
    there = after.member(successor_urn)
    if there is None or there.status not in INSIDE or belongs:
        after = with_member(after, successor_urn, member.status, now)
    if partnership.lead_urn == urn:
        after = after.model_copy(update={"lead_urn": successor_urn})
    memberships: tuple[Membership, ...] = ()
    if belongs and partnership.status in HOLDING:
        memberships = (
            *freed(partnership, (urn,), documents, now),
            Membership(id=successor_urn, partnership_id=partnership.id, since=now),
        )
    return _succeeded(after, successor_urn, now, memberships, told=belongs)


def _taken(partnership: Partnership, urn: str, documents: Documents) -> bool:
    held = documents.get(Membership, urn)
    return held is not None and held.partnership_id not in (None, partnership.id)


def _succeeded(
    partnership: Partnership,
    urn: str,
    now: datetime,
    memberships: tuple[Membership, ...] = (),
    *,
    told: bool = False,
    reason: str | None = None,
) -> Decision[None]:
    step = _changed(partnership, "succeed", urn, Actor(subject="system"), now, memberships, changed=told, reason=reason)
    return Decision(None, step.root, step.documents, step.events)


def reads_member(urn: str) -> tuple[Read, ...]:
    """The membership document of one school."""
    return ((Membership, urn),)


def refuse_ineligible(verdicts: Mapping[str, Verdict], urns: tuple[str, ...]) -> None:
    """Raises SchoolsNotEligible with each school's reason codes; a school without a verdict is not in the register."""
    reasons = []
    for urn in urns:
        verdict = verdicts.get(urn)
        if verdict is None:
            reasons.append(f"{urn}: not-in-register")
        elif not verdict.eligible:
            reasons.append(f"{urn}: {', '.join(reason.code for reason in verdict.reasons)}")
    if reasons:
        raise SchoolsNotEligible(f"Not eligible: {'; '.join(reasons)}.", reasons=reasons)


def _next_member_status(
    partnership: Partnership, urn: str, verb: str, actor: Actor, *, at_any_time: bool = False
) -> MemberStatus:
    permit((row.by for row in MEMBERSHIP.rows if row.verb == verb), actor, partnership, urn)
    if not at_any_time:
        _refuse_fixed(partnership)
    member = partnership.member(urn)
    return MEMBERSHIP.next(MemberStatus.UNKNOWN if member is None else member.status, verb)


def _refuse_fixed(partnership: Partnership) -> None:
    if partnership.status not in FORMING and partnership.status not in HOLDING:
        raise MembersFixed(state=partnership.status.value)


def _changed(
    partnership: Partnership,
    verb: str,
    urn: str,
    actor: Actor,
    now: datetime,
    memberships: tuple[Document, ...] = (),
    *,
    changed: bool | None = None,
    reason: str | None = None,
) -> Decision[Partnership]:
    after, step = stepped(partnership, verb, actor, now, school_urn=urn, reason=reason)
    told = bool(memberships) if changed is None else changed
    events: tuple[Event, ...] = (members_changed(after),) if told and after.status in HEARD_OF else ()
    return Decision(after, after, (step, *memberships), events)
