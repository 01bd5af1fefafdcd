"""What a school sees of a partnership: that it was asked; all, while it belongs; its own claims, always."""

from __future__ import annotations

from tests.partnerships.claiming import BOOKING, approve, pay
from tests.partnerships.programme import URNS, Programme, facts

NEW = "900077"


async def status_of(programme: Programme, path: str, urn: str) -> int:
    answer = await programme.world.client("partnerships").get(path, headers=dict(programme.school(urn)))
    return answer.status_code


async def test_a_removed_school_claims_what_it_has_earned_and_sees_nothing_else(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await programme.say(programme.place_held(path.split("/")[3], "booking-2", 10_000, URNS[2]))
    await programme.world.settle()
    await programme.post(f"{path}/members/{URNS[1]}/removal", programme.school(URNS[0]))
    own = programme.school(URNS[1])
    (claim,) = (await programme.get(f"{path}/claims", own))["items"]
    assert claim["funded_id"] == "booking-1"
    assert (await programme.get(f"{path}/outstanding-claims", own))["items"] == []
    assert (await programme.get(path, own))["status"] == "active"
    for hidden in ("account", "account/ledger", "account/reservations", "reach", "reach/contributions", "instalments"):
        assert await status_of(programme, f"{path}/{hidden}", URNS[1]) == 404, hidden
    await approve(programme, path)
    await pay(programme)
    assert (await programme.get(f"{path}/{BOOKING}", own))["status"] == "paid"


async def test_who_is_only_asked_sees_what_it_is_asked_into_and_no_claims_of_others(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await programme.register(facts(NEW))
    await programme.post(f"{path}/invitations", programme.officer(), {"school_urn": NEW})
    asked = programme.school(NEW)
    assert (await programme.get(path, asked))["name"] == "Tyne Valley"
    assert (await programme.get(f"{path}/claims", asked))["items"] == []
    assert await status_of(programme, f"{path}/{BOOKING}", NEW) == 404
    assert await status_of(programme, f"{path}/account/ledger", NEW) == 404
    await programme.post(f"{path}/members/{NEW}/decline", asked)
    assert await status_of(programme, path, NEW) == 200
    assert await status_of(programme, f"{path}/reach", NEW) == 404


async def test_the_history_of_a_review_shows_what_it_had_before_it_only_to_the_schools_that_belong(
    attended: tuple[Programme, str],
) -> None:
    programme, path = attended
    await programme.post(f"{path}/mid-point-review", programme.officer())
    await programme.post(f"{path}/continuation", programme.officer(), {"findings": "On track."})
    await programme.register(facts(NEW))
    await programme.post(f"{path}/invitations", programme.officer(), {"school_urn": NEW})
    await programme.post(f"{path}/members/{URNS[1]}/removal", programme.school(URNS[0]))

    async def reviews(urn: str) -> list[bool]:
        steps = (await programme.get(f"{path}/history", programme.school(urn)))["items"]
        return [step["review"] is not None for step in steps if step["verb"] == "continue"]

    assert [await reviews(urn) for urn in (URNS[0], URNS[1], NEW)] == [[True], [False], [False]]
