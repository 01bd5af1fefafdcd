"""Courses: what can be taught."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from services.courses.api.fields import COURSE_ID, CourseId, Officer, ShortText
from services.courses.domain.template import Course, CourseCodeTaken, Duration, Template
from services.courses.domain.vocabulary import AgeGroup, Delivery, DurationUnit, Phase, phases_of
from services.courses.use_cases import courses as use_cases
from services.courses.views import courses as views
from services.courses.views.courses import CourseSearch
from shared.http.paging import CursorMalformed, Page, PageRequest
from shared.http.problems import problems
from shared.http.requests import RequestModel, ResponseModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork, PublicWork
from shared.refusals import NotFound, VersionMismatch

router = APIRouter(prefix="/api/courses", tags=["Courses"])

_COURSE: dict[str, Any] = {
    "code": "PH210",
    "title": "Practical physics for non-specialists",
    "summary": "Two days of experiments that work in any laboratory.",
    "subjects": ["Physics"],
    "age_groups": ["11-14", "14-16"],
    "delivery": "face-to-face",
    "duration": {"amount": 2, "unit": "days"},
    "outcomes": "You will plan and run the required practicals with confidence.",
    "audience": "Teachers who teach physics outside their specialism.",
}


class DurationModel(RequestModel):
    """How long a course takes."""

    amount: Annotated[int, Field(ge=1, le=1000)]
    unit: DurationUnit


class CourseRequest(RequestModel):
    """A course. Its code is its own; phases follow from the age groups where none are given."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COURSE]})
    code: Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$")]
    title: ShortText
    summary: Annotated[str, Field(max_length=2000)] = ""
    subjects: Annotated[tuple[ShortText, ...], Field(min_length=1, max_length=20)]
    age_groups: Annotated[tuple[AgeGroup, ...], Field(max_length=10)] = ()
    phases: Annotated[tuple[Phase, ...], Field(max_length=5)] = ()
    delivery: Delivery
    duration: DurationModel | None = None
    outcomes: Annotated[str, Field(max_length=4000)] = ""
    audience: Annotated[str, Field(max_length=2000)] = ""

    def course(self) -> Course:
        """As the domain knows it."""
        duration = None if self.duration is None else Duration(amount=self.duration.amount, unit=self.duration.unit)
        return Course(
            code=self.code,
            title=self.title,
            summary=self.summary,
            subjects=tuple(dict.fromkeys(self.subjects)),
            age_groups=tuple(dict.fromkeys(self.age_groups)),
            phases=tuple(dict.fromkeys(self.phases)) or phases_of(self.age_groups),
            delivery=self.delivery,
            duration=duration,
            outcomes=self.outcomes,
            audience=self.audience,
        )


class DurationAnswer(ResponseModel):
    """How long a course takes."""

    amount: int
    unit: DurationUnit


class CourseAnswer(ResponseModel):
    """A course."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "course_id": COURSE_ID,
                    **_COURSE,
                    "phases": ["secondary"],
                    "changed_at": "2026-09-01T08:00:00Z",
                }
            ]
        }
    )
    course_id: str
    code: str
    title: str
    summary: str
    subjects: tuple[str, ...]
    age_groups: tuple[AgeGroup, ...]
    phases: tuple[Phase, ...]
    delivery: Delivery
    duration: DurationAnswer | None
    outcomes: str
    audience: str
    changed_at: datetime


def course_answer(template: Template) -> CourseAnswer:
    """A template for the wire."""
    course = template.course
    duration = course.duration
    return CourseAnswer(
        course_id=template.id,
        code=course.code,
        title=course.title,
        summary=course.summary,
        subjects=course.subjects,
        age_groups=course.age_groups,
        phases=course.phases,
        delivery=course.delivery,
        duration=None if duration is None else DurationAnswer(amount=duration.amount, unit=duration.unit),
        outcomes=course.outcomes,
        audience=course.audience,
        changed_at=template.changed_at,
    )


def _shown(template: Template, response: Response) -> CourseAnswer:
    set_etag(response, template.version)
    return course_answer(template)


@router.post("", status_code=201, summary="Add a course", responses=problems(CourseCodeTaken))
async def add_course(body: CourseRequest, _caller: Officer, work: HttpWork, response: Response) -> CourseAnswer:
    """A course that can be scheduled."""
    template = await use_cases.add(work, body.course())
    response.headers["Location"] = f"/api/courses/{template.id}"
    return _shown(template, response)


@router.get("", summary="Find courses, by title", responses=problems(CursorMalformed))
async def find_courses(
    work: PublicWork,
    paging: PageRequest,
    subject: Annotated[str | None, Query(max_length=200, examples=["Physics"])] = None,
    age_group: AgeGroup | None = None,
    phase: Phase | None = None,
    delivery: Delivery | None = None,
    q: Annotated[str | None, Query(max_length=200, description="Beginnings of words, in any order.")] = None,
) -> Page[CourseAnswer]:
    """Every filter that is given must hold."""
    wanted = CourseSearch(subject, age_group, phase, delivery, q)
    found = await views.templates(work, wanted, paging.after(str, str), paging.limit + 1)
    return paging.page(found, lambda template: (template.course.title, template.id), course_answer)


@router.get("/{course_id}", summary="Read a course", responses=problems(NotFound))
async def read_course(course_id: CourseId, work: PublicWork, response: Response) -> CourseAnswer:
    """One course."""
    return _shown(await views.template(work, course_id), response)


@router.put("/{course_id}", summary="Change a course", responses=problems(NotFound, CourseCodeTaken, VersionMismatch))
async def change_course(
    course_id: CourseId, body: CourseRequest, _caller: Officer, work: HttpWork, response: Response
) -> CourseAnswer:
    """Takes the whole new set of facts. Occurrences that exist keep what they were made with."""
    return _shown(await use_cases.change(work, course_id, body.course()), response)
