"""A school is converted again, or while the first conversion is still being heard of."""

from __future__ import annotations

from tests.partnerships.claiming import BOOKING
from tests.partnerships.programme import URNS, Programme

NEW = "900077"


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
