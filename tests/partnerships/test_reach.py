"""What was reached: every number is a sum of what was told last, whatever was told in whatever order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.partnerships.domain.reach import Contribution, ContributionKind, Source, Sum, Told, keep, year_of
from services.partnerships.views import reach as views
from shared.contracts.ambassadors import HoursConfirmed, VisitDelivered
from shared.contracts.courses import AttendanceSettled
from shared.contracts.employers import EmployerChanged, EmployerRegistered, EmployerSuspended, EmployerVerified
from shared.contracts.event import Event
from shared.contracts.placements import PlacementDaysSettled
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.testing.memory import MemoryCollection
from tests.partnerships.programme import URNS, Programme

AUTUMN = date(2026, 11, 12)
YEAR = "2026-27"
NUMBERS = ("teachers_trained", "days_placed", "ambassador_minutes", "pupils_reached", "contributions")


def attended(partnership_id: str | None, *teachers: str, revision: int = 1, **changes: Any) -> AttendanceSettled:
    usual: dict[str, Any] = {
        "occurrence_id": "occurrence-1",
        "booking_id": "booking-1",
        "school_urn": URNS[0],
        "partnership_id": partnership_id,
        "revision": revision,
        "outcome": "attended",
        "places": 2,
        "attended_places": len(teachers),
        "charged_pence": 0,
        "fully_attended": teachers,
        "ended_on": AUTUMN,
    }
    return AttendanceSettled(**usual | changes)


def placed(partnership_id: str, days: int, revision: int = 1) -> PlacementDaysSettled:
    return PlacementDaysSettled(
        placement_id="placement-1",
        employer_id="employer-1",
        school_urn=URNS[0],
        teacher_id="ada",
        partnership_id=partnership_id,
        revision=revision,
        days=5,
        days_done=days,
        done_on=tuple(date(2027, 6, 14 + day) for day in range(days)),
        charged_pence=0,
    )


def visited(partnership_id: str, pupils: int, revision: int = 1, *, delivered: bool = True) -> VisitDelivered:
    return VisitDelivered(
        visit_id="visit-1",
        request_id="request-1",
        school_urn=URNS[1],
        partnership_id=partnership_id,
        ambassador_id="ambassador-1",
        employer_id="employer-1",
        revision=revision,
        delivered=delivered,
        delivered_on=AUTUMN,
        visit_format="talk",
        subjects=("Physics",),
        year_groups=("year-9",),
        pupils_reached=pupils,
    )


def hours(partnership_id: str, minutes: int, revision: int = 1) -> HoursConfirmed:
    return HoursConfirmed(
        visit_id="visit-1",
        school_urn=URNS[1],
        partnership_id=partnership_id,
        ambassador_id="ambassador-1",
        revision=revision,
        minutes=minutes,
    )


def everything(partnership_id: str) -> tuple[Event, ...]:
    return (
        attended(partnership_id, "ada", "bo"),
        placed(partnership_id, 4),
        visited(partnership_id, 60),
        hours(partnership_id, 90),
    )


async def reach(programme: Programme, partnership_id: str, year: str = YEAR) -> tuple[int, ...]:
    answer = await programme.get(f"/api/partnerships/{partnership_id}/reach", programme.officer(), year=year)
    return tuple(answer[name] for name in NUMBERS)


async def event_ids(programme: Programme) -> set[str]:
    """The ids of everything that the other services have told."""
    stores = [programme.world.databases[name] for name in ("courses", "placements", "ambassadors")]
    return {row.id for store in stores for row in await store.collection(OutboxRow).find({})}


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 8, 31), "2025-26"),
        (date(2026, 9, 1), "2026-27"),
        (date(2027, 1, 1), "2026-27"),
        (date(2099, 12, 1), "2099-00"),
    ],
)
def test_an_academic_year_goes_from_september_to_august(day: date, year: str) -> None:
    assert year_of(day) == year


def told(kind: str, revision: int, **facts: object) -> Told:
    source = Source(type=kind, event_id=f"{kind}-{revision}", aggregate="visits/1", revision=revision)
    return Told(ContributionKind.VISIT, "1", URNS[0], source, facts)


def kept(tellings: Iterable[Told]) -> Contribution:
    known: Contribution | None = None
    for one in tellings:
        made = keep(known, one)
        known = made.root if isinstance(made.root, Contribution) else known
    assert known is not None
    return known


VISIT = (
    told("visit", 1, on=AUTUMN, delivered=True, pupils=30),
    told("visit", 2, on=AUTUMN, delivered=True, pupils=25),
    told("hours", 1, minutes=60),
    told("hours", 2, minutes=90),
)


@pytest.mark.parametrize("order", [*permutations(VISIT)])
def test_the_order_in_which_things_are_told_does_not_matter(order: tuple[Told, ...]) -> None:
    contribution = kept((*order, *order))
    assert (contribution.pupils, contribution.counted_minutes, contribution.years) == (25, 90, (YEAR,))
    assert sorted(source.event_id for source in contribution.sources) == ["hours-2", "visit-2"]


def test_time_at_a_visit_that_nobody_has_told_of_does_not_count_yet() -> None:
    counted = Sum()
    counted.add(kept([told("hours", 1, minutes=60)]))
    assert counted.reach.ambassador_minutes == 0


async def test_a_partnership_sees_what_it_has_reached_and_in_which_year(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    await programme.say(*everything(partnership_id))
    await programme.world.settle()
    assert await reach(programme, partnership_id) == (2, 4, 90, 60, 3)
    assert await reach(programme, partnership_id, "2025-26") == (0, 0, 0, 0, 0)


async def test_a_placement_over_the_end_of_august_counts_in_both_years(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    days = (date(2027, 8, 30), date(2027, 8, 31), date(2027, 9, 1))
    await programme.say(placed(partnership_id, 3).model_copy(update={"done_on": days}))
    await programme.world.settle()
    assert (await reach(programme, partnership_id))[1] == 2
    assert (await reach(programme, partnership_id, "2027-28"))[1] == 1
    path = f"/api/partnerships/{partnership_id}/reach/contributions"
    for year, on, count in ((YEAR, "2027-08-31", 2), ("2027-28", "2027-09-01", 1)):
        (one,) = (await programme.get(path, programme.officer(), year=year))["items"]
        assert (one["on"], one["days_placed"]) == (on, count)
    await programme.say(placed(partnership_id, 2, revision=2).model_copy(update={"done_on": days[:2]}))
    await programme.world.settle()
    assert (await reach(programme, partnership_id, "2027-28"))[-1] == 0


async def test_a_sponsor_has_helped_from_its_money_on_until_the_end(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    (sponsor,) = (await programme.get("/api/sponsors", programme.finance()))["items"]

    async def helped(year: str) -> list[int]:
        report = await programme.get(f"/api/sponsors/{sponsor['id']}/reach", programme.finance(), year=year)
        return [one["allocated_pence"] for one in report["partnerships"]]

    assert [await helped(year) for year in ("2025-26", YEAR, "2027-28")] == [[], [50_000], [50_000]]
    (pot,) = (await programme.get("/api/pots", programme.finance()))["items"]
    await programme.post(f"/api/pots/{pot['id']}/payments", programme.finance(), {"amount_pence": 7_000})
    programme.world.clock.advance(timedelta(days=365))
    given = {"partnership_id": partnership_id, "amount_pence": 7_000, "kind": "bursaries"}
    await programme.post(f"/api/pots/{pot['id']}/allocations", programme.finance(), given)
    reason = {"reason": "the schools have merged"}
    await programme.post(f"/api/partnerships/{partnership_id}/termination", programme.officer(), reason)
    assert [await helped(year) for year in (YEAR, "2027-28", "2028-29")] == [[50_000], [57_000], []]


async def test_a_sponsor_has_no_part_in_what_was_reached_once_all_its_money_has_come_back(programme: Programme) -> None:
    partnership_id = await programme.funded(200_000)
    (sponsor,) = (await programme.get("/api/sponsors", programme.finance()))["items"]
    (pot,) = (await programme.get("/api/pots", programme.finance()))["items"]
    (given,) = (await programme.get(f"/api/pots/{pot['id']}/allocations", programme.finance()))["items"]
    for returned, reached in ((150_000, [partnership_id]), (50_000, [])):
        wanted = {"allocation_id": given["id"], "amount_pence": returned}
        await programme.post(f"/api/partnerships/{partnership_id}/account/returns", programme.finance(), wanted)
        await programme.world.settle()
        report = await programme.get(f"/api/sponsors/{sponsor['id']}/reach", programme.finance(), year=YEAR)
        assert [one["partnership_id"] for one in report["partnerships"]] == reached


@pytest.mark.parametrize("size", [1, 2, 500])
async def test_a_sponsors_reach_is_summed_some_at_a_time(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    first = await programme.funded(50_000)
    second = await programme.funded(50_000, [f"90001{number}" for number in range(4)])
    sponsors = (await programme.get("/api/sponsors", programme.finance()))["items"]
    for sponsor in sponsors[1:]:
        pot = await programme.post("/api/pots", programme.finance(), {"sponsor_id": sponsor["id"], "name": "p"})
        await programme.post(f"/api/pots/{pot['id']}/payments", programme.finance(), {"amount_pence": 100})
        given = {"partnership_id": first, "amount_pence": 100, "kind": "bursaries"}
        await programme.post(f"/api/pots/{pot['id']}/allocations", programme.finance(), given)
    await programme.say(*everything(first), attended(second, "ada", "cem", booking_id="booking-2"))
    await programme.world.settle()
    asked: list[int] = []
    find = MemoryCollection.find

    async def counting(self: MemoryCollection, where: Any, *, limit: int = 0, **more: Any) -> Any:
        found = await find(self, where, limit=limit, **more)
        asked.extend([limit] if found and isinstance(found[0], Contribution) else [])
        return found

    monkeypatch.setattr(MemoryCollection, "find", counting)
    monkeypatch.setattr(views, "SLICE", size)
    report = await programme.get(f"/api/sponsors/{sponsors[-1]['id']}/reach", programme.finance(), year=YEAR)
    assert {one["partnership_id"]: one["teachers_trained"] for one in report["partnerships"]} == {first: 2, second: 2}
    assert tuple(report[name] for name in NUMBERS) == (3, 4, 90, 60, 4)
    assert set(asked) == {size}


async def test_a_teacher_who_was_trained_twice_is_one_teacher(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    again = attended(partnership_id, "ada", booking_id="booking-2")
    old = attended(partnership_id, booking_id="booking-3", fully_attended=None, attended_places=2)
    await programme.say(attended(partnership_id, "ada"), again, old)
    await programme.world.settle()
    assert (await reach(programme, partnership_id))[0] == 3


async def test_corrections_are_taken_off(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    await programme.say(*everything(partnership_id))
    await programme.say(
        attended(partnership_id, "ada", revision=2),
        placed(partnership_id, 0, revision=2),
        visited(partnership_id, 0, revision=2, delivered=False),
    )
    await programme.world.settle()
    assert await reach(programme, partnership_id) == (1, 0, 0, 0, 3)


async def test_what_a_school_pays_itself_is_no_partnerships_reach(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    await programme.say(attended(None, "ada"))
    await programme.world.settle()
    assert (await reach(programme, partnership_id))[-1] == 0


async def test_each_number_names_the_events_that_made_it(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    await programme.say(*everything(partnership_id))
    await programme.world.settle()
    path = f"/api/partnerships/{partnership_id}/reach/contributions"
    answer = await programme.get(path, programme.officer(), year=YEAR)
    sources = {one["kind"]: {source["aggregate"] for source in one["sources"]} for one in answer["items"]}
    assert sources == {
        "booking": {"occurrences/occurrence-1"},
        "placement": {"placements/placement-1"},
        "visit": {"visits/visit-1"},
    }
    named = {source["event_id"] for one in answer["items"] for source in one["sources"]}
    assert named == await event_ids(programme)
    assert sum(len(one["teacher_ids"]) for one in answer["items"]) == 2


async def test_the_file_holds_the_same_and_a_name_is_no_formula(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    await programme.say(*everything(partnership_id))
    await programme.world.settle()
    officer, client = programme.officer(), programme.world.client("partnerships")
    path = f"/api/partnerships/{partnership_id}/reach/file"
    answer = await client.get(path, headers=dict(officer), params={"year": YEAR})
    rows = [*csv.DictReader(io.StringIO(answer.text))]
    assert sum(int(row["pupils"]) for row in rows) == 60
    assert sum(int(row["days_placed"]) for row in rows) == 4
    sponsor = await programme.post("/api/sponsors", programme.finance(), {"name": "=HYPERLINK(1)"})
    pot = await programme.post("/api/pots", programme.finance(), {"sponsor_id": sponsor["id"], "name": "p"})
    await programme.post(f"/api/pots/{pot['id']}/payments", programme.finance(), {"amount_pence": 100})
    given = {"partnership_id": partnership_id, "amount_pence": 100, "kind": "bursaries"}
    await programme.post(f"/api/pots/{pot['id']}/allocations", programme.finance(), given)
    answer = await client.get(f"/api/sponsors/{sponsor['id']}/reach/file", headers=dict(officer), params={"year": YEAR})
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["sponsor"], row["allocated_pence"], row["pupils_reached"]) == ("'=HYPERLINK(1)", "100", "60")


async def test_a_year_that_is_none_is_refused(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    client = programme.world.client("partnerships")
    path = f"/api/partnerships/{partnership_id}/reach"
    for year in ("2026", "2026-2027", "=1+1"):
        answer = await client.get(path, headers=dict(programme.officer()), params={"year": year})
        assert answer.status_code == 422


async def test_a_sponsor_that_is_an_employer_sees_whom_it_hosts_and_whom_it_sends(programme: Programme) -> None:
    partnership_id = await programme.funded(50_000)
    number = new_id()[-8:].upper()
    registered = EmployerRegistered(
        employer_id="employer-1",
        employer_name="Northern Turbines plc",
        employer_kind="company",
        company_number=number,
        sic_codes=(),
        region=None,
    )
    await programme.say(registered, EmployerVerified(employer_id="employer-1"), *everything(partnership_id))
    await programme.world.settle()
    (sponsor,) = (await programme.get("/api/sponsors", programme.finance()))["items"]
    client, finance = programme.world.client("partnerships"), dict(programme.finance())
    path = f"/api/sponsors/{sponsor['id']}"
    answer = await client.put(f"{path}/employer", headers=finance, json={"company_number": number})
    assert answer.json()["employer_id"] == "employer-1"
    report = await programme.get(f"{path}/reach", programme.finance(), year=YEAR)
    assert report["employer"] == {
        "employer_id": "employer-1",
        "name": "Northern Turbines plc",
        "company_number": number,
        "verified": True,
        "placements_hosted": 1,
        "days_hosted": 4,
        "visits_delivered": 1,
        "ambassador_minutes": 90,
        "pupils_reached": 60,
    }
    assert [one["partnership_id"] for one in report["partnerships"]] == [partnership_id]
    assert report["teachers_trained"] == 2
    await programme.say(EmployerSuspended(employer_id="employer-1"))
    await programme.world.settle()
    assert not (await programme.get(f"{path}/reach", programme.finance(), year=YEAR))["employer"]["verified"]
    await programme.say(EmployerVerified(employer_id="employer-1"))
    await programme.world.settle()
    assert (await programme.get(f"{path}/reach", programme.finance(), year=YEAR))["employer"]["verified"]
    changed = EmployerChanged(
        employer_id="employer-1", employer_name="Others plc", employer_kind="company", company_number=None
    )
    await programme.say(changed)
    await programme.world.settle()
    employer = (await programme.get(f"{path}/reach", programme.finance(), year=YEAR))["employer"]
    assert (employer["name"], employer["company_number"], employer["verified"]) == ("Others plc", None, False)
    unlinked = await client.put(f"{path}/employer", headers=finance, json={})
    assert unlinked.json()["employer_id"] is None
    unknown = await client.put(f"{path}/employer", headers=finance, json={"employer_id": "nobody"})
    assert (unknown.status_code, unknown.json()["type"]) == (422, "/problems/employer-unknown")
