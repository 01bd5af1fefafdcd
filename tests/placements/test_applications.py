"""Applications over HTTP: from the draft to the placement, and every way to end before."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.placements import (
    ApplicationAccepted,
    ApplicationEnded,
    ApplicationSubmitted,
    HostReminded,
    PlacementOfferEnded,
    PlacementOfferPublished,
)
from tests.placements.host import EMPLOYER, OTHER_EMPLOYER, URNS, Host


@pytest.fixture
async def offer_id(host: Host) -> str:
    """An offer with two places."""
    await host.register()
    return await host.published()


async def test_an_application_becomes_a_placement(host: Host, offer_id: str) -> None:
    applied = await host.apply(offer_id, statement="I want to learn.")
    assert applied["status"] == "submitted"
    assert applied["dates"][0] == host.monday().isoformat()
    assert len(applied["dates"]) == 5
    for verb, caller, status in (
        ("approval", host.approver(), "school-approved"),
        ("shortlisting", host.host(), "shortlisted"),
        ("offer", host.host(), "offered"),
        ("acceptance", host.teacher(), "accepted"),
    ):
        assert (await host.ask(applied, verb, caller))["status"] == status
    await host.world.settle()
    (accepted,) = await host.told(ApplicationAccepted)
    placement = await host.placement(accepted.placement_id)
    assert (placement["status"], placement["teacher_id"]) == ("agreement-drafted", "ada")
    assert (accepted.days, accepted.amount_pence, accepted.partnership_id) == (5, 0, None)
    assert (await host.get(f"/api/offers/{offer_id}"))["places_left"] == 1


async def test_a_draft_can_be_changed_until_it_is_handed_in(host: Host, offer_id: str) -> None:
    drafted = await host.apply(offer_id, submit=False)
    assert drafted["status"] == "draft"
    assert await host.told(ApplicationSubmitted) == []
    path = f"/api/offers/{offer_id}/applications/{drafted['application_id']}"
    revised = await host.put(path, host.teacher(), {"statement": "Better."})
    assert revised.json()["statement"] == "Better."
    assert (await host.ask(drafted, "submission", host.teacher()))["status"] == "submitted"
    again = await host.put(path, host.teacher(), {"statement": "Too late."})
    assert again.json()["type"] == "/problems/wrong-state"


async def test_a_school_sees_what_is_handed_in_and_a_host_what_the_school_agrees_to(host: Host, offer_id: str) -> None:
    async def seen() -> tuple[int, int]:
        found = [await host.get("/api/applications", who) for who in (host.approver(), host.host())]
        return len(found[0]["items"]), len(found[1]["items"])

    drafted = await host.apply(offer_id, submit=False)
    assert await seen() == (0, 0)
    await host.ask(drafted, "approval", host.approver(), status=404)
    await host.ask(drafted, "submission", host.teacher())
    assert await seen() == (1, 0)
    await host.ask(drafted, "shortlisting", host.host(), status=404)
    await host.ask(drafted, "approval", host.approver())
    assert await seen() == (1, 1)


async def test_what_belongs_to_others_is_not_found(host: Host, offer_id: str) -> None:
    await host.register(OTHER_EMPLOYER)
    applied = await host.approved(offer_id)
    await host.ask(applied, "withdrawal", host.teacher("bo"), {"reason_code": "other"}, status=404)
    await host.ask(applied, "approval", host.approver(URNS[1]), status=404)
    await host.ask(applied, "offer", host.host(OTHER_EMPLOYER), status=404)
    for stranger in (host.teacher("bo"), host.approver(URNS[1]), host.host(OTHER_EMPLOYER)):
        answer = await host.world.client("placements").get(
            f"/api/offers/{offer_id}/applications/{applied['application_id']}", headers=dict(stranger)
        )
        assert answer.status_code == 404


async def test_without_dates_it_is_the_days_to_come_of_a_cohort_that_has_begun(host: Host) -> None:
    await host.register()
    begins = host.monday(1)
    ends_on = begins + timedelta(days=25)
    weeks = host.cohort(starts_on=begins.isoformat(), ends_on=ends_on.isoformat())
    offer_id = await host.published(cohorts=[weeks])
    host.later(days=(begins - host.day(0)).days + 9)
    applied = await host.apply(offer_id)
    assert applied["status"] == "submitted"
    assert applied["dates"] == [(begins + timedelta(days=day)).isoformat() for day in (9, 10, 11, 14, 15)]


async def test_somebody_else_agrees_for_the_school(host: Host, offer_id: str) -> None:
    both = host.world.caller("ada", "teacher", "school-approver", school_urn=URNS[0])
    applied = await host.apply(offer_id)
    refused = await host.ask(applied, "approval", both, status=403)
    assert refused["type"] == "/problems/own-application"
    assert (await host.ask(applied, "approval", host.approver()))["status"] == "school-approved"


async def test_of_hosts_that_share_an_offer_the_one_of_the_cohort_decides(host: Host) -> None:
    await host.register()
    await host.register(OTHER_EMPLOYER)
    cohorts = [host.cohort(), host.cohort(9, employer_id=OTHER_EMPLOYER)]
    offer_id = await host.published(cohorts=cohorts, also_hosted_by=[OTHER_EMPLOYER])
    applied = await host.approved(offer_id, cohort=2, statement="What its host may read.")
    for verb, body in (("shortlisting", None), ("offer", None), ("rejection", {"reason_code": "places-taken"})):
        await host.ask(applied, verb, host.host(), body, status=404)
    path = f"/api/offers/{offer_id}/applications/{applied['application_id']}"
    assert (await host.world.client("placements").get(path, headers=dict(host.host()))).status_code == 404
    assert (await host.get("/api/applications", host.host()))["items"] == []
    (seen,) = (await host.get("/api/applications", host.host(OTHER_EMPLOYER)))["items"]
    assert seen["statement"] == "What its host may read."
    assert (await host.ask(applied, "offer", host.host(OTHER_EMPLOYER)))["status"] == "offered"


@pytest.mark.parametrize(
    ("verb", "who", "code", "status", "before"),
    [
        ("refusal", "school", "no-cover", "declined", "apply"),
        ("rejection", "host", "subject-not-fitting", "rejected", "approved"),
        ("turning-down", "teacher", "found-another", "declined", "offered"),
        ("withdrawal", "teacher", "changed-plans", "withdrawn", "approved"),
    ],
)
async def test_whoever_ends_it_gives_a_code(
    host: Host, offer_id: str, verb: str, who: str, code: str, status: str, before: str
) -> None:
    applied = await getattr(host, before)(offer_id)
    caller = host.signers()[who]
    unknown = await host.ask(applied, verb, caller, {"reason_code": "because"}, status=422)
    assert unknown["type"] == "/problems/reason-code-unknown"
    assert code in unknown["codes"]
    ended = await host.ask(applied, verb, caller, {"reason_code": code})
    assert (ended["status"], ended["reason_code"]) == (status, code)
    (told,) = await host.told(ApplicationEnded)
    assert (told.application_ending, told.reason_code) == (status, code)


async def test_a_teacher_applies_once_and_again_when_that_has_ended(host: Host, offer_id: str) -> None:
    applied = await host.apply(offer_id)
    again = await host.apply(offer_id, status=409)
    assert (again["type"], again["application_id"]) == ("/problems/already-applied", applied["application_id"])
    await host.ask(applied, "withdrawal", host.teacher(), {"reason_code": "other"})
    assert (await host.apply(offer_id))["status"] == "submitted"


@pytest.mark.parametrize(
    ("change", "slug", "status"),
    [
        ({"cohort": 2}, "no-such-cohort", 422),
        ({"dates": [1, 2, 3, 4]}, "dates-do-not-fit", 422),
        ({"dates": [0, 1, 2, 3, 7]}, "dates-do-not-fit", 422),
        ({"dates": [0, 0, 1, 2, 3]}, "dates-do-not-fit", 422),
        ({"dates": [-1, 0, 1, 2, 3]}, "dates-do-not-fit", 422),
        ({"urn": "900099"}, "placement-school-not-known", 409),
    ],
)
async def test_what_cannot_be_is_refused(
    host: Host, offer_id: str, change: dict[str, Any], slug: str, status: int
) -> None:
    if "dates" in change:
        change = {"dates": [(host.monday() + timedelta(days=days)).isoformat() for days in change["dates"]]}
    refused = await host.apply(offer_id, status=status, **change)
    assert refused["type"] == f"/problems/{slug}"


async def test_an_offer_that_is_not_published_takes_no_applications(host: Host, offer_id: str) -> None:
    await host.post(f"/api/offers/{offer_id}/pause", host.host())
    assert (await host.apply(offer_id, status=409))["type"] == "/problems/wrong-state"


async def test_no_place_is_offered_twice_and_one_that_is_not_taken_is_free_again(host: Host, offer_id: str) -> None:
    first, _second = await host.offered(offer_id, "ada"), await host.offered(offer_id, "bo", URNS[1])
    third = await host.approved(offer_id, "cy", URNS[2])
    assert (await host.ask(third, "offer", host.host(), status=409))["type"] == "/problems/no-place-left"
    await host.ask(first, "turning-down", host.teacher("ada"), {"reason_code": "other"})
    assert (await host.ask(third, "offer", host.host()))["status"] == "offered"


async def test_an_offered_place_is_kept_for_the_time_of_an_answer(host: Host, offer_id: str) -> None:
    offered = await host.offered(offer_id)
    host.later(days=7)
    late = await host.ask(offered, "acceptance", host.teacher(), status=409)
    assert late["state"] == "expired"
    assert (await host.get(f"/api/offers/{offer_id}"))["places_left"] == 2
    await host.world.settle()
    (told,) = await host.told(ApplicationEnded)
    assert (told.application_ending, told.reason_code) == ("expired", "teacher-did-not-answer")


async def test_a_host_that_does_not_answer_is_reminded_and_then_not_waited_for(host: Host, offer_id: str) -> None:
    applied = await host.approved(offer_id)
    host.later(days=7)
    await host.world.settle()
    await host.world.settle()
    assert [event.employer_id for event in await host.told(HostReminded)] == [EMPLOYER]
    assert (await host.application(applied))["status"] == "school-approved"
    host.later(days=8)
    assert (await host.application(applied))["status"] == "expired"
    assert (await host.ask(applied, "offer", host.host(), status=409))["state"] == "expired"
    await host.world.settle()
    (told,) = await host.told(ApplicationEnded)
    assert told.reason_code == "host-did-not-answer"


async def test_a_shortlisted_teacher_waits_anew(host: Host, offer_id: str) -> None:
    applied = await host.approved(offer_id)
    host.later(days=14)
    await host.ask(applied, "shortlisting", host.host())
    host.later(days=14)
    assert (await host.application(applied))["status"] == "shortlisted"
    host.later(days=1)
    assert (await host.application(applied))["status"] == "expired"


async def test_a_school_that_does_not_answer_is_not_waited_for(host: Host, offer_id: str) -> None:
    applied = await host.apply(offer_id)
    host.later(days=14)
    await host.world.settle()
    assert (await host.application(applied))["reason_code"] == "school-did-not-answer"


async def test_nobody_is_placed_at_a_suspended_host(host: Host, offer_id: str) -> None:
    offered = await host.offered(offer_id)
    approved = await host.approved(offer_id, "bo", URNS[1])
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    refused = [
        await host.ask(offered, "acceptance", host.teacher(), status=409),
        await host.ask(approved, "offer", host.host(), status=409),
        await host.apply(offer_id, "cy", URNS[2], status=409),
    ]
    assert {answer["type"] for answer in refused} == {"/problems/host-suspended"}
    draft = await host.apply(offer_id, "cy", URNS[2], submit=False)
    assert draft["status"] == "draft"
    await host.ask(draft, "submission", host.teacher("cy", URNS[2]), status=409)
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer())
    assert (await host.ask(offered, "acceptance", host.teacher()))["status"] == "accepted"


async def test_a_paused_offer_of_a_suspended_host_stays_paused(host: Host, offer_id: str) -> None:
    await host.post(f"/api/offers/{offer_id}/pause", host.host())
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    refused = await host.post(f"/api/offers/{offer_id}/resumption", host.host(), status=409)
    assert (refused["type"], refused["employer_ids"]) == ("/problems/employer-not-verified", [EMPLOYER])


async def test_accepting_one_withdraws_what_overlaps_and_nothing_else(host: Host, offer_id: str) -> None:
    same_week, later = await host.published(), await host.published(cohorts=[host.cohort(10)])
    overlapping, other = await host.offered(same_week), await host.apply(later)
    await host.accepted(offer_id)
    ended = await host.application(overlapping)
    assert (ended["status"], ended["reason_code"]) == ("withdrawn", "overlapping-placement")
    assert (await host.application(other))["status"] == "submitted"
    assert (await host.get(f"/api/offers/{same_week}"))["places_left"] == 2


async def test_a_teacher_has_no_two_placements_on_one_day(host: Host, offer_id: str) -> None:
    both = [await host.offered(offer_id), await host.offered(await host.published())]
    answers = await asyncio.gather(
        *(
            host.world.client("placements").post(
                f"/api/offers/{one['offer_id']}/applications/{one['application_id']}/acceptance",
                headers={**host.teacher(), "Idempotency-Key": one["application_id"]},
            )
            for one in both
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["type"] == "/problems/overlapping-placement"
    await host.world.settle()
    third = await host.apply(await host.published(), status=409)
    assert third["type"] == "/problems/overlapping-placement"


async def test_a_full_offer_is_filled_and_open_again_when_a_placement_is_cancelled(host: Host) -> None:
    await host.register()
    offer_id = await host.published(cohorts=[host.cohort(places=1)])
    accepted = await host.accepted(offer_id)
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "filled"
    assert [event.ending for event in await host.told(PlacementOfferEnded)] == ["filled"]
    body = {"party": "school", "reason_code": "no-cover"}
    await host.do(accepted["placement_id"], "cancellation", host.approver(), body)
    await host.world.settle()
    offer = await host.get(f"/api/offers/{offer_id}")
    assert (offer["status"], offer["places_left"]) == ("published", 1)
    assert (await host.application(accepted))["status"] == "cancelled"
    assert (await host.apply(offer_id))["status"] == "submitted"


async def test_a_full_offer_of_a_suspended_host_is_paused_when_a_placement_is_cancelled(host: Host) -> None:
    await host.register()
    offer_id = await host.published(cohorts=[host.cohort(places=1)])
    accepted = await host.accepted(offer_id)
    told = len(await host.told(PlacementOfferPublished))
    await host.post(f"/api/employers/{EMPLOYER}/suspension", host.officer(), {"reason": "an accident"})
    body = {"party": "school", "reason_code": "no-cover"}
    await host.do(accepted["placement_id"], "cancellation", host.approver(), body)
    await host.world.settle()
    assert (await host.get(f"/api/offers/{offer_id}"))["status"] == "paused"
    assert len(await host.told(PlacementOfferPublished)) == told
    await host.post(f"/api/employers/{EMPLOYER}/verification", host.officer())
    assert (await host.post(f"/api/offers/{offer_id}/resumption", host.host()))["status"] == "published"


async def test_withdrawing_an_offer_turns_down_whoever_waits(host: Host, offer_id: str) -> None:
    waiting = [await host.apply(offer_id, f"teacher-{n}", URNS[n]) for n in range(3)]
    accepted = await host.accepted(offer_id, "ada", URNS[4])
    await host.post(f"/api/offers/{offer_id}/withdrawal", host.host(), {"reason": "The laboratory moves."})
    refused = await host.ask(waiting[0], "approval", host.approver(), status=409)
    assert refused["type"] == "/problems/offer-over"
    await host.world.settle()
    assert {(await host.application(one))["reason_code"] for one in waiting} == {"offer-withdrawn"}
    assert (await host.placement(accepted["placement_id"]))["status"] == "agreement-drafted"


async def test_a_hundred_teachers_at_once_never_take_more_than_forty_places(host: Host) -> None:
    await host.register()
    cohorts = [host.cohort(places=25), host.cohort(9, places=15)]
    offer_id = await host.published(cohorts=cohorts)
    approved = [await host.approved(offer_id, f"teacher-{n}", URNS[n % 6], cohort=1 + n % 2) for n in range(100)]
    client = host.world.client("placements")

    async def place(number: int, one: dict[str, Any]) -> int:
        path = f"/api/offers/{offer_id}/applications/{one['application_id']}"
        answer = await client.post(f"{path}/offer", headers={**host.host(), "Idempotency-Key": f"o-{number}"})
        if answer.status_code == 200:
            caller = host.teacher(f"teacher-{number}", URNS[number % 6])
            answer = await client.post(f"{path}/acceptance", headers={**caller, "Idempotency-Key": f"a-{number}"})
        return answer.status_code

    answers = await asyncio.gather(*(place(number, one) for number, one in enumerate(approved)))
    assert Counter(answers) == {200: 40, 409: 60}
    offer = await host.get(f"/api/offers/{offer_id}")
    assert (offer["status"], offer["places_left"]) == ("filled", 0)
    assert len(await host.told(ApplicationAccepted)) == 40
