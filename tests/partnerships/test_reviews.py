"""A review keeps what it had before it: later corrections do not change what was decided on."""

from __future__ import annotations

from typing import Any

from tests.partnerships.programme import URNS, Programme
from tests.partnerships.test_plans import partnership_of

FINDINGS = {"findings": "Physics is ahead, the visits are late."}
SUMMARY = {"summary": "All is well."}


async def last_step(programme: Programme, path: str) -> dict[str, Any]:
    steps = await programme.get(f"{path}/history", programme.officer())
    return dict(steps["items"][-1])


async def test_the_end_of_a_review_keeps_plan_reports_and_money_as_they_stood(planned: tuple[Programme, str]) -> None:
    programme, plan_path = planned
    partnership_id = partnership_of(plan_path)
    path, officer, lead = f"/api/partnerships/{partnership_id}", programme.officer(), programme.school(URNS[0])
    await programme.post(f"{plan_path}/activities/packs/declaration", lead, {"note": "used in year 8"})
    await programme.post(f"{path}/reports/1/1", lead, SUMMARY)
    await programme.post(f"{path}/reports/1/1/acceptance", officer)
    await programme.world.settle()
    balances = await programme.balances(partnership_id)
    await programme.post(f"{path}/mid-point-review", officer)
    assert (await last_step(programme, path))["review"] is None
    await programme.post(f"{path}/continuation", officer, FINDINGS)
    mid_point = await last_step(programme, path)
    assert (mid_point["verb"], mid_point["reason"]) == ("continue", FINDINGS["findings"])
    assert mid_point["review"] == {
        "activities": 5,
        "done": 1,
        "overdue": 0,
        "reports_accepted": 1,
        "allocated_pence": balances[0],
        "reserved_pence": balances[1],
        "committed_pence": balances[2],
        "spent_pence": 0,
    }
    assert balances[2] > 0
    await programme.post(f"{plan_path}/activities/packs/retraction", lead, {"reason": "only two groups"})
    await programme.post(f"{path}/final-review", officer)
    await programme.post(f"{path}/completion", officer, FINDINGS)
    steps = (await programme.get(f"{path}/history", officer))["items"]
    assert [step["review"]["done"] for step in steps if step["review"] is not None] == [1, 0]


async def test_a_review_of_a_partnership_without_a_plan_keeps_the_money(programme: Programme) -> None:
    partnership_id = await programme.funded(10_000)
    path = f"/api/partnerships/{partnership_id}"
    await programme.post(f"{path}/mid-point-review", programme.officer())
    await programme.post(f"{path}/continuation", programme.officer(), FINDINGS)
    review = (await last_step(programme, path))["review"]
    assert (review["activities"], review["reports_accepted"], review["allocated_pence"]) == (0, 0, 10_000)
