"""What becomes of a school's cover when the school goes on under another URN: its rules and who is away go with it.

The predecessor's document is closed first, then taken over as a whole. Nothing is decided on a closed one any more, so
that nothing is written to it which the successor then lacks; what still names the old URN is decided at the new one.
"""

from __future__ import annotations

from datetime import datetime

from services.partnerships.domain.cover import Cover, current
from shared.contracts.cover import CoverGuardSet
from shared.contracts.event import Event
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Unavailable


class SchoolGoesOn(Conflict):
    slug = "school-goes-on-elsewhere"
    title = "The school goes on under another URN, and its cover with it."


class CoverClosed(Unavailable):
    """The school has gone on under another URN: whoever asks again finds the successor."""


def refuse_closed(cover: Cover | None) -> None:
    """Raises CoverClosed where nothing is decided any more."""
    if cover is not None and cover.successor_urn is not None:
        raise CoverClosed("The school has just gone on under another URN: nothing was written.")


def close(cover: Cover | None, urn: str, successor_urn: str) -> Decision[None]:
    """Decide nothing here any more, whether there were any rules yet or not."""
    before = cover or Cover(id=urn)
    if before.successor_urn is not None:
        return Decision(None)
    return Decision(None, before.model_copy(update={"successor_urn": successor_urn}))


def take_over(
    cover: Cover | None, documents: Documents, now: datetime, *, urn: str, predecessor_urn: str
) -> Decision[None]:
    """Go on with what the predecessor had. A successor that has rules of its own keeps them.

    That it is guarded is told also where it was before: what the predecessor has booked is the successor's now, and
    who hears of the rules tells of what it knows under any URN that the school had.
    """
    gone = documents.get(Cover, predecessor_urn)
    if gone is None:
        return Decision(None)
    left, before = current(gone, predecessor_urn, now), current(cover, urn, now)
    known = {absence.request for absence in before.absences}
    after = before.model_copy(
        update={
            "policy": before.policy if before.policy.guarded else left.policy,
            "absences": (*before.absences, *(one for one in left.absences if one.request not in known)),
            "overrides": (*before.overrides, *(one for one in left.overrides if one not in before.overrides)),
        }
    )
    if after.policy.guarded:
        events: tuple[Event, ...] = (CoverGuardSet(school_urn=urn, guarded=True),)
        return Decision(None, after, (), events)
    return Decision(None, None if after == before else after)
