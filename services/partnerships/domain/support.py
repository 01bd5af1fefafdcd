"""Who stands beside a partnership: its adviser, and the sponsors whose pots have given it money."""

from __future__ import annotations

from datetime import datetime

from services.partnerships.domain.life_cycle import OFFICER
from services.partnerships.domain.partnership import Actor, Partnership, SponsorName, permit, stepped
from services.partnerships.domain.sponsor import Sponsor
from shared.decision import Decision


def advise(partnership: Partnership, adviser_id: str | None, actor: Actor, now: datetime) -> Decision[Partnership]:
    """Name the officer who advises it, by account id; None: nobody does. Raises NotFound, NotAllowed."""
    permit((OFFICER,), actor, partnership)
    if partnership.adviser_id == adviser_id:
        return Decision(partnership)
    named = partnership.model_copy(update={"adviser_id": adviser_id})
    after, step = stepped(named, "name-adviser", actor, now)
    return Decision(after, after, (step,))


def support(partnership: Partnership, sponsor: Sponsor) -> Decision[None]:
    """One of the sponsor's pots has given it money: the sponsor is one of its own from now on."""
    known = SponsorName(id=sponsor.id, name=sponsor.name)
    if known in partnership.sponsors:
        return Decision(None)
    sponsors = sorted((*partnership.sponsors, known), key=lambda one: (one.name, one.id))
    return Decision(None, partnership.model_copy(update={"sponsors": tuple(sponsors)}))
