"""The real extract on a real store: counts, time, memory, and nothing to do the second time.

The files are not part of the project. Their folder is named by STEM_REAL_DATA, or lies beside the repository.
"""

from __future__ import annotations

import asyncio
import csv
import math
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from services.partnerships.app import SERVICE
from services.partnerships.domain.register_row import GridPlace
from services.partnerships.domain.school import School
from services.partnerships.use_cases.positions import positions
from shared.clock import SystemClock
from shared.ids import new_id
from shared.messaging.outbox import OutboxRow
from shared.mongo import MongoDatabase
from shared.running import Running, assemble, documents_of
from shared.settings import Settings
from shared.testing.broker import MemoryBroker
from shared.testing.tokens import TokenMaker

REPOSITORY = Path(__file__).parent.parent.parent
REAL = Path(os.environ.get("STEM_REAL_DATA", REPOSITORY.parent / "shared" / "data"))
EXTRACT = REAL / "gias_extract.csv"
FULL_HEADER = REAL / "gias_raw_header_fixture.csv"

pytestmark = pytest.mark.skipif(
    not (EXTRACT.exists() and FULL_HEADER.exists()), reason=f"the real register files are not in {REAL}"
)

# Of the processor: what the clock on the wall shows depends on what else the machine does. Alone on two cores both
# are close, and the aim is 30 s.
PROCESSOR_SECONDS_ALLOWED = 20
MEBIBYTES_ALLOWED = 300
METRES_IN_THE_MEDIAN = 2.0
METRES_AT_MOST = 5.0


class Office:
    """The service on a real store, with somebody who imports."""

    def __init__(self, running: Running, client: httpx.AsyncClient, tokens: TokenMaker) -> None:
        self.running = running
        self._client = client
        self._tokens = tokens

    @property
    def _headers(self) -> dict[str, str]:
        return dict(self._tokens.headers("operator-1", "operator"))

    async def run_import(self, body: bytes, **parameters: str) -> dict[str, Any]:
        """Import a file to its end; gives what it came to."""
        headers = self._headers | {"Idempotency-Key": new_id(), "Content-Type": "text/csv"}
        started = await self._client.post(
            "/api/register-imports", content=body, headers=headers, params=parameters, timeout=60
        )
        assert started.status_code == 202, started.text
        while await self.running.schedule.step():
            pass
        return dict(await self.get(started.headers["Location"]))

    async def get(self, path: str, **parameters: str) -> Any:
        answer = await self._client.get(path, headers=self._headers, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def office(mongodb_uri: str) -> AsyncIterator[Office]:
    clock = SystemClock()
    tokens = TokenMaker(clock)
    database = MongoDatabase(mongodb_uri, f"register-{new_id()}")
    await database.prepare(documents_of(SERVICE))
    running = assemble(SERVICE, database, MemoryBroker(), clock, Settings.given(rate_limit=0), keys=tokens.keys())
    door = asyncio.create_task(running.door.run())
    transport = httpx.ASGITransport(running.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://partnerships") as client:
        yield Office(running, client, tokens)
    door.cancel()
    await asyncio.gather(door, return_exceptions=True)
    await database.close()


@pytest.mark.timeout(240)
async def test_the_real_extract_is_imported_in_time_and_is_unchanged_the_second_time(
    office: Office, record_property: Callable[[str, object], None]
) -> None:
    body = EXTRACT.read_bytes()
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    memory = psutil.Process().memory_info().rss
    begun, busy = time.monotonic(), time.process_time()
    first = await office.run_import(body)
    seconds, busy = time.monotonic() - begun, time.process_time() - busy
    grown = (psutil.Process().memory_info().rss - memory) // 2**20
    record_property("seconds", round(seconds, 1))
    record_property("processor_seconds", round(busy, 1))
    record_property("mebibytes", grown)
    print(f"{rows} rows in {seconds:.1f} s ({busy:.1f} s of processor), {grown} MiB more")  # noqa: T201 - shown with -s
    assert (first["status"], first["created"], first["rejected"]) == ("completed", rows, 0)
    database = office.running.database
    assert await database.collection(School).count({}) == rows
    assert await database.collection(OutboxRow).count({}) == rows
    assert busy < PROCESSOR_SECONDS_ALLOWED
    assert grown < MEBIBYTES_ALLOWED

    begun = time.monotonic()
    again = await office.run_import(body)
    print(f"again in {time.monotonic() - begun:.1f} s")  # noqa: T201 - shown with -s
    assert (again["status"], again["unchanged"], again["created"], again["changed"]) == ("completed", rows, 0, 0)
    assert await database.collection(OutboxRow).count({}) == rows

    begun = time.monotonic()
    near = await office.get("/api/schools", postcode="NE1 4ST", radius_km="10", name="st", limit="20")
    named = await office.get("/api/schools", name="st marys cath", limit="20", status="open")
    print(f"two searches in {time.monotonic() - begun:.2f} s")  # noqa: T201 - shown with -s
    distances = [school["distance_km"] for school in near["items"]]
    assert distances == sorted(distances)
    assert len(distances) == 20
    assert all("st" in school["name"].casefold() for school in named["items"])
    assert len(named["items"]) == 20


async def test_the_full_header_of_the_register_is_read(office: Office) -> None:
    imported = await office.run_import(FULL_HEADER.read_bytes())
    assert (imported["status"], imported["created"], imported["rejected"]) == ("completed", 5, 0)
    abroad = await office.get("/api/schools/150516/eligibility")
    assert [reason["code"] for reason in abroad["reasons"]] == ["not-state-funded", "outside-uk"]
    closed = await office.get("/api/schools/100004")
    assert (closed["status"], closed["closed_on"]) == ("closed", "1992-08-31")
    placed = await office.get("/api/schools/137666")
    assert (round(placed["latitude"], 2), round(placed["longitude"], 2)) == (50.59, -3.63)


def test_positions_by_helmert_are_near_those_by_the_official_grid() -> None:
    with EXTRACT.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Easting"] and row["Latitude"]]
    found = positions([GridPlace(float(row["Easting"]), float(row["Northing"])) for row in rows])
    errors = sorted(
        math.hypot(
            (latitude - float(row["Latitude"])) * 111_200,
            (longitude - float(row["Longitude"])) * 111_320 * math.cos(math.radians(latitude)),
        )
        for row, (latitude, longitude) in zip(rows, found, strict=True)
    )
    assert len(errors) > 20_000
    assert errors[len(errors) // 2] < METRES_IN_THE_MEDIAN
    assert errors[-1] < METRES_AT_MOST
