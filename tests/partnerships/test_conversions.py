"""A school is converted again, or while the first conversion is still being heard of."""

from __future__ import annotations

from datetime import date

from services.partnerships.domain.cover import Cover, CoverPolicy
from services.partnerships.domain.cover_request import Covered, Question
from services.partnerships.domain.school import School, succeed
from services.partnerships.use_cases import cover
from shared.decision import Decision
from tests.partnerships.claiming import BOOKING
from tests.partnerships.programme import URNS, Programme, facts

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
