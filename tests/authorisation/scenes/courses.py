"""The lead school of a running partnership has booked: a place, a wait, an offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.authorisation.stage import CANARY, Stage, Telling
from tests.courses.organiser import Organiser
from tests.partnerships.programme import URNS


async def _running(stage: Stage) -> None:
    organiser = Organiser(stage.world)
    course = (await organiser.course())["course_id"]
    draft, scheduled = await organiser.planned(course_id=course), await organiser.planned(course_id=course)
    await organiser.post(f"/api/occurrences/{scheduled}/scheduling", organiser.officer())
    charging = await organiser.opened(course_id=course, cancellation_policy="standard")
    occurrence, crowded, offering = [await organiser.opened(course_id=course, capacity=count) for count in (5, 1, 1)]
    lines = [{"delegate_id": f"delegate-{n}", "name": f"{CANARY} {n}", "email": f"{CANARY}{n}@a.example"} for n in "12"]
    funding = {"kind": "bursary", "partnership_id": stage.ids["partnership_id"]}
    body = {"delegates": lines, "funding": funding}
    teacher = stage.caller("teacher")
    booked = await organiser.post(f"/api/occurrences/{occurrence}/bookings", teacher, body)
    own = {"delegates": lines[:1], "funding": {"kind": "school"}}
    firsts = [await organiser.book(one, URNS[2]) for one in (crowded, offering)]
    waiting, offered = [
        await organiser.post(f"/api/occurrences/{one}/bookings", teacher, own) for one in (crowded, offering)
    ]
    await organiser.cancel(firsts[1])
    stays_away = {"delegates": [{"delegate_id": "delegate-4"}], "funding": {"kind": "school"}}
    charged = await organiser.post(f"/api/occurrences/{charging}/bookings", teacher, stays_away)
    stage.ids |= {
        "course_id": course,
        "draft": draft,
        "scheduled": scheduled,
        "occurrence_id": occurrence,
        "booking_id": booked["booking_id"],
        "delegate_id": "delegate-1",
        "crowded": crowded,
        "waiting": waiting["booking_id"],
        "offering": offering,
        "offered": offered["booking_id"],
        "charging": charging,
        "charged": charged["booking_id"],
    }


async def _approving(stage: Stage) -> None:
    """The lead school approves its bookings from now on, and a teacher has booked."""
    organiser = Organiser(stage.world)
    rule = f"/api/booking-approvals/{URNS[0]}"
    answer = await organiser.put(rule, stage.caller("school-approver"), {"required": True})
    assert answer.status_code == 200, answer.text
    occurrence = await organiser.opened(course_id=stage.ids["course_id"])
    body = {"delegates": [{"delegate_id": "delegate-3"}], "funding": {"kind": "school"}}
    booked = await organiser.post(f"/api/occurrences/{occurrence}/bookings", stage.caller("teacher"), body)
    assert booked["status"] == "pending-approval"
    stage.ids |= {"approving": occurrence, "unapproved": booked["booking_id"]}


async def _begun(stage: Stage) -> None:
    """The first session has begun."""
    Organiser(stage.world).later(days=60, hours=1)


async def _over(stage: Stage) -> None:
    """The last session is over; nobody has recorded who was there, but of one delegate who stayed away."""
    organiser = Organiser(stage.world)
    organiser.later(days=60, hours=7)
    charged = {"occurrence_id": stage.ids["charging"], "booking_id": stage.ids["charged"]}
    marked = await organiser.attend(charged, delegate_4="absent")
    assert marked["fee_pence"] > 0, marked


async def _certified(stage: Stage) -> None:
    """The lead school's delegates were there, and have certificates."""
    await _over(stage)
    organiser = Organiser(stage.world)
    booked = {name: stage.ids[name] for name in ("occurrence_id", "booking_id")}
    await organiser.attend(booked, delegate_1="full", delegate_2="full")
    await stage.world.settle()
    issued = (await organiser.get("/api/certificates", delegate_id="delegate-1"))["items"]
    stage.ids["number"] = issued[0]["facts"]["number"]
    stage.ids["kid"] = (await organiser.get("/api/certificate-keys"))["keys"][0]["kid"]


TELLINGS: Final[Mapping[str, Telling]] = {
    "running": _running,
    "approving": _approving,
    "begun": _begun,
    "over": _over,
    "certified": _certified,
}
