"""A tiny aggregate for tests of what is shared: a till with a limit, and receipts beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from shared.commit import DOOR_DOCUMENTS
from shared.contracts.event import Event
from shared.database import Index
from shared.decision import Decision, Document, Documents, Root
from shared.refusals import Conflict


class TillFull(Conflict):
    slug = "till-full"
    title = "The till holds no more."


class Kind(StrEnum):
    """How it was paid."""

    CASH = "cash"
    CARD = "card"


class Till(Root):
    """Holds at most `limit`."""

    collection = "tills"
    limit: int
    total: int = 0


class Receipt(Document):
    """One payment."""

    collection = "receipts"
    till_id: str
    amount: int
    kind: Kind = Kind.CASH
    tags: tuple[str, ...] = ()
    number: int | None = None
    on: date | None = None
    at: datetime | None = None
    returned: bool = False


class Paid(Event):
    """A payment went into a till."""

    type: ClassVar[str] = "tests.paid.v1"
    receipt_id: str
    amount: int


DOCUMENTS: Mapping[type[Document], Sequence[Index]] = {
    **DOOR_DOCUMENTS,
    Till: (),
    Receipt: (Index((("number", 1),), unique=True, only={"number": {"$gt": 0}}),),
}


def pay(till: Till, receipt: Receipt, now: datetime) -> Decision[Receipt]:
    """Put a payment in, unless the till would overflow."""
    if till.total + receipt.amount > till.limit:
        raise TillFull(total=till.total)
    after = till.model_copy(update={"total": till.total + receipt.amount})
    receipt = receipt.model_copy(update={"at": now})
    return Decision(receipt, after, (receipt,), (Paid(receipt_id=receipt.id, amount=receipt.amount),))


def give_back(till: Till, documents: Documents, receipt_id: str) -> Decision[Receipt]:
    """Take a payment out again, once."""
    receipt = documents.get(Receipt, receipt_id)
    assert receipt is not None
    if receipt.returned:
        raise TillFull("returned already")
    after = till.model_copy(update={"total": till.total - receipt.amount})
    receipt = receipt.model_copy(update={"returned": True})
    return Decision(receipt, after, (receipt,), (Paid(receipt_id=receipt.id, amount=-receipt.amount),))
