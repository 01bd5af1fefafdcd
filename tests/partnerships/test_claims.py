"""Claims over HTTP: drafted by what was settled, submitted, approved by another, paid in a run, clawed back."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.claims import (
    ClaimExpired,
    ClaimFellShort,
    ClaimPaid,
    ClaimShortageClosed,
    ClawbackClosed,
    ClawbackOpened,
)
from tests.partnerships.programme import URNS, Programme, facts

BOOKING = "claims/booking/booking-1"
PLACEMENT = "claims/placement/placement-1"


@pytest.fixture
async def attended(programme: Programme) -> tuple[Programme, str]:
    """A booking of £450 was attended; gives the partnership's path."""
    partnership_id = await programme.funded(200_000)
    await programme.say(
        programme.place_held(partnership_id, "booking-1", 45_000),
        programme.settled(partnership_id, "booking-1", 45_000),
    )
    await programme.world.settle()
    return programme, f"/api/partnerships/{partnership_id}"


def partnership_of(path: str) -> str:
    return path.split("/")[3]


async def approve(programme: Programme, path: str, claim: str = BOOKING) -> None:
    await programme.post(f"{path}/{claim}/submission", programme.school(URNS[1]))
    await programme.post(f"{path}/{claim}/approval", programme.finance())


async def pay(programme: Programme) -> dict[str, Any]:
    """A payment run of everything that is approved; gives it as it was settled."""
    run = await programme.post("/api/payment-runs", programme.finance())
    await programme.world.settle()
    settled: dict[str, Any] = await programme.get(f"/api/payment-runs/{run['id']}", programme.finance())
    return settled


async def spent(programme: Programme, path: str) -> tuple[int, int, int]:
    """Committed, spent, available."""
    account = await programme.get(f"{path}/account", programme.officer())
    assert account["allocated_pence"] == sum(
        account[f"{name}_pence"] for name in ("reserved", "committed", "spent", "available")
    )
    return account["committed_pence"], account["spent_pence"], account["available_pence"]


async def correct(programme: Programme, path: str, charged: int, revision: int) -> None:
    await programme.say(programme.settled(partnership_of(path), "booking-1", charged, revision=revision))
    await programme.world.settle()


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


async def test_a_claim_has_a_window_which_finance_may_open_anew(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    late = await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]), status=409)
    assert (late["type"].rpartition("/")[2], late["window_closes_on"]) == ("claim-window-closed", "2027-03-06")
    await programme.post(f"{path}/{BOOKING}/extension", programme.finance(), {"reason": "the school was flooded"})
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]))


async def test_what_nobody_submits_expires_and_its_money_is_free_again(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await programme.say(
        programme.place_held(partnership_of(path), "booking-2", 20_000),
        programme.settled(partnership_of(path), "booking-2", 20_000),
    )
    await programme.world.settle()
    await programme.post(f"{path}/claims/booking/booking-2/submission", programme.school(URNS[1]))
    programme.world.clock.advance(timedelta(days=180))
    await programme.world.settle()
    assert (await programme.get(f"{path}/{BOOKING}", programme.finance()))["status"] == "drafted"
    programme.world.clock.advance(timedelta(days=1))
    await programme.world.settle()
    claim = await programme.get(f"{path}/{BOOKING}", programme.school(URNS[1]))
    assert (claim["status"], claim["amount_pence"], claim["expired_pence"]) == ("expired", 0, 45_000)
    assert (await programme.get(f"{path}/claims/booking/booking-2", programme.finance()))["status"] == "submitted"
    assert await spent(programme, path) == (20_000, 0, 180_000)
    (told,) = await programme.told(ClaimExpired)
    assert (told.funded_id, told.school_urn, told.amount_pence) == ("booking-1", URNS[1], 45_000)
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]), status=409)


async def test_an_expired_claim_comes_back_with_its_money_and_expires_again(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    await programme.post(f"{path}/{BOOKING}/extension", programme.school(URNS[1]), {"reason": "flooded"}, status=403)
    await programme.post(f"{path}/{BOOKING}/extension", programme.finance(), {"reason": "the school was flooded"})
    assert await spent(programme, path) == (45_000, 0, 155_000)
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    assert await spent(programme, path) == (0, 0, 200_000)
    assert len(await programme.told(ClaimExpired)) == 2


async def test_an_expired_claim_whose_money_is_used_elsewhere_stays_expired(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    await programme.say(
        programme.place_held(partnership_of(path), "booking-2", 100_000),
        programme.place_held(partnership_of(path), "booking-3", 60_000, urn=URNS[2]),
    )
    await programme.world.settle()
    refused = await programme.post(
        f"{path}/{BOOKING}/extension", programme.finance(), {"reason": "the school was flooded"}, status=409
    )
    assert (refused["type"].rpartition("/")[2], refused["short_by_pence"]) == ("claim-money-gone", 5_000)
    assert (await programme.get(f"{path}/{BOOKING}", programme.finance()))["status"] == "expired"


async def test_a_correction_drafts_an_expired_claim_anew(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    programme.world.clock.advance(timedelta(days=181))
    await programme.world.settle()
    await correct(programme, path, 30_000, 2)
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (claim["status"], claim["amount_pence"], claim["expired_pence"]) == ("drafted", 30_000, 0)
    assert await spent(programme, path) == (30_000, 0, 170_000)


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


async def test_what_the_account_cannot_pay_waits_visibly_until_money_comes(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await correct(programme, path, 205_000, 2)
    (claim,) = (await programme.get("/api/claims", programme.finance(), status="short"))["items"]
    assert (claim["amount_pence"], claim["short_by_pence"], claim["approved_by"]) == (45_000, 5_000, None)
    nothing = await programme.post("/api/payment-runs", programme.finance(), status=409)
    assert nothing["type"].endswith("nothing-to-pay")
    (told,) = await programme.told(ClaimFellShort)
    assert (told.funded_id, told.school_urn, told.short_by_pence) == ("booking-1", URNS[1], 5_000)
    await programme.allocate(partnership_of(path), 4_000)
    still = await programme.get(f"{path}/{BOOKING}", programme.school(URNS[1]))
    assert (still["status"], still["short_by_pence"]) == ("short", 1_000)
    await programme.allocate(partnership_of(path), 1_000)
    drafted = await programme.get(f"{path}/{BOOKING}", programme.school(URNS[1]))
    assert (drafted["status"], drafted["amount_pence"], drafted["short_by_pence"]) == ("drafted", 205_000, 0)
    assert drafted["evidence"][-1].endswith("#2")
    (closed,) = await programme.told(ClaimShortageClosed)
    assert (closed.shortage_ending, closed.amount_pence) == ("funded", 205_000)
    await approve(programme, path)
    await pay(programme)
    assert await spent(programme, path) == (0, 205_000, 0)


async def test_money_goes_to_the_claim_that_has_been_short_for_longest_and_then_to_the_next(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await programme.say(
        programme.place_held(partnership_of(path), "booking-2", 20_000),
        programme.settled(partnership_of(path), "booking-2", 20_000),
    )
    await correct(programme, path, 185_000, 2)
    programme.world.clock.advance(timedelta(minutes=1))
    await programme.say(programme.settled(partnership_of(path), "booking-2", 160_000, revision=2))
    await programme.world.settle()
    assert len(await programme.told(ClaimFellShort)) == 2
    await programme.allocate(partnership_of(path), 145_000)
    claims = (await programme.get(f"{path}/claims", programme.finance()))["items"]
    assert [(claim["status"], claim["amount_pence"]) for claim in claims] == [
        ("drafted", 185_000),
        ("drafted", 160_000),
    ]
    assert [event.funded_id for event in await programme.told(ClaimShortageClosed)] == ["booking-1", "booking-2"]


async def test_finance_may_settle_a_short_claim_at_what_is_there(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await correct(programme, path, 205_000, 2)
    settlement, why = f"{path}/{BOOKING}/settlement", {"reason": "the sponsor gives no more"}
    for caller in (programme.school(URNS[1]), programme.officer()):
        await programme.post(settlement, caller, why, status=403)
    await programme.post(f"{path}/{BOOKING}/submission", programme.school(URNS[1]), status=409)
    settled = await programme.post(settlement, programme.finance(), why)
    assert (settled["status"], settled["amount_pence"], settled["reason"]) == ("drafted", 200_000, why["reason"])
    assert await spent(programme, path) == (200_000, 0, 0)
    await programme.post(settlement, programme.finance(), why, status=409)
    await programme.allocate(partnership_of(path), 10_000)
    assert await spent(programme, path) == (200_000, 0, 10_000)
    (closed,) = await programme.told(ClaimShortageClosed)
    assert (closed.shortage_ending, closed.amount_pence) == ("reduced", 200_000)


async def test_a_paid_claim_that_falls_short_and_gets_nothing_more_stays_paid(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await approve(programme, path)
    await pay(programme)
    await programme.say(programme.place_held(partnership_of(path), "booking-2", 100_000))
    await programme.say(programme.place_held(partnership_of(path), "booking-3", 55_000, urn=URNS[2]))
    await correct(programme, path, 60_000, 2)
    short = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (short["status"], short["amount_pence"], short["short_by_pence"]) == ("short", 0, 15_000)
    settled = await programme.post(f"{path}/{BOOKING}/settlement", programme.finance(), {"reason": "no more money"})
    assert (settled["status"], settled["amount_pence"], settled["paid_pence"]) == ("paid", 0, 45_000)


async def test_a_shortage_ends_with_a_correction_that_the_account_can_pay(attended: tuple[Programme, str]) -> None:
    programme, path = attended
    await correct(programme, path, 205_000, 2)
    await correct(programme, path, 45_000, 3)
    claim = await programme.get(f"{path}/{BOOKING}", programme.finance())
    assert (claim["status"], claim["amount_pence"], claim["short_by_pence"]) == ("drafted", 45_000, 0)
    (closed,) = await programme.told(ClaimShortageClosed)
    assert closed.shortage_ending == "corrected"


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
