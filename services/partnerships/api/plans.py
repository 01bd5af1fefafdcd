"""A partnership's action plan."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import ConfigDict, Field

from services.partnerships.api.parameters import Acting, PartnershipId, ReasonText, Urn
from services.partnerships.domain.academic_year import TERMS
from services.partnerships.domain.action_plan import ActivityTwice, NotDeclared, OwnerNotAMember, RuleDoesNotFit
from services.partnerships.domain.life_cycle import YEARS
from services.partnerships.domain.milestones import FirstYearOutOfTurn
from services.partnerships.domain.planned import ActionPlan, ActivityKind, ActivityUnknown, Objective, PlanChange
from services.partnerships.use_cases import plans
from services.partnerships.views.plans import PlanAnswer, PlanChangeAnswer, plan_answer, plan_change_answer
from shared.contracts.ambassadors import VisitFormat
from shared.http.paging import CursorMalformed, Page, PageRequest, following
from shared.http.problems import RequestInvalid, problems
from shared.http.requests import RequestModel
from shared.http.versions import set_etag
from shared.http.working import HttpWork
from shared.refusals import NotAllowed, NotFound, VersionMismatch
from shared.transitions import WrongState
from shared.work import Work

router = APIRouter(prefix="/api/partnerships/{partnership_id}/plan", tags=["plans"])

PLAN_PROBLEMS = (NotAllowed, NotFound, WrongState, VersionMismatch)
Title = Annotated[str, Field(min_length=1, max_length=300)]
Words = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=100)], ...], Field(max_length=20)]
Count = Annotated[int, Field(ge=1, le=1000)]
ByOwner = Annotated[bool, Field(description="Only what the school that owns the activity does.")]
CourseCode = Annotated[
    str, Field(max_length=20, pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", description="Only this course, by its code.")
]
ActivityId = Annotated[
    str, Path(description="The activity, by its id in the plan.", pattern="^[0-9A-Za-z-]{1,64}$", max_length=64)
]


class CpdEvidence(RequestModel):
    """So many different teachers attend courses about one of these subjects (none: any), from its year on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "cpd", "subjects": ["Physics"], "teachers": 4, "attendance": "full"}]}
    )
    kind: Literal["cpd"]
    subjects: Words = ()
    course_code: CourseCode | None = None
    by_owner: ByOwner = False
    teachers: Count
    attendance: Literal["full", "any"] = "full"


class PlacementEvidence(RequestModel):
    """So many placements are completed, of at least so many days, from the activity's year on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "placement", "completed": 1}]})
    kind: Literal["placement"]
    subjects: Words = ()
    by_owner: ByOwner = False
    completed: Count
    fewest_days: Annotated[int, Field(ge=1, le=60)] = 1


class VisitEvidence(RequestModel):
    """So many visits of ambassadors are delivered, to one of these year groups (none: any), from its year on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "visit", "count": 2, "year_groups": ["9"]}]})
    kind: Literal["visit"]
    subjects: Words = ()
    by_owner: ByOwner = False
    year_groups: Words = ()
    formats: Annotated[tuple[VisitFormat, ...], Field(max_length=10)] = ()
    count: Count


class DeclaredEvidence(RequestModel):
    """Somebody of the partnership says that it was done, with a note."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "declared"}]})
    kind: Literal["declared"]


class PlannedActivity(RequestModel):
    """What a school is to see done by the end of a term. The id is yours, and stays when the plan is written anew."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "physics-teachers",
                    "title": "Four teachers attend a physics course",
                    "kind": "cpd",
                    "owner_urn": "900001",
                    "year": 1,
                    "term": 2,
                    "evidence": {"kind": "cpd", "subjects": ["Physics"], "teachers": 4, "attendance": "full"},
                }
            ]
        }
    )
    id: Annotated[str, Field(pattern="^[0-9A-Za-z-]{1,64}$", max_length=64)]
    title: Title
    kind: ActivityKind
    owner_urn: Urn
    year: Annotated[int, Field(ge=YEARS[0], le=YEARS[-1])]
    term: Annotated[int, Field(ge=TERMS[0], le=TERMS[-1])]
    evidence: Annotated[CpdEvidence | PlacementEvidence | VisitEvidence | DeclaredEvidence, Field(discriminator="kind")]


class PlannedObjective(RequestModel):
    """What the partnership wants to reach, and how."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "More girls choose physics", "activities": []}]}
    )
    title: Title
    activities: Annotated[tuple[PlannedActivity, ...], Field(max_length=50)]


class PlanText(RequestModel):
    """The whole plan. `first_year` is the academic year that year 1 is, named by the calendar year it starts in.

    It is the year of the partnership's activation, or the next one.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "first_year": 2026,
                    "objectives": [
                        {
                            "title": "More girls choose physics",
                            "activities": [
                                {
                                    "id": "physics-teachers",
                                    "title": "Four teachers attend a physics course",
                                    "kind": "cpd",
                                    "owner_urn": "900001",
                                    "year": 1,
                                    "term": 2,
                                    "evidence": {"kind": "cpd", "subjects": ["Physics"], "teachers": 4},
                                }
                            ],
                        }
                    ],
                }
            ]
        }
    )
    first_year: Annotated[int, Field(ge=2000, le=2100)]
    objectives: Annotated[tuple[PlannedObjective, ...], Field(min_length=1, max_length=20)]


class Note(RequestModel):
    """What was done, in a few words. No names of persons."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"note": "Used the classroom pack in all year 8 groups."}]}
    )
    note: ReasonText


class PlanExplanation(RequestModel):
    """Why, in words that the schools will read. No names of persons."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Nothing is planned for year 2."}]})
    reason: ReasonText


def _answered(work: Work, plan: ActionPlan, response: Response) -> PlanAnswer:
    set_etag(response, plan.version)
    return plan_answer(plan, work.clock.now().date())


@router.post(
    "",
    summary="Write the action plan",
    responses=problems(
        *PLAN_PROBLEMS, FirstYearOutOfTurn, RuleDoesNotFit, OwnerNotAMember, ActivityTwice, RequestInvalid
    ),
)
async def write_plan(
    partnership_id: PartnershipId, body: PlanText, actor: Acting, work: HttpWork, response: Response
) -> PlanAnswer:
    """Write it, or write it anew while it is a draft. Evidence that has come before counts at once."""
    objectives = tuple(Objective.model_validate(objective.model_dump()) for objective in body.objectives)
    return _answered(work, await plans.write(work, partnership_id, body.first_year, objectives, actor), response)


@router.get("", summary="Show the action plan", responses=problems(NotFound))
async def get_plan(partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response) -> PlanAnswer:
    """What is planned, what has been done by which evidence, and how it stands against the terms."""
    return _answered(work, await plans.written(work, partnership_id, actor), response)


@router.get("/history", summary="Show the action plan's history", responses=problems(NotFound, CursorMalformed))
async def list_plan_history(
    partnership_id: PartnershipId, actor: Acting, work: HttpWork, paging: PageRequest
) -> Page[PlanChangeAnswer]:
    """Every step and every tick, oldest first: what was ticked by which evidence, and why it was unticked."""
    await plans.written(work, partnership_id, actor)
    after = following((("number", 1),), paging.after(int))
    found = await work.collection(PlanChange).find(
        {"partnership_id": partnership_id, **after}, sort=(("number", 1),), limit=paging.limit + 1
    )
    return paging.page(found, position=lambda change: (change.number,), show=plan_change_answer)


@router.post("/submission", summary="Submit the action plan", responses=problems(*PLAN_PROBLEMS))
async def submit_plan(partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response) -> PlanAnswer:
    """The lead school hands it in for approval."""
    return _answered(work, await plans.submit(work, partnership_id, actor), response)


@router.post("/return", summary="Give the action plan back", responses=problems(*PLAN_PROBLEMS, RequestInvalid))
async def return_plan(
    partnership_id: PartnershipId, body: PlanExplanation, actor: Acting, work: HttpWork, response: Response
) -> PlanAnswer:
    """A programme officer gives it back with what has to change."""
    return _answered(work, await plans.give_back(work, partnership_id, body.reason, actor), response)


@router.post("/approval", summary="Approve the action plan", responses=problems(*PLAN_PROBLEMS, FirstYearOutOfTurn))
async def approve_plan(partnership_id: PartnershipId, actor: Acting, work: HttpWork, response: Response) -> PlanAnswer:
    """A programme officer approves it. With the agreement signed, that releases the start-up grant."""
    return _answered(work, await plans.approve(work, partnership_id, actor), response)


@router.post(
    "/reopening", summary="Let an approved plan be changed", responses=problems(*PLAN_PROBLEMS, RequestInvalid)
)
async def reopen_plan(
    partnership_id: PartnershipId, body: PlanExplanation, actor: Acting, work: HttpWork, response: Response
) -> PlanAnswer:
    """A programme officer makes it a draft again; what is ticked stays ticked."""
    return _answered(work, await plans.reopen(work, partnership_id, body.reason, actor), response)


@router.post(
    "/activities/{activity_id}/declaration",
    summary="Say that an activity was done",
    responses=problems(*PLAN_PROBLEMS, ActivityUnknown, NotDeclared, RequestInvalid),
)
async def declare_activity(
    partnership_id: PartnershipId,
    activity_id: ActivityId,
    body: Note,
    actor: Acting,
    work: HttpWork,
    response: Response,
) -> PlanAnswer:
    """For what leaves no evidence in the system: the school that owns it, or the lead school, says so with a note."""
    return _answered(work, await plans.declare(work, partnership_id, activity_id, body.note, actor), response)


@router.post(
    "/activities/{activity_id}/retraction",
    summary="Take back that an activity was done",
    responses=problems(*PLAN_PROBLEMS, ActivityUnknown, NotDeclared, RequestInvalid),
)
async def retract_activity(
    partnership_id: PartnershipId,
    activity_id: ActivityId,
    body: PlanExplanation,
    actor: Acting,
    work: HttpWork,
    response: Response,
) -> PlanAnswer:
    """It was not done after all. A programme officer may say so too."""
    return _answered(work, await plans.retract(work, partnership_id, activity_id, body.reason, actor), response)
