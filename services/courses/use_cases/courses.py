"""Keeping course templates."""

from __future__ import annotations

from services.courses.domain.template import Course, CourseCode, Template, code_key, keep_template
from shared.decision import Read
from shared.ids import new_id
from shared.work import Work


async def add(work: Work, course: Course) -> Template:
    """Keep a new course."""
    return await keep(work, new_id(), course)


async def change(work: Work, template_id: str, course: Course) -> Template:
    """Give a course new facts; occurrences that exist keep theirs. Raises NotFound."""
    return await work.change(
        Template,
        template_id,
        lambda template, documents, now: keep_template(template, documents, now, template_id, course),
        lambda template: _codes(template, course),
    )


async def keep(work: Work, template_id: str, course: Course) -> Template:
    """Keep a course under a given identity, new or not."""
    return await work.create_or_change(
        Template,
        template_id,
        lambda template, documents, now: keep_template(template, documents, now, template_id, course),
        lambda template: _codes(template, course),
    )


def _codes(template: Template | None, course: Course) -> list[Read]:
    codes = {code_key(course.code)} | ({code_key(template.course.code)} if template is not None else set())
    return [(CourseCode, code) for code in codes]
