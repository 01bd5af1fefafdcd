"""What an ambassador's own record notes of invitations and visits: fair load and yearly activity are decided by it."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.ambassadors.domain.ambassador import Ambassador, Engagement, Status
from services.ambassadors.domain.change import SYSTEM, Change
from services.ambassadors.domain.standing import changing, settled
from shared.decision import Decision, Documents

KEPT_DAYS = 2 * 366


def invited(
    ambassador: Ambassador, documents: Documents, now: datetime, *, request_id: str, expires_at: datetime
) -> Decision[Ambassador]:
    """Note an invitation that waits for an answer."""
    change = changing(ambassador, documents, now, SYSTEM)
    live = {key: until for key, until in change.root.invitations.items() if until > now}
    change.update(invitations={**live, request_id: expires_at}, invited_at=now)
    return settled(change)


def answered(ambassador: Ambassador, documents: Documents, now: datetime, *, request_id: str) -> Decision[Ambassador]:
    """Note that an invitation does not wait any more."""
    change = changing(ambassador, documents, now, SYSTEM)
    _forget_invitation(change, request_id)
    return settled(change)


def agreed(
    ambassador: Ambassador, documents: Documents, now: datetime, *, request_id: str, engagement: Engagement
) -> Decision[Ambassador]:
    """Note a visit that was agreed."""
    change = changing(ambassador, documents, now, SYSTEM)
    _forget_invitation(change, request_id)
    _note(change, engagement)
    return settled(change)


def off(ambassador: Ambassador, documents: Documents, now: datetime, *, visit_id: str) -> Decision[Ambassador]:
    """Note that somebody else goes, or nobody."""
    change = changing(ambassador, documents, now, SYSTEM)
    if visit_id in change.root.engagements:
        left = {key: found for key, found in change.root.engagements.items() if key != visit_id}
        change.update(engagements=left)
    return settled(change)


def delivered(
    ambassador: Ambassador, documents: Documents, now: datetime, *, engagement: Engagement
) -> Decision[Ambassador]:
    """Note a visit that took place: it keeps the status for another year."""
    change = changing(ambassador, documents, now, SYSTEM)
    _note(change, engagement)
    return settled(change)


def _note(change: Change[Ambassador], engagement: Engagement) -> None:
    if change.root.status is Status.LEFT:
        return
    since = change.now - timedelta(days=KEPT_DAYS)
    kept = {key: found for key, found in change.root.engagements.items() if found.starts_at > since}
    change.update(engagements={**kept, engagement.visit_id: engagement})


def _forget_invitation(change: Change[Ambassador], request_id: str) -> None:
    if request_id in change.root.invitations:
        left = {key: until for key, until in change.root.invitations.items() if key != request_id}
        change.update(invitations=left)
