"""Imports of the register over HTTP: what is written, told, shown, and survived."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.partnerships.domain.register_file import PIECE_ROWS, Piece, records
from services.partnerships.domain.register_import import IMPORT, TRIES, ImportStatus, RegisterImport
from services.partnerships.domain.school import School
from shared.contracts.partnerships import SchoolChanged, SchoolRegistered, SchoolSucceeded
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.refusals import Unavailable
from shared.transitions import WrongState
from tests.partnerships.programme import Programme
from tests.partnerships.registers import extract, row

PATH = "/api/register-imports"


async def upload(programme: Programme, body: bytes, *roles: Any, key: str = "", **parameters: str) -> Any:
    """Send a file; gives the response."""
    caller = programme.world.caller("operator-1", *(roles or ("operator",)))
    headers = {**caller, "Idempotency-Key": key or new_id(), "Content-Type": "text/csv"}
    client = programme.world.client("partnerships")
    return await client.post(PATH, content=body, headers=headers, params=parameters)


async def imported(programme: Programme, body: bytes, **parameters: str) -> dict[str, Any]:
    """Import a file to its end; gives what it came to."""
    answer = await upload(programme, body, **parameters)
    assert answer.status_code == 202, answer.text
    await programme.world.settle()
    return await shown(programme, answer.headers["Location"])


async def shown(programme: Programme, path: str) -> dict[str, Any]:
    return dict(await programme.get(path, programme.world.caller("operator-1", "operator")))


def counts(result: dict[str, Any]) -> tuple[str, int, int, int, int]:
    return result["status"], result["created"], result["changed"], result["unchanged"], result["rejected"]


async def test_a_first_import_registers_every_school(programme: Programme) -> None:
    result = await imported(programme, extract(row("900001"), row("900002")))
    assert counts(result) == ("completed", 2, 0, 0, 0)
    assert (result["rows_total"], result["rows_checked"], result["rows_done"]) == (2, 2, 2)
    told = await programme.told(SchoolRegistered)
    assert {event.urn for event in told} == {"900001", "900002"}
    assert all(event.state_funded for event in told)


async def test_a_second_import_of_the_same_file_changes_and_tells_nothing(programme: Programme) -> None:
    body = extract(row("900001"), row("900002", Latitude="", Longitude="", Easting="424700", Northing="564600"))
    await imported(programme, body)
    before = await programme.world.databases["partnerships"].collection(OutboxRow).count({})
    assert counts(await imported(programme, body)) == ("completed", 0, 0, 2, 0)
    assert await programme.world.databases["partnerships"].collection(OutboxRow).count({}) == before


async def test_a_changed_row_is_told_as_the_whole_new_set(programme: Programme) -> None:
    await imported(programme, extract(row("900001")))
    result = await imported(programme, extract(row("900001", EstablishmentName="New Name")))
    assert counts(result) == ("completed", 0, 1, 0, 0)
    (told,) = await programme.told(SchoolChanged)
    assert (told.name, told.region) == ("New Name", "North East")


async def test_a_change_that_nobody_is_told_of_is_kept_quietly(programme: Programme) -> None:
    await imported(programme, extract(row("900001")))
    result = await imported(programme, extract(row("900001", NumberOfPupils="901")))
    assert counts(result) == ("completed", 0, 1, 0, 0)
    assert await programme.told(SchoolChanged) == []
    assert (await programme.get("/api/schools/900001", programme.officer()))["pupils"] == 901


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(programme: Programme) -> None:
    await imported(programme, extract(row("900001"), row("900002")))
    body = extract(row("900001"), row("900002", EstablishmentName="New"), row("900003"))
    result = await imported(programme, body, dry_run="true")
    assert counts(result) == ("completed", 1, 1, 1, 0)
    assert await programme.world.databases["partnerships"].collection(School).count({}) == 2
    assert await programme.told(SchoolChanged) == []


async def test_bad_rows_stop_an_import_before_anything_is_written(programme: Programme) -> None:
    result = await imported(programme, extract(row("900001"), row("bad"), row("900003", Postcode="?")))
    assert counts(result) == ("failed", 0, 0, 0, 2)
    assert [(error["row"], error["column"], error["rule"]) for error in result["errors"]] == [
        (3, "URN", "not-a-urn"),
        (3, "EstablishmentNumber", "not-a-number"),
        (4, "Postcode", "not-a-postcode"),
    ]
    assert "nothing was imported" in result["message"]
    assert await programme.told(SchoolRegistered) == []


async def test_good_rows_are_imported_when_asked_to(programme: Programme) -> None:
    body = extract(row("900001"), row("900002", Postcode="?"))
    result = await imported(programme, body, on_error="import-good-rows")
    assert counts(result) == ("completed", 1, 0, 0, 1)
    assert [event.urn for event in await programme.told(SchoolRegistered)] == ["900001"]


async def test_only_the_first_thousand_errors_are_shown(programme: Programme) -> None:
    body = extract(*(row(str(100_000 + number), Postcode="?") for number in range(1_200)))
    result = await imported(programme, body)
    assert (len(result["errors"]), result["errors_total"], result["rejected"]) == (1_000, 1_200, 1_200)


async def test_a_converted_school_is_followed_to_its_successor(programme: Programme) -> None:
    old = row("900001", EstablishmentNumber="4001", OpenDate="", CloseDate="")
    await imported(programme, extract(old))
    result = await imported(
        programme,
        extract(
            old | {"EstablishmentStatus": "Closed", "CloseDate": "31-08-2026"},
            row("900099", EstablishmentNumber="4001", OpenDate="01-09-2026", CloseDate=""),
        ),
    )
    assert result["succeeded"] == 1
    assert [event.successor_urn for event in await programme.told(SchoolSucceeded)] == ["900099"]
    found = await programme.get("/api/schools/900001", programme.officer())
    assert (found["successor_urn"], found["current_urn"]) == ("900099", "900099")
    successor = await programme.get("/api/schools/900099", programme.officer())
    assert (successor["current_urn"], successor["predecessor_urns"]) == ("900099", ["900001"])
    eligibility = await programme.get("/api/schools/900001/eligibility", programme.officer())
    assert [reason["code"] for reason in eligibility["reasons"]] == ["closed"]
    assert "900099" in eligibility["reasons"][0]["would_change"]


async def test_a_file_without_its_columns_is_refused_at_once(programme: Programme) -> None:
    answer = await upload(programme, extract(row("900001"), without="URN"))
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/register-columns-missing")
    assert answer.json()["missing"] == ["URN"]


@pytest.mark.parametrize(("body", "content_type", "status"), [(b"", "text/csv", 422), (b"{}", "application/json", 415)])
async def test_what_is_no_csv_is_refused(programme: Programme, body: bytes, content_type: str, status: int) -> None:
    caller = programme.world.caller("operator-1", "operator")
    headers = {**caller, "Idempotency-Key": new_id(), "Content-Type": content_type}
    answer = await programme.world.client("partnerships").post(PATH, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_schools_may_not_import(programme: Programme) -> None:
    answer = await upload(programme, extract(row("900001")), "school-approver")
    assert answer.status_code == 403


async def test_the_same_request_again_starts_no_second_import(programme: Programme) -> None:
    body = extract(row("900001"))
    first = await upload(programme, body, key="once")
    again = await upload(programme, body, key="once")
    assert first.json() == again.json()
    assert await programme.world.databases["partnerships"].collection(RegisterImport).count({}) == 1


async def test_head_teachers_names_are_never_stored(programme: Programme) -> None:
    await imported(programme, extract(row("900001", HeadLastName="Canary-Smith")))
    database = programme.world.databases["partnerships"]
    kept = [
        str(document) for kind in (Piece, School, OutboxRow) for document in await database.collection(kind).find({})
    ]
    assert kept
    (piece,) = await database.collection(Piece).find({})
    assert not any("Canary" in text for text in kept)
    assert not any("Canary" in str(record.cells) for record in records(piece))


async def test_an_import_goes_on_after_a_crash_and_counts_what_it_did_before(programme: Programme) -> None:
    rows = [row(str(100_001 + number)) for number in range(PIECE_ROWS + 10)]
    started = await upload(programme, extract(*rows))
    location = started.headers["Location"]
    database = programme.world.databases["partnerships"]
    running = programme.world.running["partnerships"]
    # Everything up to the last piece's note is written: the process dies right before it.
    change = running.door.change
    notes = 0

    async def dying(kind: Any, key: str, decide: Any, **others: Any) -> Any:
        nonlocal notes
        if kind is RegisterImport:
            notes += 1
            if notes == 5:
                raise RuntimeError("the process dies")
        return await change(kind, key, decide, **others)

    running.door.change = dying  # type: ignore[method-assign]
    await running.schedule.step()
    assert await database.collection(School).count({}) == PIECE_ROWS + 10
    assert (await shown(programme, location))["status"] == "running"
    await programme.world.kill("partnerships")
    await programme.world.start("partnerships")
    await programme.world.settle()
    assert (await shown(programme, location))["status"] == "running", "the dead process still holds it"
    programme.world.clock.advance(timedelta(seconds=31))
    await programme.world.settle()
    result = await shown(programme, location)
    assert counts(result) == ("completed", PIECE_ROWS + 10, 0, 0, 0)
    assert len(await programme.told(SchoolRegistered)) == PIECE_ROWS + 10


@pytest.fixture
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is received a piece at a time, so that a few hundred rows take several commits."""
    monkeypatch.setattr("services.partnerships.use_cases.register.PIECES_AT_ONCE", 1)


@pytest.mark.usefixtures("small_commits")
async def test_an_upload_that_broke_off_is_completed_by_its_repetition(programme: Programme) -> None:
    body = extract(*(row(str(100_001 + number)) for number in range(2 * PIECE_ROWS + 1)))
    database = programme.world.databases["partnerships"]
    door = programme.world.running["partnerships"].door
    create_or_change, calls = door.create_or_change, 0

    async def breaking(*args: Any, **others: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Unavailable()
        return await create_or_change(*args, **others)

    door.create_or_change = breaking  # type: ignore[method-assign]
    assert (await upload(programme, body, key="once")).status_code == 503
    (unfinished,) = await database.collection(RegisterImport).find({})
    assert (unfinished.status, unfinished.received, unfinished.pieces) == (ImportStatus.RECEIVING, 2, 3)
    other = await upload(programme, extract(row("900001")), key="once")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    again = await upload(programme, body, key="once")
    assert again.status_code == 202
    await programme.world.settle()
    assert counts(await shown(programme, again.headers["Location"])) == ("completed", 2 * PIECE_ROWS + 1, 0, 0, 0)


@pytest.mark.usefixtures("small_commits")
async def test_an_upload_that_never_arrives_in_full_is_interrupted(programme: Programme) -> None:
    body = extract(*(row(str(100_001 + number)) for number in range(PIECE_ROWS + 1)))
    door = programme.world.running["partnerships"].door
    create_or_change, calls = door.create_or_change, 0

    async def breaking(*args: Any, **others: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Unavailable()
        return await create_or_change(*args, **others)

    door.create_or_change = breaking  # type: ignore[method-assign]
    assert (await upload(programme, body)).status_code == 503
    (unfinished,) = await programme.world.databases["partnerships"].collection(RegisterImport).find({})
    programme.world.clock.advance(timedelta(minutes=11))
    await programme.world.settle()
    result = await shown(programme, f"{PATH}/{unfinished.id}")
    assert result["status"] == "interrupted"
    assert "1 of 2 pieces" in result["message"]


async def test_imports_are_listed_latest_first(programme: Programme) -> None:
    locations = []
    for number in range(3):
        programme.world.clock.advance(timedelta(seconds=1))
        locations.append((await upload(programme, extract(row(str(900_001 + number))))).headers["Location"])
    caller = programme.world.caller("operator-1", "operator")
    first = await programme.get(PATH, caller, limit=2)
    rest = await programme.get(PATH, caller, limit=2, cursor=first["next"])
    assert [f"{PATH}/{found['id']}" for found in (*first["items"], *rest["items"])] == locations[::-1]


async def test_an_import_that_never_gets_on_is_interrupted_and_says_how_to_go_on(programme: Programme) -> None:
    started = await upload(programme, extract(row("900001")))
    await programme.world.databases["partnerships"].collection(Piece).delete({})
    for _ in range(TRIES + 1):
        await programme.world.settle()
        programme.world.clock.advance(timedelta(minutes=6))
    result = await shown(programme, started.headers["Location"])
    assert result["status"] == "interrupted"
    assert "Send the file again" in result["message"]


@pytest.mark.parametrize("status", ImportStatus)
@pytest.mark.parametrize("verb", ["check", "write", "fail", "link", "complete", "interrupt"])
def test_an_import_moves_by_its_table_only(status: ImportStatus, verb: str) -> None:
    targets = {row.target for row in IMPORT.rows if (row.source, row.verb) == (status, verb)}
    if targets:
        assert {IMPORT.next(status, verb)} == targets
    else:
        with pytest.raises(WrongState):
            IMPORT.next(status, verb)
