"""A teacher's diary: the days that accepted placements take.

It is a side document that offers and placements write in their own transactions, so two of them can never take the same
day of one teacher, whoever writes at the same time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.decision import Document, Documents
from shared.refusals import Conflict


class OverlappingPlacement(Conflict):
    slug = "overlapping-placement"
    title = "The teacher has a placement on one of these days already."


class Engagement(BaseModel):
    """The days that a placement takes."""

    model_config = ConfigDict(frozen=True)
    placement_id: str
    dates: tuple[date, ...]


class Diary(Document):
    """What is in the diary of a teacher; the id is the teacher's."""

    collection = "diaries"
    engagements: tuple[Engagement, ...] = ()


def check_free(documents: Documents, teacher_id: str, dates: Iterable[date], besides: str | None = None) -> None:
    """Refuse days that another placement takes. Raises OverlappingPlacement, with the days."""
    diary = documents.get(Diary, teacher_id)
    taken = {
        day
        for engagement in (diary.engagements if diary is not None else ())
        if engagement.placement_id != besides
        for day in engagement.dates
    }
    clash = sorted(taken & set(dates))
    if clash:
        raise OverlappingPlacement(field="dates", days=[day.isoformat() for day in clash])


def entered(documents: Documents, teacher_id: str, placement_id: str, dates: tuple[date, ...]) -> Diary:
    """The diary with a placement on these days; its former days are free. Raises OverlappingPlacement."""
    check_free(documents, teacher_id, dates, besides=placement_id)
    return _with(documents, teacher_id, placement_id, (Engagement(placement_id=placement_id, dates=dates),))


def struck(documents: Documents, teacher_id: str, placement_id: str) -> Diary:
    """The diary without a placement."""
    return _with(documents, teacher_id, placement_id, ())


def _with(documents: Documents, teacher_id: str, placement_id: str, new: tuple[Engagement, ...]) -> Diary:
    diary = documents.get(Diary, teacher_id) or Diary(id=teacher_id)
    others = tuple(engagement for engagement in diary.engagements if engagement.placement_id != placement_id)
    return diary.model_copy(update={"engagements": (*others, *new)})
