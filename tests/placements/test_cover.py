"""A school that guards its cover is asked before the bursary is, and told of what was agreed before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.placements import reactions
from services.placements.domain.employer import Employer
from shared.contracts.cover import CoverGranted, CoverGuardSet, CoverRefused
from shared.contracts.partnerships import SchoolSucceeded
from shared.contracts.placements import PlacementCancelled, PlacementCoverAsked
from shared.decision import Document
from shared.work import Work
from tests.placements.host import URNS, Host

URN = URNS[0]
NEW = "900099"


def work(host: Host) -> Work:
    return host.world.running["placements"].work()


async def guard(host: Host) -> None:
    """The school guards its cover from now on."""
    await reactions.keep_cover_guard(work(host), CoverGuardSet(school_urn=URN, guarded=True))


async def placed(host: Host) -> Any:
    """A placement of a teacher of the school, at rest."""
    accepted = await host.accepted(await host.published())
    return await host.placement(accepted["placement_id"])


def answer(placement: dict[str, Any]) -> dict[str, Any]:
    """What an answer is about."""
    placement_id = placement["placement_id"]
    return {
        "school_urn": URN,
        "purpose": "placement",
        "covered_id": placement_id,
        "asked_by": f"placements/{placement_id}",
    }


async def test_a_school_that_guards_its_cover_is_asked_first(host: Host) -> None:
    await host.register()
    await guard(host)
    placement = await placed(host)
    assert (placement["status"], placement["cover"]) == ("matched", "asked")
    (asked,) = await host.told(PlacementCoverAsked)
    assert ([day.isoformat() for day in asked.days_out], asked.already_agreed) == (placement["dates"], False)
    await reactions.ask_for_funds(work(host), CoverGranted(**answer(placement), overridden=False))
    placement = await host.placement(placement["placement_id"])
    assert (placement["status"], placement["cover"]) == ("agreement-drafted", "granted")


async def test_a_guard_that_is_set_while_a_placement_is_made_is_asked(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    await host.register()
    offered = await host.offered(await host.published())
    read = Work.collection

    def guarding(self: Work, kind: type[Document]) -> Any:
        """The guard is set between the facts that are read before the decision and the decision."""
        stored = read(self, kind)
        if kind is not Employer:
            return stored

        async def get(key: str) -> Any:
            monkeypatch.setattr(Work, "collection", read)
            await guard(host)
            return await stored.get(key)

        return SimpleNamespace(get=get)

    accepted = await host.ask(offered, "acceptance", host.teacher())
    monkeypatch.setattr(Work, "collection", guarding)
    await host.world.settle()
    placement = await host.placement(accepted["placement_id"])
    assert (placement["status"], placement["cover"]) == ("matched", "asked")
    assert len(await host.told(PlacementCoverAsked)) == 1


async def test_a_school_that_cannot_spare_the_teacher_ends_it_and_the_place_is_free(host: Host) -> None:
    await host.register()
    await guard(host)
    placement = await placed(host)
    refused = CoverRefused(**answer(placement), reason="too-many-out", day=host.monday())
    await reactions.end_uncovered_placement(work(host), refused)
    await host.world.settle()
    ended = await host.placement(placement["placement_id"])
    assert (ended["status"], ended["reason_code"]) == ("cancelled-by-school", "too-many-out")
    assert (await host.get(f"/api/offers/{placement['offer_id']}"))["places_left"] == 2
    assert [event.cancelled_placement_by for event in await host.told(PlacementCancelled)] == ["school"]


async def test_a_school_that_begins_to_guard_is_told_of_what_was_agreed(host: Host) -> None:
    await host.register()
    placement = await placed(host)
    await guard(host)
    (told,) = await host.told(PlacementCoverAsked)
    assert (told.placement_id, told.already_agreed) == (placement["placement_id"], True)
    assert (await host.placement(placement["placement_id"]))["status"] == "agreement-drafted"


GUARDED = (reactions.keep_cover_guard, CoverGuardSet(school_urn=NEW, guarded=True))
SUCCEEDED = (reactions.keep_school_successor, SchoolSucceeded(urn=URN, successor_urn=NEW))


@pytest.mark.parametrize("news", [(GUARDED, SUCCEEDED), (SUCCEEDED, GUARDED)], ids=["guard first", "successor first"])
async def test_a_guard_reaches_what_was_agreed_under_an_earlier_urn_in_whatever_order_it_is_heard_of(
    host: Host, news: Any
) -> None:
    await host.register()
    placement = await placed(host)
    for react, event in news:
        await react(work(host), event)
    (told,) = await host.told(PlacementCoverAsked)
    assert (told.placement_id, told.already_agreed) == (placement["placement_id"], True)


@pytest.mark.parametrize("news", [(GUARDED, SUCCEEDED), (SUCCEEDED, GUARDED)], ids=["guard first", "successor first"])
async def test_a_placement_that_was_applied_for_under_an_earlier_urn_is_asked_about(host: Host, news: Any) -> None:
    await host.register()
    offered = await host.offered(await host.published())
    for react, event in news:
        await react(work(host), event)
    accepted = await host.ask(offered, "acceptance", host.teacher())
    await host.world.settle()
    placement = await host.placement(accepted["placement_id"])
    assert (placement["status"], placement["cover"]) == ("matched", "asked")


async def test_a_school_is_told_which_days_are_left_when_a_placement_is_broken_off(host: Host) -> None:
    await host.register()
    await host.clear()
    placement_id = (await placed(host))["placement_id"]
    await guard(host)
    await host.sign(placement_id)
    await host.do(placement_id, "confirmation", host.host())
    host.later(days=(host.monday() - host.day(0)).days + 2)
    await host.world.settle()
    await host.do(placement_id, "cancellation", host.approver(), {"party": "school", "reason_code": "illness"})
    told = await host.told(PlacementCoverAsked)
    assert ([len(event.days_out) for event in told], [event.already_agreed for event in told]) == ([5, 3], [True, True])


async def test_an_answer_about_something_else_changes_nothing(host: Host) -> None:
    await host.register()
    await guard(host)
    placement = await placed(host)
    other = answer(placement) | {"purpose": "booking"}
    await reactions.ask_for_funds(work(host), CoverGranted(**other, overridden=False))
    assert (await host.placement(placement["placement_id"]))["status"] == "matched"
