"""From an accepted application to an agreement that can be signed: the school's cover, the bursary, the draft.

Whether each has to be asked is known when the placement is made; the answers arrive as events. One that comes when the
placement has ended meanwhile changes nothing: the cancellation has told those who hold money and cover. A bursary that
is refused ends the placement unless it is agreed in time to go on at the school's own cost.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from services.placements.domain.application import Step
from services.placements.domain.diary import entered
from services.placements.domain.party import Actor, permit
from services.placements.domain.placement import (
    BEFORE,
    PARTIES,
    SYSTEM,
    Match,
    Particulars,
    Placement,
    PlacementStatus,
    Version,
    unsigned,
)
from services.placements.domain.progress import Progress
from services.placements.domain.terms import Terms
from shared.contracts.placements import (
    PlacementCoverAsked,
    PlacementFundsAsked,
    PlacementOwnCostAgreed,
    PlacementOwnCostAsked,
)
from shared.decision import Decision, Documents

_S = PlacementStatus

NOT_OF_IT: Final = ("not-a-member", "partnership-not-active")
"""A bursary that is refused for these is of a partnership that the placement does nothing for."""


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
    """The school can spare the teacher: go on to the money, or with the days of an amendment."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status in BEFORE and progress.placement.cover == "asked":
        progress.update(cover="granted")
        if progress.placement.status is _S.MATCHED:
            _ask_for_funds(progress)
        else:
            _enter(progress)
    return progress.decision(None)


def cover_refused(placement: Placement, documents: Documents, now: datetime, *, reason: str) -> Decision[None]:
    """The school cannot spare the teacher: the placement comes to nothing, or the days of an amendment do."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status is _S.MATCHED:
        progress.end("refuse-cover", "school", "The school cannot spare the teacher.", reason)
    elif progress.placement.status in BEFORE and progress.placement.cover == "asked":
        _undo_amendment(progress)
    return progress.decision(None)


def funds_reserved(placement: Placement, documents: Documents, now: datetime) -> Decision[None]:
    """The bursary pays: draft the agreement."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status is _S.MATCHED and progress.placement.funds == "asked":
        progress.update(funds="granted")
        _draft(progress)
    return progress.decision(None)


def funds_refused(
    placement: Placement, documents: Documents, now: datetime, *, reason: str, days: int
) -> Decision[None]:
    """The bursary does not pay: it comes to nothing unless somebody says within so many days that the school does."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.status is _S.MATCHED:
        by = min(now + timedelta(days=days), placement.ready_by)
        said = "The bursary cannot pay for it."
        progress.move("refuse-funds", said, funds="refused", reason_code=reason, own_cost_by=by)
        progress.say(
            PlacementOwnCostAsked(
                placement_id=placement.id,
                school_urn=placement.match.school_urn,
                teacher_id=placement.match.teacher_id,
                reason_code=reason,
                answer_due_at=by,
            )
        )
    return progress.decision(None)


def go_on_at_own_cost(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor
) -> Decision[Placement]:
    """Teacher or school would rather bear the cost than let it end. Raises NotFound, WrongParty, WrongState.

    It still belongs to its partnership, unless that is why the bursary was refused; the school still has to sign.
    """
    permit(placement, actor, ["teacher", "school"])
    progress = Progress(placement, documents, now, actor.subject)
    _draft(progress, "go-on", "It goes on at the school's own cost.", by=actor.subject)
    update: dict[str, object] = {"amount_pence": 0}
    if placement.reason_code in NOT_OF_IT:
        update["partnership_id"] = None
    match = progress.placement.match.model_copy(update=update)
    progress.update(match=match, funds="own-cost", own_cost_by=None, reason_code=None)
    progress.say(
        PlacementOwnCostAgreed(placement_id=placement.id, school_urn=match.school_urn, teacher_id=match.teacher_id)
    )
    return progress.decision(progress.placement)


def tell_guard(placement: Placement, documents: Documents, now: datetime) -> Decision[None]:
    """The school guards its cover from now on: tell it of a placement that was agreed before."""
    progress = Progress(placement, documents, now, SYSTEM)
    if progress.placement.cover == "not-needed" and progress.placement.due_at is not None:
        ask_for_cover(progress, already_agreed=True)
    return progress.decision(None)


def ask_for_cover(progress: Progress, *, already_agreed: bool, days: tuple[date, ...] | None = None) -> None:
    """Ask the school whether it can spare the teacher, or tell it on which days the teacher is away: all, or these."""
    placement = progress.placement
    progress.update(cover="granted" if already_agreed else "asked")
    progress.say(
        PlacementCoverAsked(
            placement_id=placement.id,
            school_urn=placement.match.school_urn,
            teacher_id=placement.match.teacher_id,
            days_out=placement.dates if days is None else days,
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


def _enter(progress: Progress) -> None:
    """The diary keeps the days that are agreed, and those no more that an amendment was to replace."""
    placement = progress.placement
    progress.enter(entered(progress.documents, placement.match.teacher_id, placement.id, placement.dates))


def _undo_amendment(progress: Progress) -> None:
    """What was agreed before holds again, as a version of its own: nobody is to sign one that was read differently."""
    *_, before, refused = progress.placement.versions
    again = before.model_copy(
        update={
            "number": refused.number + 1,
            "touches": refused.touches,
            "made_at": progress.now,
            "made_by": SYSTEM,
        }
    )
    progress.update(versions=(*progress.placement.versions, again), cover="granted")
    _enter(progress)
    verb = "amend-all" if len(unsigned(progress.placement)) == len(PARTIES) else "amend"
    progress.move(verb, "The school cannot spare the teacher on other days: what was agreed before holds.")


def _draft(
    progress: Progress, verb: str = "draft-agreement", reason: str = "It can be signed.", *, by: str = SYSTEM
) -> None:
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
    progress.move(verb, reason, by=by, versions=(first,))
