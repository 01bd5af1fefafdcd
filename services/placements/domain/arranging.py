"""From an accepted application to an agreement that can be signed: the school's cover, the bursary, the draft.

Whether each has to be asked is known when the placement is made; the answers arrive as events. One that comes when the
placement has ended meanwhile changes nothing: the cancellation has told those who hold money and cover.
"""

from __future__ import annotations

from datetime import datetime

from services.placements.domain.application import Step
from services.placements.domain.placement import (
    PARTIES,
    SYSTEM,
    Match,
    Particulars,
    Placement,
    PlacementStatus,
    Version,
)
from services.placements.domain.progress import Progress
from services.placements.domain.terms import Terms
from shared.contracts.placements import PlacementCoverAsked, PlacementFundsAsked
from shared.decision import Decision, Documents

_S = PlacementStatus


def arrange(
    placement: Placement | None,
    documents: Documents,
    now: datetime,
    *,
    placement_id: str,
    match: Match,
    terms: Terms,
    guarded: bool,
) -> Decision[None]:
    """Make the placement of an accepted application; a second time changes nothing. `guarded`: ask for cover first."""
    if placement is not None:
        return Decision(None)
    step = Step(at=now, verb="match", status=_S.MATCHED.value, reason="The teacher has accepted.", by=SYSTEM)
    fresh = Placement(id=placement_id, match=match, terms=terms, status=_S.MATCHED, matched_at=now, history=(step,))
    progress = Progress(fresh, documents, now, SYSTEM)
    progress.update()
    if guarded:
        ask_for_cover(progress, already_agreed=False)
    else:
        _ask_for_funds(progress)
    return progress.decision(None)


def cover_granted(placement: Placement, documents: Documents, now: datetime) -> Decision[None]:
    """The school can spare the teacher: go on to the money."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status is _S.MATCHED and progress.placement.cover == "asked":
        progress.update(cover="granted")
        _ask_for_funds(progress)
    return progress.decision(None)


def cover_refused(placement: Placement, documents: Documents, now: datetime, *, reason: str) -> Decision[None]:
    """The school cannot spare the teacher: the placement comes to nothing."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status is _S.MATCHED:
        progress.end("refuse-cover", "school", "The school cannot spare the teacher.", reason)
    return progress.decision(None)


def funds_reserved(placement: Placement, documents: Documents, now: datetime) -> Decision[None]:
    """The bursary pays: draft the agreement."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status is _S.MATCHED and progress.placement.funds == "asked":
        progress.update(funds="granted")
        _draft(progress)
    return progress.decision(None)


def funds_refused(placement: Placement, documents: Documents, now: datetime, *, reason: str) -> Decision[None]:
    """The bursary does not pay: the placement comes to nothing."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status is _S.MATCHED:
        progress.end("refuse-funds", "programme", "The bursary cannot pay for it.", reason)
    return progress.decision(None)


def tell_guard(placement: Placement, documents: Documents, now: datetime) -> Decision[None]:
    """The school guards its cover from now on: tell it of a placement that was agreed before."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.cover == "not-needed" and progress.placement.due_at is not None:
        ask_for_cover(progress, already_agreed=True)
    return progress.decision(None)


def ask_for_cover(progress: Progress, *, already_agreed: bool) -> None:
    """Ask the school whether it can spare the teacher, or tell it on which days the teacher is away."""
    placement = progress.placement
    progress.update(cover="granted" if already_agreed else "asked")
    progress.say(
        PlacementCoverAsked(
            placement_id=placement.id,
            school_urn=placement.match.school_urn,
            teacher_id=placement.match.teacher_id,
            days_out=placement.dates,
            already_agreed=already_agreed,
        )
    )


def _ask_for_funds(progress: Progress) -> None:
    match = progress.placement.match
    if match.partnership_id is None or match.amount_pence == 0:
        _draft(progress)
        return
    progress.update(funds="asked")
    progress.say(
        PlacementFundsAsked(
            placement_id=progress.placement.id,
            school_urn=match.school_urn,
            teacher_id=match.teacher_id,
            partnership_id=match.partnership_id,
            days=len(match.dates),
            amount_pence=match.amount_pence,
            starts_on=match.dates[0],
        )
    )


def _draft(progress: Progress) -> None:
    placement = progress.placement
    match = placement.match
    first = Version(
        number=1,
        text=placement.terms.agreement_text,
        particulars=Particulars(dates=match.dates, site=match.site, cover_pence_per_day=match.cover_pence_per_day),
        touches=PARTIES,
        made_at=progress.now,
        made_by=SYSTEM,
    )
    progress.move("draft-agreement", "It can be signed.", by=SYSTEM, versions=(first,))
