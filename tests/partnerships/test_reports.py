"""Progress reports and instalments: what an approved plan and accepted reports release, as far as the money goes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from services.partnerships.domain import progress_report
from services.partnerships.domain.funding_scheme import FundingScheme, YearAward, funding_scheme
from services.partnerships.domain.instalment import INSTALMENT, InstalmentStatus
from services.partnerships.domain.life_cycle import Status
from services.partnerships.domain.partnership import Actor
from services.partnerships.domain.planned import ActionPlan, PlanStatus
from services.partnerships.domain.progress_report import (
    REPORT,
    PartnershipNotRunning,
    PlanNotApproved,
    ProgressReport,
    ReportStatus,
    TermNotBegun,
    YearNotReached,
)
from shared.contracts.claims import InstalmentReleased, InstalmentWaits, ReportReturned
from shared.decision import Decision
from shared.refusals import NotAllowed
from shared.transitions import WrongState
from tests.partnerships.planning import whole_plan
from tests.partnerships.programme import URNS, Programme, facts
from tests.partnerships.test_life_cycle import ACTORS, partnership

NOW = datetime(2026, 9, 7, tzinfo=UTC)
OF = partnership(Status.ACTIVE)
APPROVED = ActionPlan(id=OF.id, status=PlanStatus.APPROVED, first_year=2026)


def report(status: ReportStatus) -> ProgressReport | None:
    if status is ReportStatus.UNWRITTEN:
        return None
    return ProgressReport(
        id=f"{OF.id}-1-1",
        partnership_id=OF.id,
        year=1,
        term=1,
        status=status,
        summary="all well",
        activities=0,
        done=0,
        overdue=0,
        submitted_by="lead-1",
        submitted_at=NOW,
    )


Ask = Callable[[ProgressReport | None, Actor], Decision[ProgressReport]]
ASKS: dict[str, Ask] = {
    "submit": lambda known, actor: progress_report.submit(known, OF, APPROVED, (1, 1), "all well", actor, NOW),
    "return": lambda known, actor: progress_report.give_back(known, OF, "too short", actor, NOW),
    "accept": lambda known, actor: progress_report.accept(known, OF, actor, NOW),
}


@pytest.mark.parametrize("actor", ACTORS)
@pytest.mark.parametrize("verb", ASKS)
@pytest.mark.parametrize("status", ReportStatus)
def test_a_report_moves_by_its_table_only(status: ReportStatus, verb: str, actor: str) -> None:
    assert {row.verb for row in REPORT.rows} == set(ASKS)
    rows = [row for row in REPORT.rows if row.verb == verb]
    if status is ReportStatus.UNWRITTEN and verb != "submit":
        return
    if actor not in {row.by for row in rows}:
        with pytest.raises(NotAllowed):
            ASKS[verb](report(status), ACTORS[actor])
        return
    targets = {row.target for row in rows if row.source is status}
    if not targets:
        with pytest.raises(WrongState):
            ASKS[verb](report(status), ACTORS[actor])
        return
    assert {ASKS[verb](report(status), ACTORS[actor]).reply.status} == targets


@pytest.mark.parametrize("status", InstalmentStatus)
@pytest.mark.parametrize("verb", ["release", "wait"])
def test_an_instalment_moves_by_its_table_only(status: InstalmentStatus, verb: str) -> None:
    targets = {row.target for row in INSTALMENT.rows if (row.source, row.verb) == (status, verb)}
    if targets:
        assert {INSTALMENT.next(status, verb)} == targets
    else:
        with pytest.raises(WrongState):
            INSTALMENT.next(status, verb)


@pytest.mark.parametrize(
    ("status", "plan", "year", "refusal"),
    [
        (Status.APPROVED, APPROVED, 1, PartnershipNotRunning),
        (Status.SUSPENDED, APPROVED, 1, PartnershipNotRunning),
        (Status.ACTIVE, None, 1, PlanNotApproved),
        (Status.ACTIVE, ActionPlan(id=OF.id, status=PlanStatus.DRAFT), 1, PlanNotApproved),
        (Status.ACTIVE, APPROVED, 2, YearNotReached),
    ],
)
def test_a_report_is_about_a_running_partnership_and_its_approved_plan(
    status: Status, plan: ActionPlan | None, year: int, refusal: type[Exception]
) -> None:
    lead = ACTORS["lead"]
    with pytest.raises(refusal):
        progress_report.submit(None, partnership(status), plan, (year, 1), "all well", lead, NOW)


@pytest.mark.parametrize(
    ("first_year", "year", "term", "begins_on"),
    [
        (2026, 1, 1, date(2026, 9, 1)),
        (2026, 1, 2, date(2027, 1, 1)),
        (2026, 1, 3, date(2027, 4, 16)),
        (2026, 2, 1, date(2027, 9, 1)),
        (2025, 1, 3, date(2026, 4, 16)),
    ],
)
def test_a_report_is_about_a_term_that_has_begun(first_year: int, year: int, term: int, begins_on: date) -> None:
    in_second = OF.model_copy(update={"year": 2})
    plan = APPROVED.model_copy(update={"first_year": first_year})
    lead, morning = ACTORS["lead"], datetime.combine(begins_on, time.min, UTC)
    with pytest.raises(TermNotBegun) as refused:
        progress_report.submit(None, in_second, plan, (year, term), "all well", lead, morning - timedelta(seconds=1))
    assert (refused.value.field, refused.value.facts) == ("term", {"begins_on": begins_on.isoformat()})
    progress_report.submit(None, in_second, plan, (year, term), "all well", lead, morning)


@pytest.mark.parametrize(
    ("status", "known", "taken"),
    [
        (Status.COMPLETED, ReportStatus.RETURNED, True),
        (Status.ALUMNI, ReportStatus.RETURNED, True),
        (Status.COMPLETED, ReportStatus.UNWRITTEN, False),
        (Status.TERMINATED, ReportStatus.RETURNED, False),
    ],
)
def test_a_completed_partnership_hands_in_again_what_was_returned(
    status: Status, known: ReportStatus, taken: bool
) -> None:
    def hand_in() -> Decision[ProgressReport]:
        return progress_report.submit(report(known), partnership(status), APPROVED, (1, 1), "x", ACTORS["lead"], NOW)

    if taken:
        assert hand_in().reply.status is ReportStatus.SUBMITTED
    else:
        with pytest.raises(PartnershipNotRunning):
            hand_in()


def test_instalments_add_up_to_the_award_of_their_year() -> None:
    scheme = funding_scheme(date(2026, 9, 7))
    assert scheme is not None
    assert scheme.start_up_pence == 200_000
    for year, award in ((1, 600_000), (2, 400_000)):
        assert sum(scheme.instalment(year, term) for term in (1, 2, 3)) == award
    assert scheme.instalment(2, 1) == 133_333
    assert scheme.instalment(2, 3) == 133_334
    assert (scheme.instalment(3, 1), scheme.instalment(1, 4)) == (0, 0)


@pytest.mark.parametrize(
    ("on", "version"),
    [
        (date(2019, 1, 1), None),
        (date(2020, 1, 1), "one"),
        (date(2022, 12, 31), "one"),
        (date(2023, 1, 1), "two"),
        (date(2023, 6, 30), "two"),
        (date(2023, 7, 1), None),
    ],
)
def test_a_scheme_is_valid_from_a_day_to_a_day(on: date, version: str | None) -> None:
    one = FundingScheme(
        version="one",
        valid_from=date(2020, 1, 1),
        valid_to=None,
        state_funded_only=True,
        placement_day_pence=1,
        teacher_cap_pence=1,
        school_cap_pence=1,
        start_up_pence=1,
        years=(YearAward(amount_pence=1, instalments=1),),
    )
    two = one.model_copy(update={"version": "two", "valid_from": date(2023, 1, 1), "valid_to": date(2023, 6, 30)})
    found = funding_scheme(on, (one, two))
    assert (found and found.version) == version


@pytest.fixture
async def planned(programme: Programme) -> tuple[Programme, str]:
    """A running partnership with £2,500 and an approved plan; gives its path."""
    path = f"/api/partnerships/{await programme.funded(250_000)}"
    await programme.post(f"{path}/plan", programme.school(URNS[0]), whole_plan())
    await programme.post(f"{path}/plan/submission", programme.school(URNS[0]))
    await programme.post(f"{path}/plan/approval", programme.officer())
    await programme.world.settle()
    return programme, path


async def instalments(programme: Programme, path: str) -> list[tuple[Any, ...]]:
    found = (await programme.get(f"{path}/instalments", programme.school(URNS[0])))["items"]
    return [(each["name"], each["status"], each["amount_pence"]) for each in found]


async def accept(programme: Programme, path: str, year: int, term: int) -> None:
    report_path = f"{path}/reports/{year}/{term}"
    await programme.post(report_path, programme.school(URNS[0]), {"summary": "Four teachers attended."})
    await programme.post(f"{report_path}/acceptance", programme.officer())
    await programme.world.settle()


async def test_an_approved_plan_and_a_signed_agreement_release_the_start_up_grant(
    planned: tuple[Programme, str],
) -> None:
    programme, path = planned
    assert await instalments(programme, path) == [("start-up", "released", 200_000)]
    account = await programme.get(f"{path}/account", programme.officer())
    assert (account["committed_pence"], account["available_pence"]) == (200_000, 50_000)
    claim = await programme.get(f"{path}/claims/instalment/start-up", programme.finance())
    assert (claim["status"], claim["amount_pence"], claim["school_urn"]) == ("submitted", 200_000, URNS[0])


async def test_the_start_up_grant_waits_for_the_signature(programme: Programme) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    path = f"/api/partnerships/{await programme.under_review()}"
    await programme.post(f"{path}/approval", programme.officer())
    await programme.allocate(path.split("/")[3], 250_000)
    await programme.post(f"{path}/plan", programme.school(URNS[0]), whole_plan())
    await programme.post(f"{path}/plan/submission", programme.school(URNS[0]))
    await programme.post(f"{path}/plan/approval", programme.officer())
    await programme.world.settle()
    assert await instalments(programme, path) == []
    await programme.post(f"{path}/agreement", programme.school(URNS[0]))
    await programme.world.settle()
    assert await instalments(programme, path) == [("start-up", "released", 200_000)]


async def test_an_accepted_report_releases_its_term_and_waits_where_money_is_short(
    planned: tuple[Programme, str],
) -> None:
    programme, path = planned
    await accept(programme, path, 1, 1)
    early = await programme.post(f"{path}/reports/1/2", programme.school(URNS[0]), {"summary": "Already."}, status=409)
    assert (early["type"].rpartition("/")[2], early["begins_on"]) == ("term-not-begun", "2027-01-01")
    programme.world.clock.advance(date(2027, 1, 1) - programme.world.clock.now().date())
    await accept(programme, path, 1, 2)
    assert await instalments(programme, path) == [
        ("start-up", "released", 200_000),
        ("year-1-term-1", "waiting", 200_000),
        ("year-1-term-2", "waiting", 200_000),
    ]
    assert [event.short_by_pence for event in await programme.told(InstalmentWaits)] == [150_000, 150_000]
    await programme.allocate(path.split("/")[3], 350_000)
    assert {status for _, status, _ in await instalments(programme, path)} == {"released"}
    assert len(await programme.told(InstalmentReleased)) == 3
    account = await programme.get(f"{path}/account", programme.officer())
    assert (account["committed_pence"], account["available_pence"]) == (600_000, 0)


async def test_an_instalment_is_approved_by_finance_and_paid_to_the_lead_school(
    planned: tuple[Programme, str],
) -> None:
    programme, path = planned
    claim = f"{path}/claims/instalment/start-up"
    await programme.post(f"{claim}/approval", programme.finance())
    await programme.post("/api/payment-runs", programme.finance())
    await programme.world.settle()
    paid = await programme.get(claim, programme.school(URNS[0]))
    assert (paid["status"], paid["paid_pence"]) == ("paid", 200_000)
    account = await programme.get(f"{path}/account", programme.officer())
    assert (account["committed_pence"], account["spent_pence"]) == (0, 200_000)


async def test_who_has_accepted_a_report_does_not_approve_its_instalment(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    await programme.allocate(path.split("/")[3], 400_000)
    both = programme.world.caller("both-1", "programme-officer", "finance-officer")
    report_path = f"{path}/reports/1/1"
    await programme.post(report_path, programme.school(URNS[0]), {"summary": "Four teachers attended."})
    await programme.post(f"{report_path}/acceptance", both)
    await programme.world.settle()
    await programme.post(f"{path}/claims/instalment/year-1-term-1/approval", both, status=403)
    await programme.post(f"{path}/claims/instalment/year-1-term-1/approval", programme.finance())


@pytest.mark.parametrize("payable", [True, False])
async def test_who_has_accepted_a_report_does_not_approve_what_somebody_else_submits(
    planned: tuple[Programme, str], payable: bool
) -> None:
    programme, path = planned
    await programme.allocate(path.split("/")[3], 400_000)
    both = programme.world.caller("both-1", "programme-officer", "finance-officer")
    if not payable:
        await programme.register(facts(URNS[0], la_number=None))
    await programme.post(f"{path}/reports/1/1", programme.school(URNS[0]), {"summary": "Four teachers attended."})
    await programme.post(f"{path}/reports/1/1/acceptance", both)
    await programme.world.settle()
    claim = f"{path}/claims/instalment/year-1-term-1"
    if payable:
        await programme.post(f"{claim}/return", both, {"reason": "to be looked at once more"})
    await programme.register(facts(URNS[0]))
    await programme.post(f"{claim}/submission", programme.school(URNS[0]))
    refused = await programme.post(f"{claim}/approval", both, status=403)
    assert refused["type"].endswith("second-person-needed")
    await programme.post(f"{claim}/approval", programme.finance())


@pytest.mark.parametrize("signed_last", [False, True])
async def test_who_has_approved_the_plan_does_not_approve_the_start_up_grant(
    programme: Programme, signed_last: bool
) -> None:
    await programme.register(*(facts(urn) for urn in URNS))
    path = f"/api/partnerships/{await programme.under_review()}"
    await programme.post(f"{path}/approval", programme.officer())
    await programme.allocate(path.split("/")[3], 250_000)
    both = programme.world.caller("both-1", "programme-officer", "finance-officer")
    for step in ("agreement", "plan")[:: -1 if signed_last else 1]:
        if step == "agreement":
            await programme.post(f"{path}/agreement", programme.school(URNS[0]))
            continue
        await programme.post(f"{path}/plan", programme.school(URNS[0]), whole_plan())
        await programme.post(f"{path}/plan/submission", programme.school(URNS[0]))
        await programme.post(f"{path}/plan/approval", both)
    await programme.world.settle()
    claim = f"{path}/claims/instalment/start-up"
    refused = await programme.post(f"{claim}/approval", both, status=403)
    assert refused["type"].endswith("second-person-needed")
    await programme.post(f"{claim}/approval", programme.finance())


async def test_a_report_is_given_back_and_handed_in_again(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    report_path, lead, text = f"{path}/reports/1/1", programme.school(URNS[0]), {"summary": "Four attended."}
    await programme.post(report_path, programme.school(URNS[1]), text, status=403)
    await programme.post(f"{path}/reports/2/1", lead, text, status=409)
    await programme.post(report_path, lead, text)
    await programme.post(report_path, lead, text, status=409)
    returned = await programme.post(f"{report_path}/return", programme.officer(), {"reason": "what of the visits?"})
    assert (returned["status"], returned["reason"], returned["activities"]) == ("returned", "what of the visits?", 5)
    (told,) = await programme.told(ReportReturned)
    assert (told.year, told.term) == (1, 1)
    await accept(programme, path, 1, 1)
    (listed,) = (await programme.get(f"{path}/reports", programme.school(URNS[3])))["items"]
    assert (listed["status"], listed["accepted_by"]) == ("accepted", "officer-1")
    history = (await programme.get(f"{report_path}/history", programme.school(URNS[3])))["items"]
    assert [(step["verb"], step["summary"], step["reason"]) for step in history] == [
        ("submit", "Four attended.", None),
        ("return", None, "what of the visits?"),
        ("submit", "Four teachers attended.", None),
        ("accept", None, None),
    ]


async def test_what_is_open_when_a_partnership_completes_can_be_finished_afterwards(
    planned: tuple[Programme, str],
) -> None:
    programme, path = planned
    report_path = f"{path}/reports/1/1"
    await programme.post(report_path, programme.school(URNS[0]), {"summary": "Four attended."})
    await programme.post(f"{report_path}/return", programme.officer(), {"reason": "what of the visits?"})
    why = {"findings": "All is well."}
    for verb, body in (("mid-point-review", None), ("continuation", why), ("final-review", None), ("completion", why)):
        await programme.post(f"{path}/{verb}", programme.officer(), body)
    await programme.world.settle()
    partnership_id, pot_id = path.split("/")[3], await programme.pot(150_000)
    given = {"partnership_id": partnership_id, "amount_pence": 150_000, "kind": "instalment"}
    early = await programme.post(f"/api/pots/{pot_id}/allocations", programme.finance(), given, status=409)
    assert early["type"].endswith("partnership-not-fundable")
    await accept(programme, path, 1, 1)
    assert ("year-1-term-1", "waiting", 200_000) in await instalments(programme, path)
    await programme.post(f"/api/pots/{pot_id}/allocations", programme.finance(), given)
    await programme.world.settle()
    assert ("year-1-term-1", "released", 200_000) in await instalments(programme, path)
    await programme.post(f"/api/pots/{pot_id}/allocations", programme.finance(), given, status=409)


async def test_nothing_is_released_any_more_once_a_partnership_is_terminated(planned: tuple[Programme, str]) -> None:
    programme, path = planned
    partnership_id = path.split("/")[3]
    await programme.say(programme.place_held(partnership_id, "booking-1", 50_000))
    await accept(programme, path, 1, 1)
    programme.world.clock.advance(date(2027, 1, 1) - programme.world.clock.now().date())
    await programme.post(f"{path}/reports/1/2", programme.school(URNS[0]), {"summary": "Two attended."})
    await programme.allocate(partnership_id, 150_000)
    assert ("year-1-term-1", "waiting", 200_000) in await instalments(programme, path)
    await programme.post(f"{path}/termination", programme.officer(), {"reason": "the schools fell out"})
    await programme.say(programme.cancelled(partnership_id, "booking-1"))
    await programme.world.settle()
    assert ("year-1-term-1", "waiting", 200_000) in await instalments(programme, path)
    refused = await programme.post(f"{path}/reports/1/2/acceptance", programme.officer(), status=409)
    assert (refused["type"].rpartition("/")[2], refused["state"]) == ("partnership-not-running", "terminated")
