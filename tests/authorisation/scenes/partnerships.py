"""Six schools form a partnership, step by step, and get money; a school that does not belong to it drafts another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.partnerships.api.register_imports import CSV_EXAMPLE
from services.partnerships.domain.account import Funded
from services.partnerships.domain.claim_policy import Payee
from services.partnerships.domain.reservation import Request, Terms
from services.partnerships.domain.settlement import Attendance
from services.partnerships.use_cases import funds
from tests.authorisation.callers import FOREIGN_URN
from tests.authorisation.stage import CANARY, Stage, Telling
from tests.partnerships.planning import activity
from tests.partnerships.programme import TODAY, URNS, Programme, facts

PLAN: Final = {
    "first_year": 2026,
    "objectives": [
        {"title": f"More {CANARY} physics", "activities": [activity("packs", "resource", {"kind": "declared"})]}
    ],
}
TERMS: Final = Terms(TODAY)
REGISTER: Final = CSV_EXAMPLE.replace("900001", "900098")


async def _step(stage: Stage, verb: str, who: str, body: object = None) -> None:
    """One step of the partnership."""
    path = f"/api/partnerships/{stage.ids['partnership_id']}/{verb}"
    await Programme(stage.world).post(path, stage.caller(who), body)


async def _inviting(stage: Stage) -> None:
    """A draft of the lead school; the others are invited. A foreign school drafts one of its own."""
    programme = Programme(stage.world)
    await programme.register(*(facts(urn) for urn in (*URNS, FOREIGN_URN)))
    lead, foreign = programme.school(URNS[0]), programme.school(FOREIGN_URN)
    drafted = await programme.post("/api/partnerships", lead, {"name": f"The {CANARY} valley", "lead_urn": URNS[0]})
    other = await programme.post("/api/partnerships", foreign, {"name": "The other valley", "lead_urn": FOREIGN_URN})
    stage.ids |= {"partnership_id": drafted["id"], "foreign-partnership": other["id"], "urn": URNS[1]}
    stage.ids["register"] = REGISTER
    for urn in URNS[1:5]:
        await _step(stage, "invitations", "school-approver", {"school_urn": urn})


async def _formed(stage: Stage) -> None:
    programme = Programme(stage.world)
    for urn in URNS[1:5]:
        path = f"/api/partnerships/{stage.ids['partnership_id']}/members/{urn}/acceptance"
        await programme.post(path, programme.school(urn))


async def _submitted(stage: Stage) -> None:
    await _step(stage, "submission", "school-approver")


async def _reviewed(stage: Stage) -> None:
    await _step(stage, "review", "programme-officer")


async def _approved(stage: Stage) -> None:
    await _step(stage, "approval", "programme-officer")


async def _signed(stage: Stage) -> None:
    await _step(stage, "agreement", "school-approver")


async def _funded(stage: Stage) -> None:
    """It is active and has money."""
    await _step(stage, "activation", "programme-officer")
    finance, programme = stage.caller("finance-officer"), Programme(stage.world)
    sponsor = await programme.post("/api/sponsors", finance, {"name": f"{CANARY} plc"})
    pot = await programme.post("/api/pots", finance, {"sponsor_id": sponsor["id"], "name": f"{CANARY} pot"})
    await programme.post(f"/api/pots/{pot['id']}/payments", finance, {"amount_pence": 1_000_000})
    given = {"partnership_id": stage.ids["partnership_id"], "amount_pence": 500_000, "kind": "bursaries"}
    made = await programme.post(f"/api/pots/{pot['id']}/allocations", finance, given)
    stage.ids |= {"sponsor_id": sponsor["id"], "pot_id": pot["id"], "allocation_id": made["id"]}
    stage.ids |= {"purpose": "booking", "funded_id": "booking-1", "year": "1", "term": "1"}
    await _step(stage, "plan", "school-approver", PLAN)


async def _running(stage: Stage) -> None:
    """It owes for a booking, which nobody but itself has heard of: courses would wait for it, and is done. A register
    comes in."""
    await _owed(stage, 300, 1)
    await _register_import(stage)


async def _owed(stage: Stage, charged: int, revision: int) -> None:
    """A booking of the member school was attended, and cost so much."""
    work, account_id = stage.world.running["partnerships"].work(), stage.ids["partnership_id"]
    booking = Funded("booking", stage.ids["funded_id"])
    await funds.reserve(work, Request(account_id, booking, "occurrences/occurrence-1", URNS[1], charged, TERMS))
    payee = Payee(kind="school", reference=URNS[1], name=f"The {CANARY} school")
    source = "occurrences/occurrence-1/booking-1"
    attendance = Attendance(account_id, booking, revision, charged, source, URNS[1], payee)
    await funds.commit(work, attendance)


async def _claim_submitted(stage: Stage) -> None:
    await _step(stage, "claims/booking/booking-1/submission", "member-approver")


async def _claim_approved(stage: Stage) -> None:
    await _claim_submitted(stage)
    await _step(stage, "claims/booking/booking-1/approval", "finance-officer")


async def _claim_short(stage: Stage) -> None:
    """The attendance was corrected to more than the account holds."""
    await _owed(stage, 1_000_000_000, 2)


async def _clawed(stage: Stage) -> None:
    """The claim was paid, and then the attendance corrected."""
    await _claim_approved(stage)
    run = await Programme(stage.world).post("/api/payment-runs", stage.caller("finance-officer"))
    await stage.world.settle()
    stage.ids["run_id"] = run["id"]
    await _owed(stage, 100, 2)


async def _plan_submitted(stage: Stage) -> None:
    await _step(stage, "plan/submission", "school-approver")


async def _plan_approved(stage: Stage) -> None:
    await _plan_submitted(stage)
    await _step(stage, "plan/approval", "programme-officer")


async def _reported(stage: Stage) -> None:
    await _plan_approved(stage)
    await _step(stage, "reports/1/1", "school-approver", {"summary": f"The {CANARY} is well."})


async def _register_import(stage: Stage) -> None:
    headers = {**stage.caller("operator"), "Idempotency-Key": "register-1", "Content-Type": "text/csv"}
    answer = await stage.world.client("partnerships").post("/api/register-imports", headers=headers, content=REGISTER)
    assert answer.status_code == 202, answer.text
    stage.ids["import_id"] = answer.json()["id"]


async def _suspended(stage: Stage) -> None:
    await _step(stage, "suspension", "programme-officer", {"reason": "The lead school is closed."})


async def _mid_point(stage: Stage) -> None:
    await _step(stage, "mid-point-review", "programme-officer")


async def _second_year(stage: Stage) -> None:
    await _mid_point(stage)
    await _step(stage, "continuation", "programme-officer", {"findings": f"The {CANARY} is on track."})


async def _final(stage: Stage) -> None:
    await _second_year(stage)
    await _step(stage, "final-review", "programme-officer")


async def _completed(stage: Stage) -> None:
    await _final(stage)
    await _step(stage, "completion", "programme-officer", {"findings": "It was worth it."})


TELLINGS: Final[Mapping[str, Telling]] = {
    "inviting": _inviting,
    "formed": _formed,
    "submitted": _submitted,
    "reviewed": _reviewed,
    "approved": _approved,
    "signed": _signed,
    "funded": _funded,
    "running": _running,
    "suspended": _suspended,
    "claim-submitted": _claim_submitted,
    "claim-approved": _claim_approved,
    "claim-short": _claim_short,
    "clawed": _clawed,
    "plan-submitted": _plan_submitted,
    "plan-approved": _plan_approved,
    "reported": _reported,
    "mid-point": _mid_point,
    "second-year": _second_year,
    "final": _final,
    "ended": _completed,
}
