"""The three-party agreement: signed by teacher, school and host on one version; amended, and signed again by whom that
touches.

Which part of the agreement touches whom is policy data. A signature stays good while no later version touches its
party.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.placements.domain.arranging import ask_for_cover
from services.placements.domain.diary import entered
from services.placements.domain.party import Actor, permit
from services.placements.domain.placement import (
    PARTIES,
    PLACEMENT,
    Particulars,
    Party,
    Placement,
    Signature,
    Version,
    signed_by,
    unsigned,
)
from services.placements.domain.progress import Progress
from shared.contracts.placements import PlacementSigned
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Forbidden, Invalid

Touches = Mapping[str, tuple[Party, ...]]
PARTS = {"dates": "dates", "site": "site", "supervisor": "supervisor", "cover": "cover_pence_per_day", "note": "note"}
"""What the policy data calls each of the particulars."""


class AgreementChanged(Conflict):
    slug = "agreement-changed"
    title = "The agreement has a newer version than the one that you want to sign: read it first."


class AlreadySigned(Conflict):
    slug = "already-signed"
    title = "This party has signed already, and nothing that touches it has changed."


class SignedForAnother(Forbidden):
    slug = "signed-for-another-party"
    title = "You have signed for another party: each is signed for by a person of its own."


class CoverNotAnswered(Conflict):
    slug = "cover-not-answered"
    title = "The school is being asked whether it can spare the teacher on the days of the last amendment."


class NothingAmended(Invalid):
    slug = "nothing-amended"
    title = "An amendment changes something."


class AmendedDatesDoNotFit(Invalid):
    slug = "amended-dates-do-not-fit"
    title = "Amended days are in the future, within the dates of the offer, and as many as were accepted."


def sign(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor, party: Party, version: int
) -> Decision[Placement]:
    """Sign for a party.

    Raises NotFound, WrongParty, WrongState, CoverNotAnswered, AgreementChanged, AlreadySigned,
    SignedForAnother.
    """
    permit(placement, actor, [party])
    progress = Progress(placement, documents, now, actor.subject)
    current = progress.placement
    PLACEMENT.next(current.status, "sign")
    _refuse_unanswered(current)
    if version != current.versions[-1].number:
        raise AgreementChanged(version=current.versions[-1].number)
    if signed_by(current, party) is not None:
        raise AlreadySigned(party=party)
    _check_own_person(current, actor)
    signature = Signature(party=party, version=version, by=actor.subject, at=now)
    progress.update(signatures=(*current.signatures, signature))
    if unsigned(progress.placement):
        progress.move("sign", f"Signed for the {party}.")
        return progress.decision(progress.placement)
    progress.move("sign-last", f"Signed for the {party}.")
    progress.say(PlacementSigned(placement_id=placement.id, agreement_version=version))
    progress.look_at_compliance()
    return progress.decision(progress.placement)


def _check_own_person(placement: Placement, actor: Actor) -> None:
    """Three parties are three people. Raises SignedForAnother."""
    for other in PARTIES:
        signature = signed_by(placement, other)
        if signature is not None and signature.by == actor.subject:
            raise SignedForAnother(signed_for=other)


def amend(
    placement: Placement,
    documents: Documents,
    now: datetime,
    *,
    actor: Actor,
    changes: Mapping[str, Any],
    touches: Touches,
    reason: str,
) -> Decision[Placement]:
    """Make the next version of the agreement; the parties that it touches have to sign again.

    A school that guards its cover is asked about other days first. Raises NotFound, WrongParty, WrongState,
    CoverNotAnswered, NothingAmended, AmendedDatesDoNotFit, OverlappingPlacement.
    """
    permit(placement, actor, PARTIES, officer=True)
    progress = Progress(placement, documents, now, actor.subject)
    PLACEMENT.next(progress.placement.status, "amend-all")
    _refuse_unanswered(progress.placement)
    before = progress.placement.versions[-1]
    particulars = before.particulars.model_copy(update=dict(changes))
    changed = [
        part for part, field in PARTS.items() if getattr(particulars, field) != getattr(before.particulars, field)
    ]
    if not changed:
        raise NothingAmended()
    touched = {party for part in changed for party in touches[part]}
    version = Version(
        number=before.number + 1,
        text=before.text,
        particulars=particulars,
        touches=tuple(party for party in PARTIES if party in touched),
        made_at=now,
        made_by=actor.subject,
    )
    if "dates" in changed:
        _move_days(progress, particulars)
    progress.update(versions=(*progress.placement.versions, version), cleared_until=None)
    left = len(unsigned(progress.placement))
    progress.move("amend-all" if left == len(PARTIES) else "amend", reason)
    if "dates" in changed and progress.placement.cover != "not-needed":
        ask_for_cover(progress, already_agreed=False)
    return progress.decision(progress.placement)


def _refuse_unanswered(placement: Placement) -> None:
    if placement.cover == "asked":
        raise CoverNotAnswered()


def _move_days(progress: Progress, particulars: Particulars) -> None:
    match = progress.placement.match
    dates: tuple[date, ...] = particulars.dates
    if (
        len(dates) != len(match.dates)
        or len(set(dates)) != len(dates)
        or not match.opens_on <= dates[0] <= dates[-1] <= match.closes_on
        or dates[0] <= progress.today
    ):
        raise AmendedDatesDoNotFit(field="dates", days=len(match.dates))
    # Until the school has answered the former days are kept as well: they hold again if it says no.
    former = () if progress.placement.cover == "not-needed" else progress.placement.dates
    kept = tuple(sorted({*former, *dates}))
    progress.enter(entered(progress.documents, match.teacher_id, progress.placement.id, kept))
