"""A partnership has a beginning and an end, and what falls due between them is told once where it is late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.partnerships.domain import action_plan, milestones, progress
from services.partnerships.domain.life_cycle import OFFICER, Status
from services.partnerships.domain.milestones import FINAL, MID_POINT, REPORTS, FirstYearOutOfTurn
from services.partnerships.domain.partnership import Partnership
from services.partnerships.domain.planned import PlanStatus
from shared.contracts.plans import ReportOverdue, ReviewDue
from shared.decision import Decision
from tests.partnerships.planning import whole_plan
from tests.partnerships.programme import URNS, Programme, facts
from tests.partnerships.test_life_cycle import ACTORS, Kept, in_year, partnership
from tests.partnerships.test_plan_rules import EVERY_KIND, written

AUTUMN = datetime(2026, 9, 7, 9, tzinfo=UTC)
FIRST_REPORT_LATE = datetime(2027, 1, 29, tzinfo=UTC)
MID_POINT_LATE = datetime(2027, 9, 29, tzinfo=UTC)
FINAL_LATE = datetime(2028, 9, 29, tzinfo=UTC)


def activated(at: datetime = AUTUMN, first_year: int | None = None) -> Partnership:
    ready = partnership(Status.AGREEMENT_SIGNED).model_copy(update={"first_year": first_year})
    return progress.activate(ready, ACTORS[OFFICER], at).reply


def looking(known: Partnership, at: datetime, reported: Sequence[str] = ()) -> Decision[None]:
    return milestones.look_ahead(known, reported, None, at)


def after(decision: Decision[Any]) -> Partnership:
    assert isinstance(decision.root, Partnership)
    return decision.root


def test_the_days_follow_from_the_terms() -> None:
    assert [(milestone.name, milestone.due_on) for milestone in milestones.milestones("p", 2026)] == [
        ("report-1-1", date(2027, 1, 28)),
        ("report-1-2", date(2027, 5, 13)),
        ("report-1-3", date(2027, 9, 28)),
        ("mid-point-review", date(2027, 9, 28)),
        ("report-2-1", date(2028, 1, 28)),
        ("report-2-2", date(2028, 5, 13)),
        ("report-2-3", date(2028, 9, 28)),
        ("final-review", date(2028, 9, 28)),
    ]


@pytest.mark.parametrize(
    ("at", "planned", "first_year"),
    [
        (AUTUMN, None, 2026),
        (AUTUMN, 2027, 2027),
        (datetime(2026, 8, 31, tzinfo=UTC), None, 2025),
        (datetime(2026, 8, 31, tzinfo=UTC), 2026, 2026),
    ],
)
def test_activation_fixes_the_first_year(at: datetime, planned: int | None, first_year: int) -> None:
    begun = activated(at, planned)
    assert (begun.activated_on, begun.first_year, begun.ended_on) == (at.date(), first_year, None)


@pytest.mark.parametrize("planned", [2025, 2028])
def test_a_plan_of_another_year_holds_the_activation_up(planned: int) -> None:
    with pytest.raises(FirstYearOutOfTurn):
        activated(first_year=planned)


@pytest.mark.parametrize(("first_year", "possible"), [(2025, False), (2026, True), (2027, True), (2028, False)])
def test_a_plan_begins_with_its_partnership_or_in_the_next_year(first_year: int, possible: bool) -> None:
    begun = activated()
    later = datetime(2027, 10, 1, tzinfo=UTC)
    plan = written(status=PlanStatus.SUBMITTED).model_copy(update={"first_year": first_year})
    if possible:
        assert action_plan.write(None, begun, first_year, EVERY_KIND, ACTORS["lead"], later).reply
        assert action_plan.approve(plan, begun, ACTORS[OFFICER], later).reply
        return
    with pytest.raises(FirstYearOutOfTurn):
        action_plan.write(None, begun, first_year, EVERY_KIND, ACTORS["lead"], later)
    with pytest.raises(FirstYearOutOfTurn):
        action_plan.approve(plan, begun, ACTORS[OFFICER], later)


def test_a_report_is_late_the_day_after_it_was_due_and_told_once() -> None:
    begun = activated()
    assert begun.due_at == FIRST_REPORT_LATE
    assert looking(begun, FIRST_REPORT_LATE - timedelta(seconds=1)).root is None
    late = looking(begun, FIRST_REPORT_LATE)
    assert late.events == (ReportOverdue(partnership_id=begun.id, year=1, term=1, due_on=date(2027, 1, 28)),)
    assert (after(late).overdue, after(late).due_at) == (("report-1-1",), datetime(2027, 5, 14, tzinfo=UTC))
    assert looking(after(late), FIRST_REPORT_LATE + timedelta(hours=1)).events == ()
    handed_in = looking(after(late), FIRST_REPORT_LATE + timedelta(days=1), ["report-1-1"])
    assert (after(handed_in).overdue, handed_in.events) == ((), ())


def test_what_was_due_before_the_partnership_began_was_never_asked_for() -> None:
    begun = activated(datetime(2027, 3, 1, 9, tzinfo=UTC))
    assert (begun.first_year, begun.overdue, begun.due_at) == (2026, (), datetime(2027, 5, 14, tzinfo=UTC))
    late = looking(begun, datetime(2027, 5, 14, tzinfo=UTC))
    assert late.events == (ReportOverdue(partnership_id=begun.id, year=1, term=2, due_on=date(2027, 5, 13)),)
    on_the_day = activated(datetime(2027, 1, 28, 9, tzinfo=UTC))
    assert on_the_day.due_at == FIRST_REPORT_LATE


def test_reviews_fall_due_at_the_end_of_their_years_until_they_begin() -> None:
    mid_point = after(looking(activated(), MID_POINT_LATE, REPORTS))
    assert mid_point.overdue == (MID_POINT,)
    reviewing = progress.start_mid_point_review(mid_point, ACTORS[OFFICER], MID_POINT_LATE).reply
    assert reviewing.overdue == ()
    second = progress.go_on(reviewing, Kept(), "on track", ACTORS[OFFICER], MID_POINT_LATE).reply
    final = looking(second, FINAL_LATE, REPORTS)
    assert final.events == (ReviewDue(partnership_id=second.id, review="final", due_on=date(2028, 9, 28)),)
    assert (after(final).overdue, after(final).due_at) == ((FINAL,), None)
    assert progress.start_final_review(after(final), ACTORS[OFFICER], FINAL_LATE).reply.overdue == ()


@pytest.mark.parametrize("verb", ["terminate", "complete"])
def test_nothing_falls_due_after_the_end(verb: str) -> None:
    late = after(looking(activated(), FIRST_REPORT_LATE))
    if verb == "terminate":
        ended = progress.terminate(late, Kept(), "merged", ACTORS[OFFICER], MID_POINT_LATE).reply
    else:
        reviewed = in_year(late, 2).model_copy(update={"status": Status.FINAL_REVIEW})
        ended = progress.complete(reviewed, Kept(), "well done", ACTORS[OFFICER], MID_POINT_LATE).reply
    assert (ended.ended_on, ended.overdue, ended.due_at) == (MID_POINT_LATE.date(), (), None)
    assert looking(ended, FINAL_LATE).events == ()


def test_a_suspended_partnership_rests_and_is_looked_at_when_it_resumes() -> None:
    begun = activated()
    stopped = progress.suspend(begun, "an inspection", ACTORS[OFFICER], AUTUMN).reply
    rested = looking(stopped, FIRST_REPORT_LATE)
    assert (after(rested).due_at, rested.events) == (None, ())
    resumed = progress.resume(after(rested), ACTORS[OFFICER], FIRST_REPORT_LATE).reply
    assert resumed.due_at == FIRST_REPORT_LATE
    assert [type(event) for event in looking(resumed, FIRST_REPORT_LATE).events] == [ReportOverdue]


async def late_with(programme: Programme, what: str) -> list[str]:
    found = await programme.get("/api/partnerships", programme.officer(), overdue=what)
    return [one["id"] for one in found["items"]]


async def test_officers_find_who_is_late_until_the_report_comes(programme: Programme) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    partnership_id = await programme.activate()
    path = f"/api/partnerships/{partnership_id}"
    await programme.post(f"{path}/plan", programme.school(URNS[0]), {**whole_plan(), "first_year": 2025}, status=409)
    await programme.post(f"{path}/plan", programme.school(URNS[0]), {**whole_plan(), "first_year": 2027})
    await programme.post(f"{path}/plan/submission", programme.school(URNS[0]))
    await programme.post(f"{path}/plan/approval", programme.officer())
    await programme.world.settle()
    shown = await programme.get(path, programme.officer())
    assert (shown["activated_on"], shown["first_year"], shown["overdue"]) == ("2026-09-07", 2027, [])
    programme.world.clock.advance(timedelta(days=365))
    await programme.world.settle()
    assert (await late_with(programme, "reports"), await programme.told(ReportOverdue)) == ([], [])
    programme.world.clock.advance(timedelta(days=150))
    await programme.world.settle()
    assert await late_with(programme, "reports") == [partnership_id]
    assert [(told.year, told.term) for told in await programme.told(ReportOverdue)] == [(1, 1)]
    assert await late_with(programme, "reviews") == []
    await programme.post(f"{path}/reports/1/1", programme.school(URNS[0]), {"summary": "All is well."})
    await programme.world.settle()
    assert await late_with(programme, "reports") == []
    await programme.post(f"{path}/reports/1/1/return", programme.officer(), {"reason": "nothing of physics"})
    await programme.world.settle()
    assert await late_with(programme, "reports") == [partnership_id]
    await programme.post(f"{path}/reports/1/1", programme.school(URNS[0]), {"summary": "Physics is well."})
    await programme.world.settle()
    assert await late_with(programme, "reports") == []
    assert len(await programme.told(ReportOverdue)) == 2


async def test_a_review_that_nobody_begins_is_told(programme: Programme) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    partnership_id = await programme.activate()
    programme.world.clock.advance(timedelta(days=400))
    await programme.world.settle()
    assert await late_with(programme, "reviews") == [partnership_id]
    assert [told.review for told in await programme.told(ReviewDue)] == ["mid-point"]
    await programme.post(f"/api/partnerships/{partnership_id}/mid-point-review", programme.officer())
    assert await late_with(programme, "reviews") == []
