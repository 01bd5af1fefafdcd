"""What partnerships remembers of the occurrences of courses: what they are about, and when they are."""

from __future__ import annotations

from datetime import datetime

from shared.decision import Decision, Root


class KnownOccurrence(Root):
    """A copy of what courses told of an occurrence; its id is the occurrence's, `course_code` its template's."""

    collection = "known_occurrences"
    subjects: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    course_code: str | None = None


def learn(known: KnownOccurrence) -> Decision[None]:
    """Take over what was told."""
    return Decision(None, known)


def move(known: KnownOccurrence | None, starts_at: datetime, ends_at: datetime) -> Decision[None]:
    """It takes place on other dates."""
    if known is None:
        return Decision(None)
    return Decision(None, known.model_copy(update={"starts_at": starts_at, "ends_at": ends_at}))
