"""A host that will host again: its next offer is drafted, and goes the way of every offer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.placements.domain.employer import Employer, EmployerFacts, EmployerStatus, Site
from services.placements.domain.hosting_again import draft_again, next_cohorts
from services.placements.domain.offer import Cohort, Listing, Offer, OfferStatus
from services.placements.domain.vocabulary import OfferKind, Phase
from services.placements.policies import policy_at
from shared.contracts.placements import HostingAgainAnswered
from tests.placements.host import OTHER_EMPLOYER, URNS, Host

NOW = datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
MONDAY = date(2026, 6, 8)


def cohort(number: int, employer_id: str = "host", site_id: str | None = "york", weeks: int = 0) -> Cohort:
    starts_on = MONDAY + timedelta(weeks=weeks)
    ends_on = starts_on + timedelta(days=4)
    return Cohort(
        number=number,
        employer_id=employer_id,
        site_id=site_id,
        starts_on=starts_on,
        ends_on=ends_on,
        places=3,
        accepted=2,
    )


def offer(*cohorts: Cohort, remote: bool = False) -> Offer:
    listing = Listing(
        title="A week",
        summary="",
        kind=OfferKind.FIVE_DAYS,
        days=5,
        subjects=("Physics",),
        phases=(Phase.SECONDARY,),
        remote=remote,
    )
    return Offer(
        id="offer-1",
        status=OfferStatus.CLOSED,
        employer_ids=("host", "other"),
        listing=listing,
        cohorts=cohorts,
        terms=policy_at(NOW).terms(),
        posted_at=NOW,
    )


def employer(*sites: str) -> Employer:
    facts = EmployerFacts(
        name="Host", kind="company", sites=tuple(Site(site_id=one, name=one, postcode="YO1 1AA") for one in sites)
    )
    return Employer(id="host", status=EmployerStatus.VERIFIED, facts=facts, registered_at=NOW)


@pytest.mark.parametrize(
    ("today", "starts_on"),
    [
        (date(2026, 6, 12), date(2027, 6, 7)),
        (date(2027, 6, 6), date(2027, 6, 7)),
        (date(2027, 6, 7), date(2028, 6, 5)),
        (date(2028, 1, 10), date(2028, 6, 5)),
    ],
)
def test_the_next_window_is_on_the_same_weekday_a_year_on_and_to_come(today: date, starts_on: date) -> None:
    (following,) = next_cohorts(offer(cohort(1)), employer("york"), 52, today)
    assert (following.starts_on, following.starts_on.weekday()) == (starts_on, MONDAY.weekday())
    assert following.ends_on - following.starts_on == timedelta(days=4)
    assert (following.places, following.accepted) == (3, 0)


def test_a_host_repeats_its_own_cohorts_at_sites_that_it_still_has() -> None:
    hosted = offer(cohort(1), cohort(2, "other"), cohort(3, site_id="leeds", weeks=1), cohort(4, weeks=2))
    following = next_cohorts(hosted, employer("york"), 52, MONDAY)
    assert [one.number for one in following] == [1, 4]
    assert following[1].starts_on - following[0].starts_on == timedelta(weeks=2)
    assert next_cohorts(hosted, employer("hull"), 52, MONDAY) == ()
    assert len(next_cohorts(offer(cohort(1, site_id=None), remote=True), employer(), 52, MONDAY)) == 1


def test_what_was_drafted_once_is_not_drafted_again() -> None:
    fresh = offer(cohort(1))
    assert draft_again(None, fresh).root == fresh
    assert draft_again(fresh.model_copy(update={"status": OfferStatus.WITHDRAWN}), fresh).root is None


async def settled(host: Host) -> str:
    """A placement whose days are settled."""
    placement_id = await host.begun()
    await host.record(placement_id, *(True,) * 5)
    await host.do(placement_id, "days/confirmation", host.teacher())
    return placement_id


async def drafts(host: Host) -> list[dict[str, Any]]:
    """What the host finds drafted."""
    found = await host.get("/api/offers", host.host(), status="draft")
    return [dict(one) for one in found["items"]]


async def test_a_host_that_will_host_again_finds_the_same_offer_drafted_a_year_on(host: Host) -> None:
    placement_id = await settled(host)
    placement = await host.placement(placement_id)
    earlier = await host.get(f"/api/offers/{placement['offer_id']}")
    await host.do(placement_id, "hosting-again", host.host(), {"hosts_again": True})
    await host.world.settle()
    (draft,) = await drafts(host)
    same = ("employer_ids", "title", "summary", "kind", "days", "subjects", "phases", "capacity", "remote", "access")
    assert {name: draft[name] for name in same} == {name: earlier[name] for name in same}
    assert (draft["follows"], draft["reference"], draft["places_left"]) == (earlier["offer_id"], None, 2)
    (before,), (after,) = earlier["cohorts"], draft["cohorts"]
    assert (after["site_id"], after["postcode"]) == (before["site_id"], before["postcode"])
    year = timedelta(weeks=52)
    assert date.fromisoformat(after["starts_on"]) - date.fromisoformat(before["starts_on"]) == year
    assert date.fromisoformat(after["ends_on"]) - date.fromisoformat(before["ends_on"]) == year


async def test_a_drafted_offer_is_published_like_any_other(host: Host) -> None:
    await host.do(await settled(host), "hosting-again", host.host(), {"hosts_again": True})
    await host.world.settle()
    (draft,) = await drafts(host)
    path = f"/api/offers/{draft['offer_id']}"
    client = host.world.client("placements")
    for stranger in (host.teacher(), host.host(OTHER_EMPLOYER)):
        assert (await client.get(path, headers=dict(stranger))).status_code == 404
    await host.post(f"{path}/submission", host.host())
    for verb in ("review", "publication"):
        await host.post(f"{path}/{verb}", host.officer())
    assert (await host.apply(draft["offer_id"], "bo", URNS[1]))["status"] == "submitted"


async def test_a_host_that_will_not_host_again_finds_nothing(host: Host) -> None:
    await host.do(await settled(host), "hosting-again", host.host(), {"hosts_again": False})
    await host.world.settle()
    assert [event.hosts_again for event in await host.told(HostingAgainAnswered)] == [False]
    assert await drafts(host) == []


async def test_a_change_of_mind_drafts_no_second_offer(host: Host) -> None:
    placement_id = await settled(host)
    for again in (True, False, True):
        await host.do(placement_id, "hosting-again", host.host(), {"hosts_again": again})
        await host.world.settle()
    assert len(await host.told(HostingAgainAnswered)) == 3
    (draft,) = await drafts(host)
    await host.post(f"/api/offers/{draft['offer_id']}/withdrawal", host.host(), {"reason": "no room"})
    await host.do(placement_id, "hosting-again", host.host(), {"hosts_again": False})
    await host.do(placement_id, "hosting-again", host.host(), {"hosts_again": True})
    await host.world.settle()
    assert await drafts(host) == []
