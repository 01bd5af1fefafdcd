"""What moved money: each ledger entry keeps the event, request or due time that directly caused it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from services.partnerships.domain.account import LedgerEntry
from shared.decision import Decision, Document, Documents
from shared.work import Work

A = TypeVar("A")
R = TypeVar("R", bound=Document | None)
Rule = Callable[[A, Documents, datetime], Decision[R]]


def traced(work: Work, decide: Rule[A, R]) -> Rule[A, R]:
    """The same decision, whose ledger entries say what it was that asked for it."""
    caused = {"causation_id": work.cause.causation_id, "correlation_id": work.cause.correlation_id}

    def decided(root: A, documents: Documents, now: datetime) -> Decision[R]:
        made = decide(root, documents, now)
        written = (
            document.model_copy(update=caused) if isinstance(document, LedgerEntry) else document
            for document in made.documents
        )
        return replace(made, documents=tuple(written))

    return decided
