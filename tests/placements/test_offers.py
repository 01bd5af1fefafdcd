"""Offers over HTTP: posted, moderated, found, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.placements import PlacementOfferEnded, PlacementOfferPublished
from tests.placements.host import EMPLOYER, FACTS, OFFER, OTHER_EMPLOYER, Host


async def test_an_offer_is_posted_reviewed_and_published(host: Host) -> None:
    await host.register()
    offer_id = await host.drafted()
    path = f"/api/offers/{offer_id}"
    assert (await host.get(path))["status"] == "draft"
    statuses = [
        (await host.post(f"{path}/{verb}", who))["status"]
        for verb, who in (
            ("submission", host.host()),
            ("review", host.officer()),
            ("publication", host.officer()),
            ("pause", host.host()),
            ("resumption", host.host()),
            ("closing", host.host()),
        )
    ]
    assert statuses == ["submitted", "under-review", "published", "paused", "published", "closed"]
    assert [event.capacity for event in await host.told(PlacementOfferPublished)] == [2, 2]
    assert [event.ending for event in await host.told(PlacementOfferEnded)] == ["paused", "closed"]


async def test_a_returned_offer_is_a_draft_again_and_can_be_changed(host: Host) -> None:
    await host.register()
    offer_id = await host.drafted()
    path = f"/api/offers/{offer_id}"
    await host.post(f"{path}/submission", host.host())
    body = OFFER | {"cohorts": [host.cohort(places=3)]}
    assert (await host.put(path, host.host(), body)).json()["type"] == "/problems/offer-posted"
    await host.post(f"{path}/review", host.officer())
    returned = await host.post(f"{path}/return", host.officer(), {"reason": "name the supervisor"})
    assert (returned["status"], returned["reason"]) == ("draft", "name the supervisor")
    changed = (await host.put(path, host.host(), body)).json()
    assert changed["capacity"] == 3


async def test_nothing_is_published_for_an_employer_that_nobody_has_verified(host: Host) -> None:
    await host.register(verified=False)
    await host.register(OTHER_EMPLOYER)
    offer_id = await host.drafted(also_hosted_by=[OTHER_EMPLOYER])
    await host.post(f"/api/offers/{offer_id}/submission", host.host())
    await host.post(f"/api/offers/{offer_id}/review", host.officer())
    refused = await host.post(f"/api/offers/{offer_id}/publication", host.officer(), status=409)
    assert (refused["type"], refused["employer_ids"]) == ("/problems/employer-not-verified", [EMPLOYER])


async def test_what_is_not_published_is_seen_by_its_hosts_alone(host: Host) -> None:
    await host.register()
    await host.register(OTHER_EMPLOYER)
    offer_id = await host.drafted()
    client = host.world.client("placements")
    for caller in (host.host(OTHER_EMPLOYER), host.teacher(), {}):
        assert (await client.get(f"/api/offers/{offer_id}", headers=dict(caller))).status_code == 404
        assert (await client.get("/api/offers", headers=dict(caller))).json()["items"] == []
    assert len((await host.get("/api/offers", host.host()))["items"]) == 1


async def test_another_employer_changes_nothing(host: Host) -> None:
    await host.register()
    await host.register(OTHER_EMPLOYER)
    offer_id = await host.published()
    for verb, body in (("pause", None), ("closing", None), ("withdrawal", {"reason": "mine"})):
        await host.post(f"/api/offers/{offer_id}/{verb}", host.host(OTHER_EMPLOYER), body, status=404)
    await host.post(
        "/api/offers", host.host(), OFFER | {"cohorts": [host.cohort()], "employer_id": OTHER_EMPLOYER}, status=404
    )


async def test_several_employers_may_host_one_offer(host: Host) -> None:
    await host.register()
    await host.register(OTHER_EMPLOYER, sites=[FACTS["sites"][0] | {"site_id": "leeds"}])
    cohorts = [host.cohort(), host.cohort(9, employer_id=OTHER_EMPLOYER, site_id="leeds")]
    offer_id = await host.published(cohorts=cohorts, also_hosted_by=[OTHER_EMPLOYER])
    answer = await host.get(f"/api/offers/{offer_id}")
    assert [(one["employer_id"], one["site_id"]) for one in answer["cohorts"]] == [
        (EMPLOYER, "york"),
        (OTHER_EMPLOYER, "leeds"),
    ]
    assert (await host.post(f"/api/offers/{offer_id}/pause", host.host(OTHER_EMPLOYER)))["status"] == "paused"


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"kind": "ten-days"}, "offer-days-do-not-fit"),
        ({"kind": "single-days", "days": 6}, "offer-days-do-not-fit"),
        ({"site_id": "nowhere"}, "cohort-host-unknown"),
        ({"site_id": None}, "cohort-host-unknown"),
        ({"employer_id": "somebody-else"}, "cohort-host-unknown"),
    ],
)
async def test_a_cohort_that_cannot_be_is_refused(host: Host, changes: dict[str, Any], slug: str) -> None:
    await host.register()
    offer = {name: value for name, value in changes.items() if name in ("kind", "days")}
    cohort = host.cohort(**{name: value for name, value in changes.items() if name not in offer})
    refused = await host.post("/api/offers", host.host(), OFFER | offer | {"cohorts": [cohort]}, status=422)
    assert refused["type"] == f"/problems/{slug}"


async def test_an_offer_begins_today_at_the_earliest(host: Host) -> None:
    await host.register()
    ends_on = host.day(7).isoformat()
    today = await host.drafted(cohorts=[host.cohort(starts_on=host.day(0).isoformat(), ends_on=ends_on)])
    submitted = await host.post(f"/api/offers/{today}/submission", host.host())
    assert submitted["status"] == "submitted"
    offer_id = await host.drafted(cohorts=[host.cohort(starts_on=host.day(-1).isoformat(), ends_on=ends_on)])
    refused = await host.post(f"/api/offers/{offer_id}/submission", host.host(), status=409)
    assert refused["type"] == "/problems/offer-in-the-past"


async def test_a_partners_own_reference_names_one_offer(host: Host) -> None:
    await host.register()
    first = await host.drafted(reference="OUSE-1")
    body = OFFER | {"cohorts": [host.cohort()], "reference": "OUSE-1"}
    taken = await host.post("/api/offers", host.host(), body, status=409)
    assert (taken["type"], taken["offer_id"]) == ("/problems/offer-reference-taken", first)


async def test_an_offer_ends_when_nobody_can_begin_any_more(host: Host) -> None:
    await host.register()
    offer_id = await host.published()
    closes_at = (await host.get(f"/api/offers/{offer_id}"))["closes_at"]
    assert closes_at == f"{host.monday() + timedelta(days=1)}T00:00:00Z"
    host.later(days=(host.monday() - host.day(0)).days)
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "published"
    host.later(days=1)
    await host.world.settle()
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "expired"
    assert [event.ending for event in await host.told(PlacementOfferEnded)] == ["expired"]


async def test_an_offer_with_a_free_place_again_is_published_with_word_of_it(host: Host) -> None:
    await host.register()
    offer_id = await host.published(cohorts=[host.cohort(places=1)])
    accepted = await host.accepted(offer_id)
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "filled"
    await _cancel(host, accepted)
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "published"
    assert [event.offer_id for event in await host.told(PlacementOfferPublished)] == [offer_id, offer_id]


async def test_a_paused_offer_that_is_filled_is_paused_when_a_place_is_free_again(host: Host) -> None:
    await host.register()
    offer_id = await host.published(cohorts=[host.cohort(places=1)])
    offered = await host.offered(offer_id)
    await host.post(f"/api/offers/{offer_id}/pause", host.host())
    accepted = await host.ask(offered, "acceptance", host.teacher())
    await host.world.settle()
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "filled"
    await _cancel(host, accepted)
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "paused"
    assert len(await host.told(PlacementOfferPublished)) == 1
    assert (await host.post(f"/api/offers/{offer_id}/resumption", host.host()))["status"] == "published"


async def _cancel(host: Host, accepted: dict[str, Any]) -> None:
    body = {"party": "school", "reason_code": "no-cover"}
    await host.do(accepted["placement_id"], "cancellation", host.approver(), body)
    await host.world.settle()


async def test_offers_are_found_by_what_they_are(host: Host) -> None:
    await host.register()
    await host.know("900099", postcode="PL1 1AA", outcode="PL1", latitude=50.37, longitude=-4.14)
    near = await host.published()
    remote = await host.published(remote=True, cohorts=[host.cohort(10, site_id=None)], subjects=["Computing"])

    async def found(**wanted: Any) -> list[str]:
        return [one["offer_id"] for one in (await host.get("/api/offers", host.teacher(), **wanted))["items"]]

    assert await found() == [remote, near]
    assert await found(subject="Physics") == [near]
    assert await found(remote="true") == [remote]
    assert await found(q="proc lab ouse") == [remote, near]
    assert await found(postcode="YO1 1AA") == [remote, near]
    assert await found(postcode="PL1 1AA") == [remote]
    assert await found(to=(host.monday(9)).isoformat()) == [near]
    assert await found(places=3) == []
    unknown = await host.world.client("placements").get("/api/offers", params={"postcode": "ZE1 0AA"})
    assert unknown.json()["type"] == "/problems/placement-postcode-not-known"


async def test_an_offer_that_never_ends_is_refused_and_nothing_of_it_is_kept(host: Host) -> None:
    await host.register()
    for ends_on in ("9999-12-31", "2100-01-01", "0001-01-01"):
        body = OFFER | {"kind": "single-days", "days": 1, "cohorts": [host.cohort(ends_on=ends_on)]}
        refused = await host.post("/api/offers", host.host(), body, status=422)
        assert refused["errors"][0]["field"] == "cohorts.0.ends_on"
    assert (await host.get("/api/offers", host.host()))["items"] == []
