"""Due times: everything due is acted on, and nothing that fails holds up the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import ManualClock
from shared.database import Index
from shared.decision import Decision, Documents
from shared.messaging.outbox import OutboxRow
from shared.observability import Metrics
from shared.refusals import Conflict
from shared.running import Running, assemble, documents_of
from shared.schedule import AT_ONCE, STILL_DUE_PAUSE, Schedule
from shared.service import Due, Service
from shared.settings import Settings
from shared.testing.broker import MemoryBroker
from shared.testing.memory import MemoryDatabase
from shared.testing.tokens import TokenMaker
from shared.work import Work
from tests.shared.http.conftest import log_lines
from tests.shared.http.tills import router
from tests.shared.till import DOCUMENTS, Paid, Till

__all__ = ["log_lines"]
pytestmark = pytest.mark.usefixtures("log_lines")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Closing:
    """A use case that empties a till once it is due."""

    acted: list[str] = field(default_factory=list)
    fails: set[str] = field(default_factory=set)
    idles: set[str] = field(default_factory=set)

    async def act(self, work: Work, till_id: str) -> None:
        self.acted.append(till_id)
        if till_id in self.fails:
            raise RuntimeError("cannot")
        if till_id in self.idles:
            return

        def empty(till: Till, _documents: Documents, now: datetime) -> Decision[Till]:
            if till.due_at is None or till.due_at > now:
                raise Conflict("not due")
            after = till.model_copy(update={"total": 0, "due_at": None})
            return Decision(after, after, (), (Paid(receipt_id="closing", amount=-till.total),))

        await work.change(Till, till_id, empty)


@dataclass
class Shop:
    running: Running
    clock: ManualClock
    closing: Closing

    async def open_tills(self, count: int, due_at: datetime | None) -> list[str]:
        tills = [Till(id=f"till-{number:04}", limit=9, total=5, due_at=due_at) for number in range(count)]
        await self.running.database.collection(Till).insert(tills)
        return [till.id for till in tills]


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    clock, closing = ManualClock(START), Closing()
    service = Service("tills", "Tills.", router, DOCUMENTS, schedule=(Due(Till, closing.act),))
    running = assemble(
        service,
        MemoryDatabase(clock),
        MemoryBroker(),
        clock,
        Settings.given(rate_limit=0),
        keys=TokenMaker(clock).keys(),
    )
    running.supervisor.start("door", running.door.run)
    yield Shop(running, clock, closing)
    await running.stop(2.0)


async def test_what_is_due_is_acted_on_and_what_is_not_waits(shop: Shop) -> None:
    await shop.open_tills(1, START + timedelta(minutes=15))
    assert await shop.running.schedule.step() == 0
    shop.clock.advance(timedelta(minutes=15))
    assert await shop.running.schedule.step() == 1
    assert await shop.running.schedule.step() == 0
    till = await shop.running.database.collection(Till).get("till-0000")
    assert till is not None
    assert (till.total, till.due_at) == (0, None)


async def test_what_the_schedule_sets_off_says_so(shop: Shop) -> None:
    await shop.open_tills(1, START)
    await shop.running.schedule.step()
    (row,) = await shop.running.database.collection(OutboxRow).find({})
    assert row.triggered_by == "schedule"
    assert row.causation_id == f"due tills/till-0000 {START.isoformat()}"
    assert row.correlation_id != row.causation_id


async def test_more_than_one_batch_is_worked_off(shop: Shop) -> None:
    await shop.open_tills(AT_ONCE + 50, START)
    assert [await shop.running.schedule.step() for _ in range(3)] == [AT_ONCE, 50, 0]


async def test_roots_that_fail_do_not_hold_up_the_others(shop: Shop) -> None:
    tills = await shop.open_tills(AT_ONCE + 5, START)
    shop.closing.fails = set(tills[:AT_ONCE])
    assert await shop.running.schedule.step() == 0
    assert await shop.running.schedule.step() == 5
    assert await shop.running.schedule.step() == 0


async def test_a_root_that_failed_is_tried_again_after_longer_and_longer_pauses(shop: Shop) -> None:
    (till,) = await shop.open_tills(1, START)
    shop.closing.fails = {till}
    tried = []
    for second in range(40):
        before = len(shop.closing.acted)
        await shop.running.schedule.step()
        if len(shop.closing.acted) > before:
            tried.append(second)
        shop.clock.advance(timedelta(seconds=1))
    assert tried == [0, 2, 6, 14, 30]
    shop.closing.fails = set()
    shop.clock.advance(timedelta(minutes=1))
    assert await shop.running.schedule.step() == 1


async def test_a_root_that_stays_due_does_not_keep_the_schedule_busy(shop: Shop) -> None:
    (till,) = await shop.open_tills(1, START)
    shop.closing.idles = {till}
    assert [await shop.running.schedule.step() for _ in range(3)] == [1, 0, 0]
    shop.clock.advance(STILL_DUE_PAUSE)
    assert await shop.running.schedule.step() == 1


async def test_a_new_due_time_counts_at_once(shop: Shop) -> None:
    (till,) = await shop.open_tills(1, START)
    shop.closing.fails = {till}
    await shop.running.schedule.step()
    later = START + timedelta(seconds=1)
    await shop.running.database.collection(Till).set_each([(till, {"due_at": later})])
    shop.clock.advance(timedelta(seconds=1))
    shop.closing.fails = set()
    assert await shop.running.schedule.step() == 1


async def test_one_process_at_a_time_acts_and_the_next_takes_over(shop: Shop) -> None:
    await shop.open_tills(1, START)
    mine = shop.running.schedule
    other = Schedule(shop.running.database, shop.running.door, shop.clock, mine._due, Metrics("other"))
    assert await mine.step() == 1
    await shop.running.database.collection(Till).set_all({}, {"due_at": START})
    assert await other.step() == 0
    await mine.close()
    assert await other.step() == 1


def test_scheduled_kinds_can_be_found_by_due_time() -> None:
    async def act(_work: Work, _root_id: str) -> None:
        return None

    service = Service("tills", "Tills.", router, DOCUMENTS, schedule=(Due(Till, act),))
    assert Index((("due_at", 1),)) in documents_of(service)[Till]
    assert set(DOCUMENTS) <= set(documents_of(service))
