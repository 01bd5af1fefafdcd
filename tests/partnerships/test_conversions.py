"""A school is converted again, or while the first conversion is still being heard of."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services.partnerships.domain.cover import Cover, CoverPolicy
from services.partnerships.domain.cover_request import Covered, Question
from services.partnerships.domain.funding_scheme import funding_scheme
from services.partnerships.domain.school import School, succeed
from services.partnerships.use_cases import cover, partnerships
from shared.contracts.partnerships import FundsReservationRefused
from shared.decision import Decision
from shared.work import Work
from tests.partnerships.claiming import BOOKING
from tests.partnerships.programme import TODAY, URNS, Programme, facts

NEW = "900077"


async def test_who_is_released_before_the_cover_has_gone_over_is_not_away_at_the_successor(
    programme: Programme,
) -> None:
    await programme.register(facts(URNS[1]), facts(NEW))
    running, booking, day = programme.world.running["partnerships"], Covered(URNS[1], "booking", "b"), date(2026, 11, 5)
    await cover.set_policy(running.work(), URNS[1], CoverPolicy(most_out=1))
    await cover.ask(running.work(), Question(booking, "occurrences/1", ("ada",), (day,)))
    await running.work().change(
        School, URNS[1], lambda known, _documents, _now: Decision(None, succeed(known, NEW).root)
    )
    await cover.release(running.work(), booking)
    await cover.succeed(running.work(), URNS[1], NEW)
    after = await running.work().collection(Cover).get(NEW)
    assert after is not None
    assert (after.policy.most_out, after.away(day)) == (1, frozenset())
    colleague = Question(Covered(URNS[1], "booking", "c"), "occurrences/1", ("bo",), (day,))
    await cover.ask(running.work(), colleague)
    after = await running.work().collection(Cover).get(NEW)
    assert after is not None
    assert after.away(day) == {"bo"}


async def test_a_removed_school_that_was_converted_twice_submits_what_it_has_earned(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await programme.post(f"{path}/members/{URNS[1]}/removal", programme.school(URNS[0]))
    await programme.convert(URNS[1], NEW)
    await programme.convert(NEW, "900078")
    await programme.post(f"{path}/{BOOKING}/submission", programme.school("900078"))
    (claim,) = (await programme.get(f"{path}/claims", programme.school("900078")))["items"]
    assert claim["status"] == "submitted"


async def test_a_successor_that_is_succeeded_while_the_first_conversion_is_heard_of_is_followed(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = funding_scheme(TODAY + timedelta(days=60))
    assert scheme is not None
    newest, partnership_id = "900078", await programme.funded(2 * scheme.school_cap_pence)
    await programme.say(programme.place_held(partnership_id, "booking-1", scheme.school_cap_pence))
    await programme.register(facts(NEW), facts(newest))
    move, running = partnerships.succeed_member, programme.world.running["partnerships"]

    async def meanwhile(work: Work, urn: str, successor_urn: str) -> list[str]:
        """The next conversion is told, and heard of, before this one is done."""
        monkeypatch.undo()
        await running.work().change(
            School, NEW, lambda known, _documents, _now: Decision(None, succeed(known, newest).root)
        )
        return await move(work, urn, successor_urn)

    monkeypatch.setattr(partnerships, "succeed_member", meanwhile)
    await programme.convert(URNS[1], NEW)
    answer = await programme.get(f"/api/partnerships/{partnership_id}", programme.officer())
    assert set(answer["school_urns"]) == {URNS[0], *URNS[2:], newest}
    await programme.say(programme.place_held(partnership_id, "booking-2", 1, newest))
    await programme.world.settle()
    assert [event.reason for event in await programme.told(FundsReservationRefused)] == ["school-cap-reached"]
