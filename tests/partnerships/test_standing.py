"""A plan that falls behind its terms says so when a term ends or evidence goes, and is found by it meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.partnerships.domain import action_plan
from services.partnerships.domain.life_cycle import ENDED, LEAD, OFFICER, Status
from services.partnerships.domain.planned import ActionPlan
from shared.contracts.event import Event
from shared.contracts.plans import PlanCaughtUp, PlanFellBehind
from shared.decision import Decision
from shared.ids import new_id
from tests.partnerships.planning import (
    NOW,
    PHYSICS,
    PLACED,
    VISITED,
    activity,
    attended,
    completed,
    objectives,
    visited,
)
from tests.partnerships.programme import Programme
from tests.partnerships.test_life_cycle import ACTORS, partnership
from tests.partnerships.test_plans import partnership_of

OF = partnership(Status.ACTIVE)
TERMS = objectives(
    activity("physics", "cpd", PHYSICS),
    activity("placement", "placement", PLACED, term=2),
    activity("visits", "ambassador", VISITED, year=2),
)
AUTUMN_OVER = datetime(2027, 1, 1, tzinfo=UTC)
SPRING_OVER = datetime(2027, 4, 16, tzinfo=UTC)
NEXT_AUTUMN_OVER = datetime(2028, 1, 1, tzinfo=UTC)
SPRING_IS_OVER = timedelta(days=240)


def submitted() -> ActionPlan:
    written = action_plan.write(None, OF, 2026, TERMS, ACTORS[LEAD], NOW).reply
    return action_plan.submit(written, OF, ACTORS[LEAD], NOW).reply


def of_terms() -> ActionPlan:
    return action_plan.approve(submitted(), OF, ACTORS[OFFICER], NOW).reply


def after(decision: Decision[Any]) -> ActionPlan:
    assert isinstance(decision.root, ActionPlan)
    return decision.root


def told(events: Sequence[Event]) -> list[type[Event]]:
    return [type(event) for event in events if isinstance(event, PlanFellBehind | PlanCaughtUp)]


def test_a_plan_is_looked_at_when_the_next_term_is_over_that_something_was_planned_for() -> None:
    plan = of_terms()
    assert (plan.at_risk, plan.due_at) == (False, AUTUMN_OVER)
    too_early = after(action_plan.look_again(plan, going_on=True, now=AUTUMN_OVER - timedelta(seconds=1)))
    assert (too_early.at_risk, too_early.due_at) == (False, AUTUMN_OVER)
    late = after(action_plan.look_again(plan, going_on=True, now=SPRING_OVER))
    assert (late.at_risk, late.due_at) == (True, NEXT_AUTUMN_OVER)
    over = action_plan.look_again(late, going_on=True, now=NEXT_AUTUMN_OVER)
    assert (after(over).at_risk, after(over).due_at, told(over.events)) == (True, None, [])


def test_what_was_missed_is_told_once_and_so_is_that_it_was_done_after_all() -> None:
    fell = action_plan.look_again(of_terms(), going_on=True, now=AUTUMN_OVER)
    assert told(fell.events) == [PlanFellBehind]
    again = action_plan.look_again(after(fell), going_on=True, now=AUTUMN_OVER)
    assert told(again.events) == []
    done = action_plan.hear(after(again), OF, attended(1, "t1", "t2", "t3", "t4"), AUTUMN_OVER)
    assert (after(done).at_risk, told(done.events)) == (False, [PlanCaughtUp])
    taken = action_plan.hear(after(done), OF, attended(1, "t1", revision=2), AUTUMN_OVER)
    assert (after(taken).at_risk, told(taken.events)) == (True, [PlanFellBehind])


def test_what_was_done_in_time_is_not_missed() -> None:
    plan = of_terms()
    for heard in (attended(1, "t1", "t2", "t3", "t4"), completed(1), visited(1), visited(2)):
        plan = after(action_plan.hear(plan, OF, heard, NOW))
    for end in (AUTUMN_OVER, SPRING_OVER, NEXT_AUTUMN_OVER):
        looked = action_plan.look_again(plan, going_on=True, now=end)
        plan = after(looked)
        assert (plan.at_risk, told(looked.events)) == (False, [])


def test_the_plan_of_a_partnership_that_has_ended_rests() -> None:
    rested = action_plan.look_again(of_terms(), going_on=False, now=AUTUMN_OVER)
    assert (after(rested).at_risk, after(rested).due_at, rested.events) == (False, None, ())


def test_a_plan_that_nobody_approved_is_not_behind_until_somebody_does() -> None:
    unseen = action_plan.hear(submitted(), OF, attended(1, "t1"), SPRING_OVER)
    assert (after(unseen).at_risk, after(unseen).due_at, told(unseen.events)) == (False, None, [])
    looked = action_plan.look_again(submitted(), going_on=True, now=SPRING_OVER)
    assert (after(looked).at_risk, told(looked.events)) == (False, [])
    late = action_plan.approve(after(unseen), OF, ACTORS[OFFICER], SPRING_OVER)
    assert (late.reply.at_risk, late.reply.due_at, told(late.events)) == (True, NEXT_AUTUMN_OVER, [PlanFellBehind])


def test_a_plan_that_is_reopened_stands_as_it_stood_until_it_is_approved_again() -> None:
    fell = after(action_plan.look_again(of_terms(), going_on=True, now=AUTUMN_OVER))
    reopened = action_plan.reopen(fell, OF, "schools changed", ACTORS[OFFICER], AUTUMN_OVER)
    nothing = action_plan.write(reopened.reply, OF, 2026, (), ACTORS[LEAD], AUTUMN_OVER)
    assert (nothing.reply.at_risk, nothing.reply.due_at) == (True, None)
    assert told((*reopened.events, *nothing.events)) == []


@pytest.mark.parametrize("status", sorted(ENDED))
def test_what_is_heard_after_the_end_of_a_partnership_does_not_put_its_plan_behind(status: Status) -> None:
    over = partnership(status)
    late = action_plan.hear(of_terms(), over, attended(1, "t1"), SPRING_OVER)
    assert (after(late).at_risk, after(late).due_at, told(late.events)) == (False, None, [])


async def at_risk(programme: Programme, *, yes: bool = True) -> list[str]:
    found = await programme.get("/api/partnerships", programme.officer(), at_risk=str(yes).lower())
    assert all(one["at_risk"] is yes for one in found["items"])
    return [one["id"] for one in found["items"]]


async def test_officers_find_the_partnerships_whose_plans_are_behind(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    partnership_id = partnership_of(path)
    assert (await at_risk(programme), await at_risk(programme, yes=False)) == ([], [partnership_id])
    programme.world.clock.advance(timedelta(days=120))
    await programme.world.settle()
    assert (await at_risk(programme), await at_risk(programme, yes=False)) == ([partnership_id], [])
    teachers = tuple(f"teacher-{number}" for number in range(4))
    settled = programme.settled(partnership_id, new_id(), 0, fully_attended=teachers)
    await programme.say(programme.scheduled("Physics"), settled)
    await programme.world.settle()
    assert await at_risk(programme) == []
    assert len(await programme.told(PlanFellBehind)) == len(await programme.told(PlanCaughtUp)) == 1


async def test_a_partnership_that_was_terminated_is_at_risk_no_more(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    programme.world.clock.advance(timedelta(days=120))
    await programme.world.settle()
    whole = path.removesuffix("/plan")
    await programme.post(f"{whole}/termination", programme.officer(), {"reason": "the schools have merged"})
    programme.world.clock.advance(SPRING_IS_OVER)
    await programme.world.settle()
    assert await at_risk(programme) == []
    assert len(await programme.told(PlanFellBehind)) == 1
