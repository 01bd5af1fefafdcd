"""The teacher was at the employer: host and teacher agree on the day, a reflection completes it, its claim is paid."""

from __future__ import annotations

import time
from typing import Final

from infra.cli.hosts import HOST
from infra.story.answers import DaysSettledAnswer, PlacementAnswer
from infra.story.booking import PRICE
from infra.story.claiming import pay
from infra.story.funding import expect_balances
from infra.story.placing import DAYS, RESERVED, Placed
from infra.story.planning import TEACHERS
from infra.story.stage import Stage, expect, pounds

REFLECTION: Final = {"text": "We will test model blades before we talk about forces.", "pupils_to_reach": 120}


def complete(stage: Stage, placed: Placed, partnership_id: str) -> PlacementAnswer:
    """The placement, completed and its bursary paid."""
    stage.teller.chapter(
        "The day at the employer, and what the teacher takes home",
        "The host records the day, the teacher confirms it, and the funds are committed. The claim has drafted itself "
        "too, but lacks its evidence until the teacher has handed in a reflection.",
    )
    host, teacher, path = stage.as_account(HOST), placed.teacher, placed.path
    began = time.monotonic()
    marks = [{"day": day.isoformat(), "done": True} for day in placed.placement.dates]
    recorded = host.post(f"{path}/days", PlacementAnswer, {"days": marks})
    expect("the status of the placement", "days-recorded", recorded.status)
    settled = teacher.post(f"{path}/days/confirmation", PlacementAnswer)
    expect("the status of the placement", "reflection-due", settled.status)
    expect("what the day comes to", DaysSettledAnswer(days_done=DAYS, charged_pence=RESERVED), settled.settlement)
    before = (TEACHERS - 1) * PRICE
    expect_balances(stage, partnership_id, reserved=0, committed=RESERVED, spent=before)
    stage.teller.done(
        f"recorded by the host, confirmed by the teacher: {pounds(RESERVED)} committed", time.monotonic() - began
    )
    completed = teacher.post(f"{path}/reflection", PlacementAnswer, REFLECTION)
    expect("the status of the placement", "completed", completed.status)
    asked = host.post(f"{path}/hosting-again", PlacementAnswer, {"hosts_again": True})
    expect("whether the employer will host again", True, asked.hosts_again)
    stage.teller.done("the teacher hands in a reflection: [bold]completed[/]; the employer will host again")
    pay(stage, partnership_id, {completed.placement_id}, owed=RESERVED, spent=before + RESERVED)
    return asked
