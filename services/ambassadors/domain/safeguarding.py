"""Safeguarding concerns: reported by anybody who takes part, read by designated officers only, every reading noted.

Who is designated is data, not a role. Nothing of a concern is in an event, in a log or in an answer that is kept for
repeated requests: what it says in words is in its own document, and leaves it only by a reading that is noted. So are
lists of them, and attempts of officers who are not designated.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.decision import Decision, Document, Documents, Read, Root
from shared.refusals import Forbidden
from shared.transitions import Table, Transition


class NotDesignated(Forbidden):
    slug = "not-designated"
    title = "Safeguarding concerns are for designated officers."


class ConcernStatus(StrEnum):
    """Whether somebody still has to look after a concern."""

    OPEN = "open"
    CLOSED = "closed"


CONCERN = Table(
    (
        Transition(ConcernStatus.OPEN, "note", "designated officer", ConcernStatus.OPEN),
        Transition(ConcernStatus.OPEN, "close", "designated officer", ConcernStatus.CLOSED),
        Transition(ConcernStatus.CLOSED, "reopen", "designated officer", ConcernStatus.OPEN),
    )
)
"""A safeguarding concern. Reading it is noted at every status."""

Act = Literal["reported", "listed", "read", "noted", "closed", "reopened", "refused"]


class Designation(Root):
    """Whether an account is a designated officer; the id is the account."""

    collection = "designations"
    active: bool
    by: str
    at: datetime


class Note(BaseModel):
    """What a designated officer has written down."""

    model_config = ConfigDict(frozen=True)
    at: datetime
    by: str
    words: str


class Concern(Root):
    """See the module. `words` and notes are for designated officers only."""

    collection = "concerns"
    status: ConcernStatus
    reported_by: str
    reported_at: datetime
    school_urn: str | None
    visit_id: str | None
    ambassador_id: str | None
    words: str
    notes: tuple[Note, ...] = ()


class ConcernEntry(Document):
    """That somebody did something with a concern, or was refused: never what it says.

    A list is of no one concern: its entry says how many it has shown, `listed`, and of which status (None: of any).
    """

    collection = "concern_entries"
    concern_id: str | None
    act: Act
    by: str
    at: datetime
    listed: int | None = None
    status: ConcernStatus | None = None


class Asker(Root):
    """Somebody who asked for the list of concerns, or for what they may not see; the id is the account.

    It is what entries belong to that are about no one concern.
    """

    collection = "concern_askers"
    asked_at: datetime


def designate(
    existing: Designation | None, now: datetime, *, account_id: str, by: str, active: bool
) -> Decision[Designation]:
    """Make an account a designated officer, or no longer one."""
    if existing is not None and existing.active is active:
        return Decision(existing)
    kept = (existing or Designation(id=account_id, active=active, by=by, at=now)).model_copy(
        update={"active": active, "by": by, "at": now}
    )
    return Decision(kept, kept)


def report(now: datetime, concern: Concern, entry_id: str) -> Decision[ConcernEntry]:
    """Keep a concern; the answer does not repeat it."""
    entry = _entry(concern, "reported", concern.reported_by, now, entry_id)
    return Decision(entry, concern, (entry,))


def listed(
    now: datetime, documents: Documents, *, by: str, entry_id: str, number: int, status: ConcernStatus | None
) -> Decision[None]:
    """Note that somebody is shown so many concerns. Raises NotDesignated."""
    check_designated(documents, by)
    entry = ConcernEntry(id=entry_id, concern_id=None, act="listed", by=by, at=now, listed=number, status=status)
    return Decision(None, Asker(id=by, asked_at=now), (entry,))


def refused(now: datetime, *, by: str, entry_id: str, concern_id: str | None) -> Decision[None]:
    """Note that an officer who is not designated asked for a concern, or for the list of them."""
    entry = ConcernEntry(id=entry_id, concern_id=concern_id, act="refused", by=by, at=now)
    return Decision(None, Asker(id=by, asked_at=now), (entry,))


def read(concern: Concern, documents: Documents, now: datetime, *, by: str, entry_id: str) -> Decision[Concern]:
    """Read a concern, which is noted. Raises NotDesignated."""
    check_designated(documents, by)
    return Decision(concern, None, (_entry(concern, "read", by, now, entry_id),))


def note(
    concern: Concern, documents: Documents, now: datetime, *, by: str, entry_id: str, words: str
) -> Decision[ConcernEntry]:
    """Write something down. Raises NotDesignated, WrongState."""
    check_designated(documents, by)
    CONCERN.next(concern.status, "note")
    notes = (*concern.notes, Note(at=now, by=by, words=words))
    entry = _entry(concern, "noted", by, now, entry_id)
    return Decision(entry, concern.model_copy(update={"notes": notes}), (entry,))


def close(
    concern: Concern, documents: Documents, now: datetime, *, by: str, entry_id: str, words: str
) -> Decision[ConcernEntry]:
    """Say what was done about it: nothing is left to be done. Raises NotDesignated, WrongState."""
    check_designated(documents, by)
    status = CONCERN.next(concern.status, "close")
    notes = (*concern.notes, Note(at=now, by=by, words=words))
    entry = _entry(concern, "closed", by, now, entry_id)
    return Decision(entry, concern.model_copy(update={"status": status, "notes": notes}), (entry,))


def reopen(
    concern: Concern, documents: Documents, now: datetime, *, by: str, entry_id: str, words: str
) -> Decision[ConcernEntry]:
    """Something is to be done after all. Raises NotDesignated, WrongState."""
    check_designated(documents, by)
    status = CONCERN.next(concern.status, "reopen")
    notes = (*concern.notes, Note(at=now, by=by, words=words))
    entry = _entry(concern, "reopened", by, now, entry_id)
    return Decision(entry, concern.model_copy(update={"status": status, "notes": notes}), (entry,))


def check_designated(documents: Documents, account_id: str) -> None:
    """Refuse who is not a designated officer. Raises NotDesignated."""
    found = documents.get(Designation, account_id)
    if found is None or not found.active:
        raise NotDesignated()


def designation_of(account_id: str) -> list[Read]:
    """What every decision about a concern reads."""
    return [(Designation, account_id)]


def _entry(concern: Concern, act: Act, by: str, now: datetime, entry_id: str) -> ConcernEntry:
    return ConcernEntry(id=entry_id, concern_id=concern.id, act=act, by=by, at=now)
