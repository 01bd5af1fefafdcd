"""Forty places of an employer, a hundred teachers at once: how long until everybody has an answer.

Every teacher's school has agreed. In the same moment the host offers each of them a place, and whoever is offered one
accepts it at once; the others are told that no place is left. The goal is that of the rush on a course.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import Console

from infra.cli.hosts import HOST, SITE, hosting
from infra.story.answers import OfferAnswer
from infra.story.cast import MEMBERS, OFFICER, approver
from infra.story.registering import register
from services.gateway.demo_accounts import DEMO_DOMAIN
from services.placements.domain.choosing import NoPlaceLeft
from tests.bench.figures import Figure, at_most, percentile
from tests.bench.load.orders import Request, post
from tests.bench.stand import Stand

SERVICES = ("partnerships", "placements", "gateway")
PLACES = (25, 15)
TEACHERS = 100
TIMES = 5
FIRST_WEEK = 4
DAYS = 5
ANSWERED_WITHIN = 1.0
EXPECTED = Counter({"accepted": sum(PLACES), f"/problems/{NoPlaceLeft.slug}": TEACHERS - sum(PLACES)})
AT_ONCE = 4
CONDITIONS = (
    f"{sum(PLACES)} places in two cohorts of one offer; {TEACHERS} connections that are open already each send the "
    f"host's offer in the same moment and, where there is a place, the teacher's acceptance, through Caddy, one "
    f"replica; median of {TIMES}"
)


@dataclass(frozen=True, slots=True)
class Teacher:
    """An account of its own, at one of the schools."""

    email: str
    password: str
    school_urn: str


def figures(directory: Path, console: Console) -> Iterator[Figure]:
    """Seconds until the last teacher is placed and the last one answered."""
    placed: list[float] = []
    answered: list[float] = []
    with Stand(directory / "placing", services=SERVICES, with_bare=False, furnished=False) as stand:
        register(stand.stage)
        hosting(stand.stage.as_account(HOST), stand.stage.as_account(OFFICER))
        teachers = _teachers(stand)
        stand.rest()
        for number in range(TIMES):
            chains = _approved(stand, teachers, _mondays(FIRST_WEEK + len(PLACES) * number))
            stand.rest()
            outcome = stand.once(chains, TEACHERS, answers=True, allowed=("200", "409"))
            if (seen := Counter(map(_said, outcome.answers))) != EXPECTED:
                raise RuntimeError(f"the teachers were answered {seen}")
            placed.append(max(at for at, status in zip(outcome.ended, outcome.order, strict=True) if status == "200"))
            answered.append(max(outcome.ended))
            console.print(
                f"  last teacher placed after {placed[-1]:.2f} s, last one answered after {answered[-1]:.2f} s"
            )
    yield Figure("placing, last teacher placed", round(percentile(placed, 0.5), 3), "s", conditions=CONDITIONS)
    yield at_most(
        "placing, last teacher answered", round(percentile(answered, 0.5), 3), "s", ANSWERED_WITHIN, CONDITIONS
    )
    yield Figure("placing, last teacher answered, slowest", round(max(answered), 3), "s", conditions=CONDITIONS)


def _teachers(stand: Stand) -> list[Teacher]:
    """New accounts, spread over the schools."""
    officer = stand.token(OFFICER)
    urns = [MEMBERS[number % len(MEMBERS)] for number in range(TEACHERS)]
    wanted = [
        {"email": f"bench-{number}@{DEMO_DOMAIN}", "roles": ["teacher"], "school_urn": urn}
        for number, urn in enumerate(urns)
    ]
    made = stand.once([post("/api/identity/accounts", one, officer) for one in wanted], AT_ONCE, answers=True)
    accounts = map(json.loads, made.answers)
    return [Teacher(one["email"], one["temporary_password"], one["school_urn"]) for one in accounts]


def _mondays(week: int) -> list[date]:
    """On which days the cohorts begin, from so many weeks on: nobody has a placement then."""
    today = datetime.now(UTC).date()
    return [today + timedelta(weeks=week + later, days=-today.weekday()) for later in range(len(PLACES))]


def _offer(stand: Stand, mondays: Sequence[date]) -> str:
    """A published offer of five days, with a cohort in each of these weeks."""
    host, officer = stand.stage.as_account(HOST), stand.stage.as_account(OFFICER)
    plan = {
        "title": "A week in the blade hall",
        "summary": "See how a blade is cast, tested and repaired.",
        "kind": "five-days",
        "subjects": ["Physics"],
        "phases": ["secondary"],
        "cohorts": [_cohort(*cohort) for cohort in zip(mondays, PLACES, strict=True)],
    }
    path = f"/api/offers/{host.post('/api/offers', OfferAnswer, plan).offer_id}"
    host.post(f"{path}/submission", OfferAnswer)
    officer.post(f"{path}/review", OfferAnswer)
    return officer.post(f"{path}/publication", OfferAnswer).offer_id


def _cohort(monday: date, places: int) -> dict[str, object]:
    dates = {"starts_on": monday.isoformat(), "ends_on": (monday + timedelta(days=DAYS - 1)).isoformat()}
    return {**dates, "places": places, "site_id": SITE}


def _approved(stand: Stand, teachers: Sequence[Teacher], mondays: Sequence[date]) -> list[Request]:
    """Applications that the schools have agreed to; for each the host's offer, and then the teacher's acceptance."""
    tokens = [stand.token(one.email, one.password) for one in teachers]
    path = f"/api/offers/{_offer(stand, mondays)}/applications"
    wishes = [_wishes(number, mondays) for number in range(TEACHERS)]
    asked = [post(path, wish, token) for wish, token in zip(wishes, tokens, strict=True)]
    applied = stand.once(asked, AT_ONCE, answers=True)
    paths = [f"{path}/{json.loads(one)['application_id']}" for one in applied.answers]
    approvals = [
        post(f"{one}/approval", {}, stand.token(approver(teacher.school_urn)))
        for one, teacher in zip(paths, teachers, strict=True)
    ]
    stand.once(approvals, AT_ONCE)
    host = stand.token(HOST)
    return [
        post(f"{one}/offer", {}, host).model_copy(update={"then": post(f"{one}/acceptance", {}, token)})
        for one, token in zip(paths, tokens, strict=True)
    ]


def _wishes(number: int, mondays: Sequence[date]) -> dict[str, object]:
    """The cohorts take turns; the days are named, since a bank holiday would leave too few."""
    cohort = number % len(PLACES)
    days = [(mondays[cohort] + timedelta(days=day)).isoformat() for day in range(DAYS)]
    return {"cohort": 1 + cohort, "dates": days, "submit": True}


def _said(answer: str) -> str:
    """What an answer comes to: the status of an application, or the problem."""
    found = json.loads(answer)
    return str(found.get("type") or found["status"])
