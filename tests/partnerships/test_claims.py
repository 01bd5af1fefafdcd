"""Claims over HTTP: drafted by what was settled, submitted, approved by another, paid in a run, clawed back."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from shared.contracts.claims import ClaimPaid, ClawbackClosed, ClawbackOpened
from tests.partnerships.claiming import BOOKING, approve, correct, pay, spent
from tests.partnerships.programme import URNS, Programme, facts

PLACEMENT = "claims/placement/placement-1"


async def test_a_claim_is_drafted_by_attendance_and_paid_in_a_run(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    (claim,) = (await programme.get(f"{path}/claims", programme.school(URNS[1])))["items"]
    assert (claim["status"], claim["amount_pence"], claim["missing"]) == ("drafted", 45_000, [])
    assert claim["evidence"] == [f"occurrences/{programme.occurrence_id}/booking-1#1"]
    assert claim["payee"] == {"kind": "local-authority", "reference": "391", "name": "Local authority 391"}
    await approve(programme, path)
    run = await pay(programme)
    assert [(line["outcome"], line["amount_pence"]) for line in run["lines"]] == [("paid", 45_000)]
    assert await spent(programme, path) == (0, 45_000, 155_000)
    paid = await programme.get(f"{path}/{BOOKING}", programme.school(URNS[1]))
    assert (paid["status"], paid["amount_pence"], paid["paid_pence"]) == ("paid", 0, 45_000)
    (told,) = await programme.told(ClaimPaid)
    assert (told.run_id, told.payee_kind, told.amount_pence) == (run["id"], "local-authority", 45_000)
    ledger = (await programme.get(f"{path}/account/ledger", programme.finance()))["items"]
    assert (ledger[0]["kind"], ledger[0]["committed_pence"], ledger[0]["spent_pence"]) == ("paid", -45_000, 45_000)


async def test_nobody_approves_what_they_have_submitted(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    both = programme.world.caller("both-1", "finance-officer", "school-approver", school_urn=URNS[1])
    await programme.post(f"{path}/{BOOKING}/submission", both)
    refused = await programme.post(f"{path}/{BOOKING}/approval", both, status=403)
    assert refused["type"].endswith("second-person-needed")
    await programme.post(f"{path}/{BOOKING}/approval", programme.finance())


async def test_only_its_school_or_the_lead_submits_and_only_finance_approves(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    for caller in (programme.school(URNS[2]), programme.officer(), programme.finance()):
        await programme.post(f"{path}/{BOOKING}/submission", caller, status=403)
    await programme.post(f"{path}/{BOOKING}/submission", programme.school("900099"), status=404)
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[0]))
    for caller in (programme.school(URNS[1]), programme.officer()):
        await programme.post(f"{path}/{BOOKING}/approval", caller, status=403)
    given_back = await programme.post(f"{path}/{BOOKING}/return", programme.finance(), {"reason": "a day too many"})
    assert (given_back["status"], given_back["reason"]) == ("drafted", "a day too many")


async def test_a_placement_claim_names_the_missing_reflection(programme: Programme) -> None:
    partnership_id = await programme.funded(200_000)
    path = f"/api/partnerships/{partnership_id}"
    await programme.say(programme.funds_asked(partnership_id, "placement-1", 60_000))
    await programme.world.settle()
    (outstanding,) = (await programme.get(f"{path}/outstanding-claims", programme.school(URNS[1])))["items"]
    assert outstanding["missing"] == ["days", "reflection"]
    await programme.say(programme.days_settled(partnership_id, "placement-1", 60_000))
    await programme.world.settle()
    assert (await programme.get(f"{path}/{PLACEMENT}", programme.school(URNS[1])))["missing"] == ["reflection"]
    refused = await programme.post(f"{path}/{PLACEMENT}/submission", programme.school(URNS[1]), status=409)
    assert (refused["type"].rpartition("/")[2], refused["missing"]) == ("evidence-missing", ["reflection"])
    await programme.say(programme.placement_completed(partnership_id, "placement-1"))
    await programme.world.settle()
    claim = await programme.post(f"{path}/{PLACEMENT}/submission", programme.school(URNS[1]))
    assert claim["evidence"] == ["placements/placement-1#1", "placements/placement-1#completed"]


@pytest.mark.parametrize(
    ("changes", "payee"),
    [
        ({"type": "Academy converter"}, ("school", URNS[1], f"School {URNS[1]}")),
        ({"la_name": "Newcastle upon Tyne"}, ("local-authority", "391", "Newcastle upon Tyne")),
        ({"la_number": None}, None),
    ],
)
async def test_the_payee_follows_from_the_register(
    programme: Programme, changes: dict[str, Any], payee: tuple[str, str, str] | None
) -> None:
    partnership_id = await programme.funded(200_000)
    await programme.register(facts(URNS[1], **changes))
    await programme.say(
        programme.place_held(partnership_id, "booking-1", 45_000),
        programme.settled(partnership_id, "booking-1", 45_000),
    )
    await programme.world.settle()
    path = f"/api/partnerships/{partnership_id}"
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    found = claim["payee"] and (claim["payee"]["kind"], claim["payee"]["reference"], claim["payee"]["name"])
    assert found == payee
    assert claim["missing"] == ([] if payee else ["payee"])
    await programme.register(facts(URNS[1], type="Academy converter"))
    submitted = await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]))
    assert submitted["payee"]["kind"] == "school"


async def test_a_correction_before_the_payment_drafts_the_claim_anew(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await correct(programme, path, 30_000, 2)
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (claim["status"], claim["amount_pence"], claim["approved_by"]) == ("drafted", 30_000, None)
    nothing = await programme.post("/api/payment-runs", programme.finance(), status=409)
    assert nothing["type"].endswith("nothing-to-pay")
    await correct(programme, path, 0, 3)
    assert (await programme.get(f"{path}/{BOOKING}", programme.finance()))["status"] == "void"


async def test_a_correction_after_the_payment_opens_a_clawback_that_is_recovered(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await approve(programme, path)
    await pay(programme)
    await correct(programme, path, 30_000, 2)
    (clawback,) = (await programme.get(f"{path}/clawbacks", programme.school(URNS[1])))["items"]
    assert (clawback["status"], clawback["amount_pence"]) == ("opened", 15_000)
    assert await spent(programme, path) == (0, 45_000, 155_000)
    await programme.post(f"{path}/clawbacks/booking/booking-1/invoice", programme.school(URNS[1]), status=403)
    await programme.post(f"{path}/clawbacks/booking/booking-1/invoice", programme.finance())
    recovered = await programme.post(f"{path}/clawbacks/booking/booking-1/recovery", programme.finance())
    assert (recovered["status"], recovered["recovered_pence"]) == ("recovered", 15_000)
    assert await spent(programme, path) == (0, 30_000, 170_000)
    (opened,), (closed,) = await programme.told(ClawbackOpened), await programme.told(ClawbackClosed)
    assert (opened.amount_pence, closed.clawback_ending) == (15_000, "recovered")


async def test_what_is_waived_stays_spent_and_is_not_asked_for_again(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await pay(programme)
    await correct(programme, path, 30_000, 2)
    waiver = {"reason": "the teacher fell ill on the second day"}
    waived = await programme.post(f"{path}/clawbacks/booking/booking-1/waiver", programme.finance(), waiver)
    assert (waived["status"], waived["waived_pence"], waived["reason"]) == ("waived", 15_000, waiver["reason"])
    assert await spent(programme, path) == (0, 45_000, 155_000)
    await correct(programme, path, 20_000, 3)
    (clawback,) = (await programme.get(f"{path}/clawbacks", programme.finance()))["items"]
    assert (clawback["status"], clawback["amount_pence"]) == ("opened", 10_000)


async def test_a_correction_back_withdraws_the_clawback(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await pay(programme)
    await correct(programme, path, 30_000, 2)
    await correct(programme, path, 45_000, 3)
    (clawback,) = (await programme.get(f"{path}/clawbacks", programme.finance()))["items"]
    assert (clawback["status"], clawback["amount_pence"]) == ("withdrawn", 0)
    await programme.post(f"{path}/clawbacks/booking/booking-1/recovery", programme.finance(), status=409)


async def test_what_a_correction_adds_after_the_payment_is_claimed_anew(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await pay(programme)
    await correct(programme, path, 60_000, 2)
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (claim["status"], claim["amount_pence"], claim["paid_pence"]) == ("drafted", 15_000, 45_000)
    await approve(programme, path)
    await pay(programme)
    assert await spent(programme, path) == (0, 60_000, 140_000)


async def test_a_run_pays_each_claim_once_and_leaves_out_what_has_changed(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    runs = [await programme.post("/api/payment-runs", programme.finance()) for _ in range(2)]
    await programme.world.settle()
    settled = [await programme.get(f"/api/payment-runs/{run['id']}", programme.finance()) for run in runs]
    assert sorted(run["lines"][0]["outcome"] for run in settled) == ["left-out", "paid"]
    assert await spent(programme, path) == (0, 45_000, 155_000)
    assert len(await programme.told(ClaimPaid)) == 1


async def test_a_crash_between_the_accounts_and_the_run_pays_nothing_twice(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    run = await pay(programme)
    await programme.world.kill("partnerships")
    programme.world.broker.group("partnerships").committed.clear()
    await programme.world.start("partnerships")
    await programme.world.settle()
    assert await programme.get(f"/api/payment-runs/{run['id']}", programme.finance()) == run
    assert await spent(programme, path) == (0, 45_000, 155_000)


async def test_the_file_has_a_row_a_payee_and_no_formula(programme: Programme) -> None:
    partnership_id = await programme.funded(200_000)
    path, evil = f"/api/partnerships/{partnership_id}", '=HYPERLINK("http://evil")'
    await programme.register(
        *(facts(urn, la_name="Newcastle upon Tyne") for urn in URNS[1:3]),
        facts(URNS[3], type="Academy converter", name=evil),
    )
    for number, urn in enumerate(URNS[1:4]):
        held = programme.place_held(partnership_id, f"booking-{number}", 10_050, urn=urn)
        settled = programme.settled(partnership_id, f"booking-{number}", 10_050)
        await programme.say(held, settled.model_copy(update={"school_urn": urn}))
    await programme.world.settle()
    for number, urn in enumerate(URNS[1:4]):
        claim = f"{path}/claims/booking/booking-{number}"
        await programme.post(f"{claim}/submission", programme.school(urn))
        await programme.post(f"{claim}/approval", programme.finance())
    run = await programme.post("/api/payment-runs", programme.finance())
    client, file = programme.world.client("partnerships"), f"/api/payment-runs/{run['id']}/file"
    assert (await client.get(file, headers=dict(programme.finance()))).status_code == 409
    await programme.world.settle()
    answer = await client.get(file, headers=dict(programme.finance()))
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert [(row["payee_kind"], row["payee_name"], row["amount_gbp"], row["claims"]) for row in rows] == [
        ("local-authority", "Newcastle upon Tyne", "201.00", "2"),
        ("school", f"'{evil}", "100.50", "1"),
    ]
    for caller in (programme.officer(), programme.school(URNS[0])):
        assert (await client.get(file, headers=dict(caller))).status_code == 403


async def test_finance_sees_the_claims_of_all_partnerships(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    assert (await programme.get("/api/claims", programme.finance(), status="submitted"))["items"] == []
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]))
    (claim,) = (await programme.get("/api/claims", programme.finance(), status="submitted"))["items"]
    assert claim["funded_id"] == "booking-1"
    client = programme.world.client("partnerships")
    assert (await client.get("/api/claims", headers=dict(programme.school(URNS[1])))).status_code == 403
