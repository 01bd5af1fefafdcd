"""Course templates: what is taught, for whom; dated occurrences are made from them.

A code names one course. The guard is a side document keyed by the code, which the decision reads: two templates can
never hold the same one, whoever writes at the same time.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from services.courses.domain.vocabulary import AgeGroup, Delivery, DurationUnit, Phase
from shared.decision import Decision, Document, Documents, Root
from shared.refusals import Conflict


class CourseCodeTaken(Conflict):
    slug = "course-code-taken"
    title = "Another course has this code."


class Duration(BaseModel):
    """How long a course takes."""

    model_config = ConfigDict(frozen=True)
    amount: int
    unit: DurationUnit


class Course(BaseModel):
    """What a template says about its course."""

    model_config = ConfigDict(frozen=True)
    code: str
    title: str
    summary: str
    subjects: tuple[str, ...]
    age_groups: tuple[AgeGroup, ...]
    phases: tuple[Phase, ...]
    delivery: Delivery
    duration: Duration | None
    outcomes: str
    audience: str


class Template(Root):
    """A course that can be scheduled. `words` are what a search as typed looks in."""

    collection = "templates"
    course: Course
    words: tuple[str, ...]
    changed_at: datetime


class CourseCode(Document):
    """Who holds a code: the id is the code, folded to upper case."""

    collection = "course_codes"
    template_id: str | None


def words_of(*texts: str) -> tuple[str, ...]:
    """The distinct words of some texts, folded, as a search looks for them."""
    letters = "".join(letter if letter.isalnum() else " " for letter in " ".join(texts).casefold())
    return tuple(dict.fromkeys(letters.split()))


def code_key(code: str) -> str:
    """How a code is compared."""
    return code.upper()


def keep_template(
    template: Template | None, documents: Documents, now: datetime, template_id: str, course: Course
) -> Decision[Template]:
    """Create a template or give it new facts; the same facts again change nothing. Raises CourseCodeTaken."""
    if template is not None and template.course == course:
        return Decision(template)
    holder = documents.get(CourseCode, code_key(course.code))
    if holder is not None and holder.template_id not in (None, template_id):
        raise CourseCodeTaken(f"{course.code} is the code of another course.", field="code")
    kept = (template or Template(id=template_id, course=course, words=(), changed_at=now)).model_copy(
        update={"course": course, "words": words_of(course.code, course.title, *course.subjects), "changed_at": now}
    )
    codes = [CourseCode(id=code_key(course.code), template_id=template_id)]
    if template is not None and code_key(template.course.code) != code_key(course.code):
        codes.append(CourseCode(id=code_key(template.course.code), template_id=None))
    return Decision(kept, kept, tuple(codes))
