"""The outbox: events written in the same transaction as the state they tell of, waiting to be published.

Guarantee: a committed decision's events are here, once, and stay at least seven days after they were published, so that
they can be published again when the broker has lost them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.contracts.event import TriggeredBy
from shared.database import Index
from shared.decision import Document


class OutboxRow(Document):
    """One event on its way out. `id` is the event's id; ids sort in event order within an aggregate.

    `body` is the event as JSON text, published as it is. `partition`, `offset`, `published_at` and `epoch` (the lease
    epoch of the relay that published it) are set once the broker has acknowledged it.
    """

    collection = "outbox"
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
    Index((("id", 1),), only={"state": "waiting"}),
    Index((("partition", 1), ("offset", 1))),
    Index((("published_at", 1),)),
)
