"""A school is converted again, or while the first conversion is still being heard of."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.partnerships.domain.cover import Cover, CoverPolicy
from services.partnerships.domain.cover_request import Covered, Question
from services.partnerships.domain.funding_scheme import funding_scheme
from services.partnerships.domain.school import Conversions, Lineage, lineage_from
from services.partnerships.use_cases import cover, partnerships
from shared.contracts.partnerships import FundsReservationRefused
from shared.work import Work
from tests.partnerships.claiming import BOOKING
from tests.partnerships.programme import TODAY, URNS, Programme, facts

NEW = "900077"
LINKS = (("900001", NEW), ("900002", "900078"), (NEW, "900078"))


async def test_who_is_released_before_the_cover_has_gone_over_is_not_away_at_the_successor(
    programme: Programme,
) -> None:
    await programme.register(facts(URNS[1]), facts(NEW))
    running, booking, day = programme.world.running["partnerships"], Covered(URNS[1], "booking", "b"), date(2026, 11, 5)
    await cover.set_policy(running.work(), URNS[1], CoverPolicy(most_out=1))
    await cover.ask(running.work(), Question(booking, "occurrences/1", ("ada",), (day,)))
    await programme.link(URNS[1], NEW, told=False)
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
    move = partnerships.succeed_member

    async def meanwhile(work: Work, urn: str, successor_urn: str) -> list[str]:
        """The next conversion is told, and heard of, before this one is done."""
        monkeypatch.undo()
        await programme.link(NEW, newest, told=False)
        return await move(work, urn, successor_urn)

    monkeypatch.setattr(partnerships, "succeed_member", meanwhile)
    await programme.convert(URNS[1], NEW)
    answer = await programme.get(f"/api/partnerships/{partnership_id}", programme.officer())
    assert set(answer["school_urns"]) == {URNS[0], *URNS[2:], newest}
    await programme.say(programme.place_held(partnership_id, "booking-2", 1, newest))
    await programme.world.settle()
    assert [event.reason for event in await programme.told(FundsReservationRefused)] == ["school-cap-reached"]


class Kept:
    """Conversions, as a decision sees them."""

    def __init__(self, *links: tuple[str, str]) -> None:
        self.links = links

    def get(self, kind: type[Any], key: str | None) -> Any:
        return Conversions(id=str(key), links=self.links) if self.links else None


@pytest.mark.parametrize(
    ("links", "urn", "urns", "onward"),
    [
        ((), "a", "a", "a"),
        ((("a", "b"),), "a", "ab", "ab"),
        ((("a", "b"),), "b", "ab", "b"),
        ((("a", "b"), ("b", "c")), "a", "abc", "abc"),
        ((("a", "b"), ("b", "c")), "b", "abc", "bc"),
        ((("a", "c"), ("b", "c")), "b", "bac", "bc"),
        ((("a", "b"), ("b", "a")), "a", "ab", "ab"),
    ],
)
def test_a_lineage_has_every_urn_oldest_first_and_goes_on_from_the_one_that_was_asked(
    links: tuple[tuple[str, str], ...], urn: str, urns: str, onward: str
) -> None:
    assert lineage_from(Kept(*links), urn) == Lineage(tuple(urns), tuple(onward))


@pytest.mark.parametrize("links", list(permutations(LINKS)))
async def test_every_urn_knows_all_conversions_in_whatever_order_they_are_found(
    programme: Programme, links: tuple[tuple[str, str], ...]
) -> None:
    urns = {urn for link in LINKS for urn in link}
    await programme.register(*map(facts, sorted(urns)))
    for urn, successor_urn in links:
        await programme.link(urn, successor_urn, told=False)
    known = await programme.world.running["partnerships"].work().collection(Conversions).find({})
    assert {each.id: each.links for each in known} == dict.fromkeys(urns, LINKS)
