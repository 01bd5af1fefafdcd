"""How a placement is completed: the teacher hands in the reflection, the host says whether it will host again."""

from __future__ import annotations

from datetime import datetime

from services.placements.domain.party import Actor, permit
from services.placements.domain.placement import Placement, Reflection
from services.placements.domain.progress import Progress
from shared.contracts.placements import HostingAgainAnswered, PlacementCompleted
from shared.decision import Decision, Documents
from shared.refusals import Conflict


class HostNotAsked(Conflict):
    slug = "host-not-asked"
    title = "The host is asked whether it will host again once the days are settled."


def reflect(
    placement: Placement,
    documents: Documents,
    now: datetime,
    *,
    actor: Actor,
    text: str,
    pupils_to_reach: int | None,
) -> Decision[Placement]:
    """Hand in the reflection; late is better than never. Raises NotFound, WrongParty, WrongState."""
    permit(placement, actor, ["teacher"])
    progress = Progress(placement, documents, now, actor.subject)
    whole = len(progress.placement.done_on) == len(progress.placement.dates)
    progress.move(
        "reflect" if whole else "reflect-in-part",
        "The reflection was handed in.",
        reflection=Reflection(text=text, pupils_to_reach=pupils_to_reach, at=now),
        outcome="completed" if whole else "partially-completed",
    )
    tell_completed(progress)
    return progress.decision(progress.placement)


def tell_completed(progress: Progress) -> None:
    """The placement counts, with what holds now."""
    placement = progress.placement
    match = placement.match
    assert placement.outcome is not None  # noqa: S101 - for the type checker: the caller has set it
    progress.say(
        PlacementCompleted(
            placement_id=placement.id,
            employer_id=match.employer_id,
            school_urn=match.school_urn,
            teacher_id=match.teacher_id,
            partnership_id=match.partnership_id,
            subjects=match.subjects,
            outcome=placement.outcome,
            days_done=len(placement.done_on),
        )
    )


def answer_hosting_again(
    placement: Placement, documents: Documents, now: datetime, *, actor: Actor, hosts_again: bool
) -> Decision[Placement]:
    """The host says whether it will host again. Raises NotFound, WrongParty, HostNotAsked."""
    permit(placement, actor, ["host"])
    progress = Progress(placement, documents, now, actor.subject)
    if progress.placement.host_asked_at is None:
        raise HostNotAsked()
    if progress.placement.hosts_again != hosts_again:
        progress.update(hosts_again=hosts_again)
        progress.say(
            HostingAgainAnswered(
                placement_id=placement.id, employer_id=placement.match.employer_id, hosts_again=hosts_again
            )
        )
    return progress.decision(progress.placement)
