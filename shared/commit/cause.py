"""Who set a change off, and what makes it happen only once."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.event import TriggeredBy


@dataclass(frozen=True, slots=True)
class Cause:
    """Who set a change off. causation_id is the id of the request, event or due time that directly caused it."""

    correlation_id: str
    causation_id: str
    triggered_by: TriggeredBy = "user"
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request's identity (who, what, which key) and the fingerprint of its body."""

    id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class InboxMark:
    """An event as seen by one subscription. It lets each aggregate be changed once by it."""

    event_id: str
    subscription: str
