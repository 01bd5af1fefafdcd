"""Action plans: written by the lead school, approved by a programme officer, ticked by evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.partnerships.domain import action_plan, known_occurrence, plan_succession
from services.partnerships.domain.evidence import Heard
from services.partnerships.domain.known_occurrence import KnownOccurrence
from services.partnerships.domain.life_cycle import ENDED
from services.partnerships.domain.partnership import Actor, Partnership
from services.partnerships.domain.planned import ActionPlan, Objective, PlanStatus
from services.partnerships.use_cases.partnerships import visible
from shared.decision import Decision, Documents, Read
from shared.refusals import NotFound
from shared.work import Work

Rule = Callable[[ActionPlan, Partnership, datetime], Decision[ActionPlan]]


async def hear(work: Work, partnership_id: str, heard: Heard) -> None:
    """Take in what another service told, whether there is a plan yet or not."""
    await _hear(work, partnership_id, lambda _documents: heard)


async def hear_attendance(work: Work, partnership_id: str, occurrence_id: str, heard: Heard) -> None:
    """Take in who attended; what the occurrence is about, courses told when it was scheduled."""

    def about(documents: Documents) -> Heard:
        return replace(heard, fields={**_about(documents.get(KnownOccurrence, occurrence_id)), **heard.fields})

    await _hear(work, partnership_id, about, (KnownOccurrence, occurrence_id))


async def _hear(work: Work, partnership_id: str, about: Callable[[Documents], Heard], *reads: Read) -> None:
    """Take in a fact, as it is with these documents; one of a partnership that does not exist is nothing to us."""

    def decide(plan: ActionPlan | None, documents: Documents, now: datetime) -> Decision[None]:
        partnership = documents.get(Partnership, partnership_id)
        if partnership is None:
            return Decision(None)
        return action_plan.hear(plan, partnership, about(documents), now)

    wanted: tuple[Read, ...] = ((Partnership, partnership_id), *reads)
    await work.create_or_change(ActionPlan, partnership_id, decide, lambda _plan: wanted)


def _about(occurrence: KnownOccurrence | None) -> dict[str, object]:
    if occurrence is None:
        return {"subjects": ()}
    ended_on = occurrence.ends_at.date()
    return {"subjects": occurrence.subjects, "course_code": occurrence.course_code, "on": ended_on}


async def learn_occurrence(work: Work, occurrence: KnownOccurrence) -> None:
    """Remember what an occurrence is about."""
    await work.create_or_change(
        KnownOccurrence, occurrence.id, lambda _known, _documents, _now: known_occurrence.learn(occurrence)
    )


async def move_occurrence(work: Work, occurrence_id: str, starts_at: datetime, ends_at: datetime) -> None:
    """Remember its other dates."""

    def decide(known: KnownOccurrence | None, _documents: Documents, _now: datetime) -> Decision[None]:
        return known_occurrence.move(known, starts_at, ends_at)

    await work.create_or_change(KnownOccurrence, occurrence_id, decide)


async def write(
    work: Work, partnership_id: str, first_year: int, objectives: tuple[Objective, ...], actor: Actor
) -> ActionPlan:
    """Write the plan. Raises what makes it unsound."""
    partnership = await visible(work, partnership_id, actor)

    def decide(plan: ActionPlan | None, _documents: Documents, now: datetime) -> Decision[ActionPlan]:
        return action_plan.write(plan, partnership, first_year, objectives, actor, now)

    return await work.create_or_change(ActionPlan, partnership_id, decide)


async def succeed_owner(work: Work, partnership_id: str, urn: str, successor_urn: str) -> None:
    """A school goes on under another URN: what it owned is its successor's, if that belongs to the partnership."""

    def decide(plan: ActionPlan | None, documents: Documents, now: datetime) -> Decision[None]:
        partnership = documents.get(Partnership, partnership_id)
        if plan is None or partnership is None or successor_urn not in partnership.accepted:
            return Decision(None)
        return plan_succession.succeed(plan, partnership, urn, successor_urn, now)

    await work.create_or_change(ActionPlan, partnership_id, decide, lambda _plan: ((Partnership, partnership_id),))


async def submit(work: Work, partnership_id: str, actor: Actor) -> ActionPlan:
    """The lead school hands it in."""
    return await _change(work, partnership_id, actor, lambda plan, of, now: action_plan.submit(plan, of, actor, now))


async def give_back(work: Work, partnership_id: str, reason: str, actor: Actor) -> ActionPlan:
    """A programme officer gives it back."""
    return await _change(
        work, partnership_id, actor, lambda plan, of, now: action_plan.give_back(plan, of, reason, actor, now)
    )


async def approve(work: Work, partnership_id: str, actor: Actor) -> ActionPlan:
    """A programme officer approves it."""
    return await _change(work, partnership_id, actor, lambda plan, of, now: action_plan.approve(plan, of, actor, now))


async def reopen(work: Work, partnership_id: str, reason: str, actor: Actor) -> ActionPlan:
    """A programme officer lets it be changed."""
    return await _change(
        work, partnership_id, actor, lambda plan, of, now: action_plan.reopen(plan, of, reason, actor, now)
    )


async def declare(work: Work, partnership_id: str, activity_id: str, note: str, actor: Actor) -> ActionPlan:
    """A school says that something was done that leaves no evidence."""
    return await _change(
        work,
        partnership_id,
        actor,
        lambda plan, of, now: action_plan.declare(plan, of, activity_id, note, actor, now),
    )


async def retract(work: Work, partnership_id: str, activity_id: str, reason: str, actor: Actor) -> ActionPlan:
    """It was not done after all."""
    return await _change(
        work,
        partnership_id,
        actor,
        lambda plan, of, now: action_plan.retract(plan, of, activity_id, reason, actor, now),
    )


async def look_again(work: Work, partnership_id: str) -> None:
    """A term is over: see whether the plan has fallen behind; the schedule asks for it."""

    def decide(plan: ActionPlan, documents: Documents, now: datetime) -> Decision[None]:
        partnership = documents.get(Partnership, partnership_id)
        going_on = partnership is not None and partnership.status not in ENDED
        return action_plan.look_again(plan, going_on=going_on, now=now)

    await work.change(ActionPlan, partnership_id, decide, lambda _plan: ((Partnership, partnership_id),))


async def written(work: Work, partnership_id: str, actor: Actor) -> ActionPlan:
    """The plan, if there is one and the actor may see it. Raises NotFound."""
    await visible(work, partnership_id, actor)
    plan = await work.collection(ActionPlan).get(partnership_id)
    if plan is None or plan.status is PlanStatus.UNWRITTEN:
        raise NotFound()
    return plan


async def _change(work: Work, partnership_id: str, actor: Actor, rule: Rule) -> ActionPlan:
    partnership = await visible(work, partnership_id, actor)

    def decide(plan: ActionPlan, _documents: Documents, now: datetime) -> Decision[ActionPlan]:
        return rule(plan, partnership, now)

    return await work.change(ActionPlan, partnership_id, decide)
