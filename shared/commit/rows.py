"""What the door keeps for itself beside a service's documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.database import Index
from shared.decision import Document
from shared.messaging.outbox import OUTBOX_INDEXES, OutboxRow

KEEP_IDEMPOTENCY = timedelta(days=7)
KEEP_INBOX = timedelta(days=30)


class IdempotencyRow(Document):
    """The stored answer of a request. `reply` is the reply document as JSON, `reply_kind` its collection."""

    collection = "idempotency"
    fingerprint: str
    reply_kind: str | None
    reply: str | None
    made_at: datetime


class InboxRow(Document):
    """An effect that has happened: id is event id, subscription and aggregate."""

    collection = "inbox"
    made_at: datetime


DOOR_DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    OutboxRow: OUTBOX_INDEXES,
    IdempotencyRow: (Index((("made_at", 1),), expire_seconds=int(KEEP_IDEMPOTENCY.total_seconds())),),
    InboxRow: (Index((("made_at", 1),), expire_seconds=int(KEEP_INBOX.total_seconds())),),
}
