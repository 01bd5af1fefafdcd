"""The outbox: events committed together with the state they tell about, on their way to the broker.

A row is written by the commit door in the transaction of its decision, sent and marked by the relay, and kept for at
least seven days after that, so that what the broker loses can be published again under the same identifier.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.event import TriggeredBy
from shared.database import Index
from shared.decision import Document


class OutboxRow(Document):
    """One event. `id` is the event's identifier, which sorts in event order within an aggregate (`subject`).

    `sequence` counts the aggregate's events from 1 without gaps; `body` is the event as JSON text, sent as it is.
    `partition` and `offset` say where the broker put it, `epoch` is the lease under which it was last sent or found
    lost: an owner of an older lease may not mark it any more.
    """

    collection: ClassVar[str] = "outbox"
    subject: str
    sequence: int
    type: str
    source: str
    time: datetime
    correlation_id: str
    causation_id: str
    triggered_by: TriggeredBy
    traceparent: str | None = None
    body: str
    state: Literal["waiting", "published"] = "waiting"
    partition: int | None = None
    offset: int | None = None
    published_at: datetime | None = None
    epoch: int | None = None


OUTBOX_INDEXES = (
    Index((("subject", 1), ("sequence", 1)), unique=True),
    Index((("state", 1), ("id", 1)), only={"state": "waiting"}),
    Index((("partition", 1), ("offset", 1)), only={"state": "published"}),
)
