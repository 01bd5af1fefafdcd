"""Where a partnership stands: each verb of the life cycle that is asked for, with what it needs and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from services.partnerships.domain.account import Account, account_of
from services.partnerships.domain.eligibility import Verdict
from services.partnerships.domain.formation import refuse_ineligible
from services.partnerships.domain.life_cycle import ENDED, YEARS, MemberStatus, Status
from services.partnerships.domain.milestones import FINAL, MID_POINT, begun, report_keys
from services.partnerships.domain.partnership import (
    Actor,
    Partnership,
    claimed,
    freed,
    moved,
    refuse_taken,
    stepped,
)
from services.partnerships.domain.planned import ActionPlan
from services.partnerships.domain.policy import forming_policy
from services.partnerships.domain.progress_report import ProgressReport, ReportStatus
from services.partnerships.domain.review import Review, review
from shared.contracts.event import Event
from shared.contracts.partnerships import (
    PartnershipActivated,
    PartnershipAgreementSigned,
    PartnershipApproved,
    PartnershipChangesRequested,
    PartnershipDeclined,
    PartnershipEnded,
    PartnershipJoinedAlumni,
    PartnershipMidPointReached,
    PartnershipReviewStarted,
    PartnershipSubmitted,
    PartnershipWithdrawn,
)
from shared.decision import Decision, Document, Documents, Read
from shared.refusals import Conflict

BOTH_YEARS_DONE = "both years are done and the final review is over"
EXPLAINED = "explained to the schools by a programme officer"
"""What events say instead of an officer's own words, which may name people and stay with the partnership."""


FIRST_YEAR, SECOND_YEAR = YEARS


class WrongNumberOfSchools(Conflict):
    slug = "wrong-number-of-schools"
    title = "A partnership is submitted by a limited number of schools that have accepted."


class InvitationsOpen(Conflict):
    slug = "invitations-open"
    title = "Every invited school must have answered, or its invitation be taken back, before submission."


class ReviewOutOfTurn(Conflict):
    slug = "review-out-of-turn"
    title = "The mid-point review is held once, in the first year, and the final review after it."


def submit(
    partnership: Partnership,
    documents: Documents,
    verdicts: Mapping[str, Verdict],
    actor: Actor,
    now: datetime,
) -> Decision[Partnership]:
    """Hand the partnership in, if it meets the forming rule. `verdicts` says by URN who is eligible.

    Raises WrongNumberOfSchools, InvitationsOpen, SchoolsNotEligible, SchoolTaken.
    """
    status = moved(partnership, "submit", actor)
    policy = forming_policy(now.date())
    schools = partnership.accepted
    open_invitations = [member.urn for member in partnership.members if member.status is MemberStatus.INVITED]
    if open_invitations:
        raise InvitationsOpen(f"No answer yet: {', '.join(open_invitations)}.", urns=open_invitations)
    if not policy.fewest <= len(schools) <= policy.most:
        raise WrongNumberOfSchools(
            f"{len(schools)} schools have accepted; it takes {policy.fewest} to {policy.most}.",
            schools=len(schools),
            fewest=policy.fewest,
            most=policy.most,
        )
    refuse_ineligible(verdicts, schools)
    refuse_taken(partnership, schools, documents)
    told = PartnershipSubmitted(partnership_id=partnership.id, lead_urn=partnership.lead_urn, school_urns=schools)
    after = partnership.model_copy(update={"status": status, "policy": policy.version, "reason": None})
    return _step(after, "submit", actor, now, (told,))


def withdraw(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Take it back before it is decided on."""
    after = partnership.model_copy(update={"status": moved(partnership, "withdraw", actor)})
    return _step(after, "withdraw", actor, now, (PartnershipWithdrawn(partnership_id=partnership.id),))


def start_review(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Take it into review."""
    after = partnership.model_copy(update={"status": moved(partnership, "start-review", actor)})
    return _step(after, "start-review", actor, now, (PartnershipReviewStarted(partnership_id=partnership.id),))


def request_changes(partnership: Partnership, reason: str, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Give it back with what has to change."""
    status = moved(partnership, "request-changes", actor)
    after = partnership.model_copy(update={"status": status, "reason": reason})
    told = PartnershipChangesRequested(partnership_id=partnership.id, reason=EXPLAINED)
    return _step(after, "request-changes", actor, now, (told,), reason=reason)


def approve(partnership: Partnership, documents: Documents, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Approve it, and hold its schools. Raises SchoolTaken when another partnership was faster."""
    status = moved(partnership, "approve", actor)
    claims = claimed(partnership, partnership.accepted, documents, now)
    after = partnership.model_copy(update={"status": status})
    told = PartnershipApproved(
        partnership_id=partnership.id, lead_urn=partnership.lead_urn, school_urns=partnership.accepted
    )
    return _step(after, "approve", actor, now, (told,), claims)


def decline(partnership: Partnership, reason: str, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Turn it down for good."""
    after = partnership.model_copy(update={"status": moved(partnership, "decline", actor), "reason": reason})
    told = PartnershipDeclined(partnership_id=partnership.id, reason=EXPLAINED)
    return _step(after, "decline", actor, now, (told,), reason=reason)


def sign_agreement(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Note that the agreement is signed."""
    after = partnership.model_copy(update={"status": moved(partnership, "sign-agreement", actor)})
    return _step(after, "sign-agreement", actor, now, (PartnershipAgreementSigned(partnership_id=partnership.id),))


def activate(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Let its schools use its funds, and begin its first year. Raises FirstYearOutOfTurn."""
    after = begun(partnership.model_copy(update={"status": moved(partnership, "activate", actor)}), now)
    return _step(after, "activate", actor, now, (_activated(after),))


def suspend(partnership: Partnership, reason: str, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Take no new commitments until it is resumed; its schools stay its own."""
    update = {"status": moved(partnership, "suspend", actor), "suspended_from": partnership.status, "reason": reason}
    after = partnership.model_copy(update=update)
    return _step(after, "suspend", actor, now, (_ended(after, "suspended"),), reason=reason)


def resume(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Go on after a suspension, where it was. What has fallen due meanwhile, the schedule sees at once."""
    status = moved(partnership, partnership.resuming, actor)
    after = partnership.model_copy(update={"status": status, "suspended_from": None, "reason": None, "due_at": now})
    return _step(after, "resume", actor, now, (_activated(after),))


def terminate(
    partnership: Partnership, documents: Documents, reason: str, actor: Actor, now: datetime
) -> Decision[Partnership]:
    """End it early and let its schools go."""
    after = _over(partnership, moved(partnership, "terminate", actor), now).model_copy(update={"reason": reason})
    free = freed(partnership, partnership.accepted, documents, now)
    return _step(after, "terminate", actor, now, (_ended(after, "terminated"),), free, reason=reason)


def mark(partnership: Partnership, *, at_risk: bool) -> Decision[None]:
    """Keep whether its plan has fallen behind, as long as it goes on."""
    if partnership.status in ENDED or partnership.at_risk == at_risk:
        return Decision(None)
    return Decision(None, partnership.model_copy(update={"at_risk": at_risk}))


def start_mid_point_review(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Look at the first year. Raises ReviewOutOfTurn."""
    status = moved(partnership, "start-mid-point-review", actor)
    if partnership.year != FIRST_YEAR:
        raise ReviewOutOfTurn(year=partnership.year)
    after = _no_longer_late(partnership.model_copy(update={"status": status}), MID_POINT)
    return _step(after, "start-mid-point-review", actor, now)


def reads_review(partnership: Partnership | None) -> tuple[Read, ...]:
    """The plan, the account and the reports: what a review has before it."""
    if partnership is None:
        return ()
    reports = ((ProgressReport, key) for key in report_keys(partnership.id).values())
    return ((ActionPlan, partnership.id), (Account, partnership.id), *reports)


def go_on(
    partnership: Partnership, documents: Documents, findings: str, actor: Actor, now: datetime
) -> Decision[Partnership]:
    """The mid-point review is over: go into the second year. Or the final one was too early: go on with it.

    What it had before it is kept.
    """
    status = moved(partnership, "continue", actor)
    after = partnership.model_copy(update={"status": status, "year": SECOND_YEAR, "due_at": now})
    mid_point = partnership.status is Status.MID_POINT_REVIEW
    told = (PartnershipMidPointReached(partnership_id=partnership.id),) if mid_point else ()
    seen = _seen(partnership, documents, now)
    return _step(after, "continue", actor, now, told, reason=findings, review=seen)


def start_final_review(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Look at both years. Raises ReviewOutOfTurn."""
    status = moved(partnership, "start-final-review", actor)
    if partnership.year != SECOND_YEAR:
        raise ReviewOutOfTurn(year=partnership.year)
    after = _no_longer_late(partnership.model_copy(update={"status": status}), FINAL)
    return _step(after, "start-final-review", actor, now)


def complete(
    partnership: Partnership, documents: Documents, findings: str, actor: Actor, now: datetime
) -> Decision[Partnership]:
    """The final review is over: end it as planned, and let its schools go. What is owed stays owed.

    What the review had before it is kept.
    """
    after = _over(partnership, moved(partnership, "complete", actor), now)
    free = freed(partnership, partnership.accepted, documents, now)
    seen = _seen(partnership, documents, now)
    return _step(after, "complete", actor, now, (_ended(after, "completed"),), free, reason=findings, review=seen)


def join_alumni(partnership: Partnership, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Stay with the programme after its end."""
    after = partnership.model_copy(update={"status": moved(partnership, "join-alumni", actor)})
    told = PartnershipJoinedAlumni(
        partnership_id=partnership.id, lead_urn=partnership.lead_urn, school_urns=partnership.accepted
    )
    return _step(after, "join-alumni", actor, now, (told,))


def _seen(partnership: Partnership, documents: Documents, now: datetime) -> Review:
    reports = (documents.get(ProgressReport, key) for key in report_keys(partnership.id).values())
    accepted = sum(report is not None and report.status is ReportStatus.ACCEPTED for report in reports)
    account = account_of(documents.get(Account, partnership.id), partnership.id)
    return review(documents.get(ActionPlan, partnership.id), account, accepted, now.date())


def _no_longer_late(partnership: Partnership, review: str) -> Partnership:
    """A review has begun: it is late no more."""
    late = tuple(name for name in partnership.overdue if name != review)
    return partnership.model_copy(update={"overdue": late})


def _over(partnership: Partnership, status: Status, now: datetime) -> Partnership:
    """The partnership on its last day: nothing falls due any more."""
    over = {"status": status, "ended_on": now.date(), "at_risk": False, "overdue": (), "due_at": None}
    return partnership.model_copy(update=over)


def _activated(partnership: Partnership) -> PartnershipActivated:
    return PartnershipActivated(
        partnership_id=partnership.id, lead_urn=partnership.lead_urn, school_urns=partnership.accepted
    )


def _ended(partnership: Partnership, status: Literal["suspended", "terminated", "completed"]) -> PartnershipEnded:
    reason = BOTH_YEARS_DONE if status == "completed" else EXPLAINED
    return PartnershipEnded(partnership_id=partnership.id, status=status, reason=reason)


def _step(
    partnership: Partnership,
    verb: str,
    actor: Actor,
    now: datetime,
    events: tuple[Event, ...] = (),
    documents: tuple[Document, ...] = (),
    *,
    reason: str | None = None,
    review: Review | None = None,
) -> Decision[Partnership]:
    after, step = stepped(partnership, verb, actor, now, reason=reason)
    kept = step.model_copy(update={"review": review})
    return Decision(after, after, (kept, *documents), events)
