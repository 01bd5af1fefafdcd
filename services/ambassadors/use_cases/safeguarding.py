"""Safeguarding: who is designated, concerns, and the entries that every reading leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from services.ambassadors.domain import safeguarding
from services.ambassadors.domain.safeguarding import (
    Asker,
    Concern,
    ConcernEntry,
    ConcernStatus,
    Designation,
    NotDesignated,
    designation_of,
)
from shared.decision import Decision, Document, Documents
from shared.ids import new_id
from shared.work import Work

R = TypeVar("R", bound=Document | None)


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported, and by whom."""

    reported_by: str
    words: str
    school_urn: str | None = None
    visit_id: str | None = None
    ambassador_id: str | None = None


async def designate(work: Work, account_id: str, by: str, *, active: bool) -> Designation:
    """Make an account a designated officer, or no longer one."""
    return await work.create_or_change(
        Designation,
        account_id,
        lambda existing, _documents, now: safeguarding.designate(
            existing, now, account_id=account_id, by=by, active=active
        ),
    )


async def report(work: Work, reported: Report) -> ConcernEntry:
    """Keep a concern."""
    concern_id, entry_id = new_id(), new_id()

    def decide(_existing: Concern | None, _documents: Documents, now: datetime) -> Decision[ConcernEntry]:
        concern = Concern(
            id=concern_id,
            status=ConcernStatus.OPEN,
            reported_by=reported.reported_by,
            reported_at=now,
            school_urn=reported.school_urn,
            visit_id=reported.visit_id,
            ambassador_id=reported.ambassador_id,
            words=reported.words,
        )
        return safeguarding.report(now, concern, entry_id)

    return await work.create_or_change(Concern, concern_id, decide)


async def demand_designation(work: Work, account_id: str, concern_id: str | None = None) -> None:
    """Refuse who is not a designated officer, and note whom it refuses. Raises NotDesignated."""
    found = await work.collection(Designation).get(account_id)
    if found is not None and found.active:
        return
    entry_id = new_id()
    await work.one_of_many().create_or_change(
        Asker,
        account_id,
        lambda _existing, _documents, now: safeguarding.refused(
            now, by=account_id, entry_id=entry_id, concern_id=concern_id
        ),
    )
    raise NotDesignated()


async def note_list(work: Work, by: str, number: int, status: ConcernStatus | None) -> None:
    """Note that somebody is shown so many concerns of a status, or of any. Raises NotDesignated."""
    entry_id = new_id()
    await work.create_or_change(
        Asker,
        by,
        lambda _existing, documents, now: safeguarding.listed(
            now, documents, by=by, entry_id=entry_id, number=number, status=status
        ),
        lambda _existing: designation_of(by),
    )


async def read(work: Work, concern_id: str, by: str) -> Concern:
    """Read a concern, which is noted."""
    return await _ask(work, concern_id, by, safeguarding.read)


async def note(work: Work, concern_id: str, by: str, words: str) -> ConcernEntry:
    """Write something down."""
    return await _ask(work, concern_id, by, safeguarding.note, words=words)


async def close(work: Work, concern_id: str, by: str, words: str) -> ConcernEntry:
    """Nothing is left to be done."""
    return await _ask(work, concern_id, by, safeguarding.close, words=words)


async def reopen(work: Work, concern_id: str, by: str, words: str) -> ConcernEntry:
    """Something is to be done after all."""
    return await _ask(work, concern_id, by, safeguarding.reopen, words=words)


async def _ask(work: Work, concern_id: str, by: str, verb: Callable[..., Decision[R]], **given: object) -> R:
    entry_id = new_id()

    def decide(root: Concern, documents: Documents, now: datetime) -> Decision[R]:
        return verb(root, documents, now, by=by, entry_id=entry_id, **given)

    return await work.change(Concern, concern_id, decide, lambda _root: designation_of(by))
