"""Action plans: who may do what with one, what ticks an activity, and that neither order nor repetition matters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.partnerships.domain import action_plan, standing
from services.partnerships.domain.academic_year import academic_year, first_day, last_day
from services.partnerships.domain.action_plan import ActivityTwice, NotDeclared, OwnerNotAMember, RuleDoesNotFit
from services.partnerships.domain.evidence import Heard
from services.partnerships.domain.life_cycle import LEAD, OFFICER, SCHOOL, Status
from services.partnerships.domain.partnership import Actor
from services.partnerships.domain.planned import PLAN, ActionPlan, ActivityUnknown, PlanChange, PlanStatus
from shared.contracts.event import Event
from shared.contracts.plans import ActivityTicked, ActivityUnticked, PlanApproved
from shared.decision import Decision
from shared.refusals import NotAllowed, NotFound
from shared.transitions import WrongState
from tests.partnerships.planning import (
    DECLARED,
    NOW,
    PHYSICS,
    PLACED,
    VISITED,
    activity,
    attended,
    cancelled,
    completed,
    days,
    objectives,
    visited,
)
from tests.partnerships.programme import URNS
from tests.partnerships.test_life_cycle import ACTORS, STRANGER, partnership

OF = partnership(Status.ACTIVE)
EVERY_KIND = objectives(
    activity("physics", "cpd", PHYSICS),
    activity("physics-again", "cpd", {**PHYSICS, "teachers": 2}, year=2),
    activity("any-course", "cpd", {"kind": "cpd", "teachers": 2, "attendance": "any"}, term=3),
    activity("placement", "placement", PLACED),
    activity("placements", "placement", {"kind": "placement", "completed": 2, "fewest_days": 4}, term=2),
    activity("visits", "ambassador", VISITED),
    activity("packs", "resource", DECLARED),
)


def written(*heard: Heard, status: PlanStatus = PlanStatus.APPROVED) -> ActionPlan:
    """A plan that stands as said and has heard this since it was written."""
    plan = action_plan.write(None, OF, 2026, EVERY_KIND, ACTORS[LEAD], NOW).reply
    return hearing(plan.model_copy(update={"status": status}), heard)


def hearing(plan: ActionPlan | None, heard: Sequence[Heard]) -> ActionPlan:
    for fact in heard:
        root = action_plan.hear(plan, OF, fact, NOW).root
        if root is not None:
            assert isinstance(root, ActionPlan)
            plan = root
    assert plan is not None
    return plan


def met(plan: ActionPlan) -> set[str]:
    return {row.activity_id for row in plan.fulfilments if row.met}


def counted(plan: ActionPlan, name: str) -> int:
    return next(row.counted for row in plan.fulfilments if row.activity_id == name)


Ask = Callable[[ActionPlan, Actor], Decision[ActionPlan]]
ASKS: dict[str, Ask] = {
    "write": lambda plan, actor: action_plan.write(plan, OF, 2026, EVERY_KIND, actor, NOW),
    "submit": lambda plan, actor: action_plan.submit(plan, OF, actor, NOW),
    "return": lambda plan, actor: action_plan.give_back(plan, OF, "too little", actor, NOW),
    "approve": lambda plan, actor: action_plan.approve(plan, OF, actor, NOW),
    "reopen": lambda plan, actor: action_plan.reopen(plan, OF, "schools changed", actor, NOW),
    "declare": lambda plan, actor: action_plan.declare(plan, OF, "packs", "used in year 8", actor, NOW),
    "retract": lambda plan, actor: action_plan.retract(plan, OF, "packs", "another school", actor, NOW),
}


def test_every_verb_of_the_table_is_asked_for() -> None:
    assert {row.verb for row in PLAN.rows} == set(ASKS)


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize("status", PlanStatus)
def test_a_plan_moves_by_its_table_only(status: PlanStatus, verb: str, actor: str) -> None:
    rows = [row for row in PLAN.rows if row.verb == verb]
    plan = written(status=status)
    if actor not in {row.by for row in rows}:
        with pytest.raises(NotAllowed):
            ASKS[verb](plan, ACTORS[actor])
        return
    targets = {row.target for row in rows if row.source is status}
    if not targets:
        with pytest.raises(WrongState):
            ASKS[verb](plan, ACTORS[actor])
        return
    assert {ASKS[verb](plan, ACTORS[actor]).reply.status} == targets


@pytest.mark.parametrize("verb", ASKS)
def test_to_a_stranger_it_does_not_exist(verb: str) -> None:
    with pytest.raises(NotFound):
        ASKS[verb](written(), STRANGER)


@pytest.mark.parametrize(
    ("changes", "refusal", "field"),
    [
        ({"evidence": PLACED}, RuleDoesNotFit, "objectives.0.activities.0.evidence.kind"),
        ({"kind": "resource"}, RuleDoesNotFit, "objectives.0.activities.0.evidence.kind"),
        ({"owner_urn": "900099"}, OwnerNotAMember, "objectives.0.activities.0.owner_urn"),
    ],
)
def test_an_unsound_activity_is_named(changes: dict[str, Any], refusal: type[Exception], field: str) -> None:
    wrong = objectives({**activity("physics", "cpd", PHYSICS), **changes})
    with pytest.raises(refusal) as refused:
        action_plan.write(None, OF, 2026, wrong, ACTORS[LEAD], NOW)
    assert getattr(refused.value, "field", None) == field


def test_an_activity_comes_once() -> None:
    twice = objectives(activity("physics", "cpd", PHYSICS), activity("physics", "cpd", PHYSICS))
    with pytest.raises(ActivityTwice):
        action_plan.write(None, OF, 2026, twice, ACTORS[LEAD], NOW)


def test_four_teachers_who_attend_tick_the_activity_with_the_evidence_attached() -> None:
    plan = written(attended(1, "t1", "t2"))
    assert counted(plan, "physics") == 2
    decision = action_plan.hear(plan, OF, attended(2, "t3", "t4"), NOW)
    assert decision.events == (
        ActivityTicked(
            partnership_id=OF.id,
            activity_id="physics",
            evidence=("occurrences/o1/b1", "occurrences/o2/b2"),
        ),
    )


def test_a_correction_unticks_it_and_says_why() -> None:
    plan = written(attended(1, "t1", "t2", "t3", "t4"))
    decision = action_plan.hear(plan, OF, attended(1, "t1", "t2", "t3", revision=2), NOW)
    (unticked,) = (event for event in decision.events if isinstance(event, ActivityUnticked))
    assert (unticked.activity_id, unticked.reason) == ("physics", "attendance was corrected")
    (change,) = (document for document in decision.documents if isinstance(document, PlanChange))
    assert (change.verb, change.by, change.reason) == ("untick", "evidence", "attendance was corrected")
    unticked_plan = decision.root
    assert isinstance(unticked_plan, ActionPlan)
    assert unticked_plan.unticked == {"physics": "attendance was corrected"}
    done_again = action_plan.hear(unticked_plan, OF, attended(2, "t5"), NOW).root
    assert isinstance(done_again, ActionPlan)
    assert done_again.unticked == {}
    written_anew = unticked_plan.model_copy(update={"status": PlanStatus.DRAFT})
    without = objectives(activity("packs", "resource", DECLARED))
    assert action_plan.write(written_anew, OF, 2026, without, ACTORS[LEAD], NOW).reply.unticked == {}


@pytest.mark.parametrize(
    ("heard", "ticked"),
    [
        ([attended(1, "t1", "t2", "t3")], set()),
        ([attended(1, "t1", "t2", "t3", "t4")], {"physics"}),
        ([attended(1, "t1", "t2", "t3", "t4", subject="physics")], {"physics"}),
        ([attended(1, "t1", "t2", "t3", "t4", subject="Biology")], {"any-course"}),
        ([attended(1, "t1", "t2"), attended(2, "t1", "t2")], {"any-course"}),
        ([attended(1, others=2)], {"any-course"}),
        ([attended(1, "t1", others=1, subject="Biology")], {"any-course"}),
        (
            [attended(1, "t1", "t2", "t3", "t4"), attended(2, "t5", "t6", "t7", "t8")],
            {"physics", "any-course", "physics-again"},
        ),
        ([completed(1)], {"placement"}),
        ([completed(1, days=0)], set()),
        ([days(1, 5, 1)], set()),
        ([days(1, 5, 1), completed(1)], {"placement"}),
        ([days(1, 5, 1), completed(1), days(1, 0, 2)], set()),
        ([completed(1), cancelled(1)], set()),
        ([completed(1), completed(2), completed(3, days=3)], {"placement"}),
        ([completed(1), completed(2), completed(3, days=4)], {"placement", "placements"}),
        ([visited(1)], set()),
        ([visited(1), visited(2)], {"visits"}),
        ([visited(1), visited(2, year="8")], set()),
        ([visited(1), visited(2), visited(2, 2, happened=False)], set()),
    ],
)
def test_what_ticks_which_activity(heard: list[Heard], ticked: set[str]) -> None:
    assert met(written(*heard)) == ticked


def test_one_attendance_counts_for_one_activity_the_one_that_is_due_first() -> None:
    plan = written(attended(1, "t1", "t2", "t3", "t4", "t5"))
    assert [counted(plan, name) for name in ("physics", "any-course", "physics-again")] == [4, 1, 0]


def test_evidence_that_came_before_the_plan_counts_when_it_is_written() -> None:
    early = hearing(None, [attended(1, "t1", "t2", "t3", "t4")])
    assert early.status is PlanStatus.UNWRITTEN
    decision = action_plan.write(early, OF, 2026, EVERY_KIND, ACTORS[LEAD], NOW)
    assert met(decision.reply) == {"physics"}
    assert [type(event) for event in decision.events] == [ActivityTicked]


def test_a_word_ticks_what_leaves_no_evidence_and_nothing_else() -> None:
    declared = action_plan.declare(written(), OF, "packs", "used in year 8", ACTORS[SCHOOL], NOW)
    assert met(declared.reply) == {"packs"}
    retracted = action_plan.retract(declared.reply, OF, "packs", "it was another school", ACTORS[OFFICER], NOW)
    assert met(retracted.reply) == set()
    assert [type(event) for event in retracted.events] == [ActivityUnticked]
    with pytest.raises(NotDeclared):
        action_plan.declare(written(), OF, "physics", "all were there", ACTORS[SCHOOL], NOW)
    with pytest.raises(ActivityUnknown):
        action_plan.declare(written(), OF, "unknown", "all were there", ACTORS[LEAD], NOW)


def test_only_the_owner_or_the_lead_school_gives_its_word() -> None:
    other = Actor("approver-3", speaks_for_school=True, school_urn=URNS[2])
    with pytest.raises(NotAllowed):
        action_plan.declare(written(), OF, "packs", "used in year 8", other, NOW)


def test_an_approval_is_told_and_its_first_day_stays() -> None:
    first = action_plan.approve(written(status=PlanStatus.SUBMITTED), OF, ACTORS[OFFICER], NOW)
    assert first.events == (PlanApproved(partnership_id=OF.id, first_year=2026),)
    again = first.reply.model_copy(update={"status": PlanStatus.SUBMITTED})
    later = NOW.replace(year=2027)
    assert action_plan.approve(again, OF, ACTORS[OFFICER], later).reply.approved_on == NOW.date()


@pytest.mark.parametrize(
    ("year", "term", "begins_on", "ends_on"),
    [
        (2026, 1, date(2026, 9, 1), date(2026, 12, 31)),
        (2026, 2, date(2027, 1, 1), date(2027, 4, 15)),
        (2026, 3, date(2027, 4, 16), date(2027, 8, 31)),
    ],
)
def test_an_academic_year_has_three_terms(year: int, term: int, begins_on: date, ends_on: date) -> None:
    assert (first_day(year, term), last_day(year, term)) == (begins_on, ends_on)
    assert academic_year(ends_on) == year


@pytest.mark.parametrize(
    ("today", "stands", "at_risk"),
    [
        (date(2026, 9, 7), "planned", False),
        (date(2026, 12, 3), "at-risk", False),
        (date(2026, 12, 31), "at-risk", False),
        (date(2027, 1, 1), "overdue", True),
    ],
)
def test_an_activity_stands_against_its_term(today: date, stands: str, at_risk: bool) -> None:
    plan = written()
    assert standing.standings(plan, today)["physics"] == stands
    assert standing.is_at_risk(plan, today) is at_risk


def test_a_plan_is_at_risk_when_a_quarter_of_what_was_due_is_not_done() -> None:
    many = objectives(*(activity(f"packs-{number}", "resource", DECLARED) for number in range(5)))
    plan = action_plan.write(None, OF, 2026, many, ACTORS[LEAD], NOW).reply
    plan = plan.model_copy(update={"status": PlanStatus.APPROVED})
    for number in range(3):
        plan = action_plan.declare(plan, OF, f"packs-{number}", "done", ACTORS[LEAD], NOW).reply
    after_the_term = date(2027, 1, 2)
    assert standing.is_at_risk(plan, after_the_term)
    plan = action_plan.declare(plan, OF, "packs-3", "done", ACTORS[LEAD], NOW).reply
    assert not standing.is_at_risk(plan, after_the_term)


def _everything() -> list[Heard]:
    """Ten stories, corrections and cancellations among them."""
    return [
        attended(1, "t1", "t2", "t3", "t4"),
        attended(1, "t1", "t2", "t3", revision=2),
        attended(2, "t4", "t5", others=1),
        attended(3, "t1", subject="Biology"),
        attended(3, revision=2, others=2, subject="Biology"),
        attended(3, "t1", "t9", revision=3, subject="Biology"),
        days(1, 5, 1),
        completed(1),
        days(1, 3, 2),
        days(2, 5, 1),
        completed(2),
        cancelled(2),
        completed(3),
        visited(1),
        visited(1, 2, happened=False),
        visited(1, 3),
        visited(2),
        visited(3, year="8"),
    ]


def state(plan: ActionPlan) -> dict[str, Any]:
    """All of a plan but what tells of the way that led to it."""
    return plan.model_dump(exclude={"version", "sequence", "last_event", "changes", "unticked"})


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_order_and_any_repetition_of_events_gives_the_same_plan(data: st.DataObject) -> None:
    facts = _everything()
    heard = data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=8))))
    written_at = data.draw(st.integers(0, len(heard)))
    before = hearing(None, heard[:written_at]) if written_at else None
    plan = action_plan.write(before, OF, 2026, EVERY_KIND, ACTORS[LEAD], NOW).reply
    assert state(hearing(plan, heard[written_at:])) == state(written(*facts, status=PlanStatus.DRAFT))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(_everything()), max_size=30))
def test_what_is_ticked_is_what_was_told(heard: list[Heard]) -> None:
    plan, ticked = written(), set[str]()
    for fact in heard:
        decision = action_plan.hear(plan, OF, fact, NOW)
        for event in decision.events:
            assert (ticked.add if isinstance(event, ActivityTicked) else ticked.remove)(_about(event)) is None
        if decision.root is not None:
            plan = hearing(plan, [fact])
        assert met(plan) == ticked


def _about(event: Event) -> str:
    assert isinstance(event, ActivityTicked | ActivityUnticked)
    return event.activity_id


def test_the_control_without_revisions_depends_on_the_order() -> None:
    """What the property stands on: were a correction no newer than what it corrects, the order would show."""
    first, second = attended(1, "t1", "t2", "t3", "t4"), attended(1, "t1", revision=2)
    unnumbered = [replace(first, revision=None), replace(second, revision=None)]
    assert met(written(*unnumbered)) != met(written(*reversed(unnumbered)))
