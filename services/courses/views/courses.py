"""Finding courses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.courses.domain.template import Template, words_of
from services.courses.domain.vocabulary import AgeGroup, Delivery, Phase
from shared.http.paging import Value, following
from shared.refusals import NotFound
from shared.work import Work


async def template(work: Work, template_id: str) -> Template:
    """One course. Raises NotFound."""
    found = await work.collection(Template).get(template_id)
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True, slots=True)
class CourseSearch:
    """What courses are looked for."""

    subject: str | None = None
    age_group: AgeGroup | None = None
    phase: Phase | None = None
    delivery: Delivery | None = None
    q: str | None = None


async def templates(work: Work, wanted: CourseSearch, after: tuple[Value, ...] | None, limit: int) -> list[Template]:
    """Courses by title."""
    where: list[dict[str, Any]] = [following((("course.title", 1), ("id", 1)), after)]
    for field, value in (
        ("course.subjects", wanted.subject),
        ("course.age_groups", wanted.age_group),
        ("course.phases", wanted.phase),
        ("course.delivery", wanted.delivery),
    ):
        if value is not None:
            where.append({field: str(value)})
    where += words_like("words", wanted.q)
    sort = (("course.title", 1), ("id", 1))
    return await work.collection(Template).find(
        {"$and": [condition for condition in where if condition] or [{}]}, sort=sort, limit=limit
    )


def words_like(field: str, typed: str | None) -> list[dict[str, Any]]:
    """Filters for documents in which every typed word begins a word of `field`."""
    return [{field: {"$regex": f"^{word}"}} for word in words_of(typed or "")[:10]]
