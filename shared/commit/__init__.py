"""The one door for every write: group commit of decisions, their events, idempotency rows and inbox marks.

Guarantees
- All or nothing: the root, side documents, events (outbox rows), the idempotency row and the inbox mark of a decision
  are written in one transaction, majority and journaled, before the caller has its answer.
- One writer per process takes all that waits, reads each root once, decides in order of arrival on the state in memory
  and writes everything together; a refusal concerns only its caller.
- Another writer's commit (a replica) is noticed by the root's version: everything is read and decided again.
- The same idempotency key or inbox mark takes effect once, whichever replica sees it, and gets the stored answer.
- Changes under turns (shared.commit.turn) take effect in their order or not at all, also within one transaction.
- A caller is told the truth: an answer (written), a Refusal (not written), Unavailable (not written) or OutcomeUnknown.
- Events of an aggregate are numbered 1, 2, 3 … in commit order, and their identifiers sort in that order.
"""

from shared.commit.cause import Cause, Idempotency, InboxMark
from shared.commit.door import AlreadyExists, Door, DoorMetrics, NoMetrics
from shared.commit.rows import DOOR_DOCUMENTS, IdempotencyRow, InboxRow
from shared.commit.turn import OutOfTurn, Turn, TurnTakenTwice

__all__ = [
    "DOOR_DOCUMENTS",
    "AlreadyExists",
    "Cause",
    "Door",
    "DoorMetrics",
    "Idempotency",
    "IdempotencyRow",
    "InboxMark",
    "InboxRow",
    "NoMetrics",
    "OutOfTurn",
    "Turn",
    "TurnTakenTwice",
]
