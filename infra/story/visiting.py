"""An ambassador comes: the visit takes place, pupils and hours are counted, both sides say how it was."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from infra.cli.client import Problem, Session
from infra.story.answers import DateAnswer, RequestedAnswer, VisitAnswer
from infra.story.cast import LEAD, NAMES, teacher
from infra.story.inviting import agree, as_date, in_weeks, ready
from infra.story.stage import Stage, expect

NEAR_DATES: Final = 9
EVERY: Final = timedelta(seconds=5)
LASTS: Final = timedelta(seconds=1)
PUPILS: Final = 58
MINUTES: Final = 150
NOT_BEGUN: Final = "visit-not-begun"


def visit(stage: Stage, partnership_id: str) -> VisitAnswer:
    """A visit that took place, with its hours confirmed and both sides' feedback."""
    stage.teller.chapter(
        "An ambassador visits the school",
        "So that we need not wait eight weeks, the school asks once more, and offers moments of the next minute beside "
        "a day in eight weeks: it is ready at short notice. Whoever is invited chooses the first that leaves the "
        "school time to confirm.",
    )
    now = datetime.now(UTC).replace(microsecond=0)
    dates = [*(as_date(now + EVERY * number, LASTS) for number in range(1, NEAR_DATES + 1)), in_weeks(now)]
    agreed = agree(stage, partnership_id, ready(stage), dates, _soon, short_notice=True)
    school, ambassador = stage.as_account(teacher(LEAD)), stage.as_account(agreed.email)
    path = f"/api/visits/{agreed.visit.visit_id}"
    school.post(f"{path}/arrival", VisitAnswer)
    stage.teller.done("at the door the school asks once more whether this ambassador may be there")
    began = time.monotonic()
    delivered = stage.eventually(
        "a visit that has begun", lambda: _delivered(school, path), lambda seen: seen is not None
    )
    expect("what came of the visit", ("delivered", PUPILS), delivered and (delivered.status, delivered.pupils_reached))
    stage.teller.done(f"[bold]delivered[/]: {PUPILS} pupils of {NAMES[LEAD]} took part", time.monotonic() - began)
    ambassador.post(f"{path}/hours", VisitAnswer, {"minutes": MINUTES})
    school.post(f"{path}/hours/confirmation", VisitAnswer, {"minutes": MINUTES})
    stage.teller.done(f"{MINUTES} minutes, preparation included, logged by the ambassador and confirmed by the school")
    school.post(f"{path}/feedback", VisitAnswer, {"rating": 5, "words": "They asked until the bell rang."})
    told = ambassador.post(f"{path}/feedback", VisitAnswer, {"rating": 4, "words": "Well prepared; a tight timetable."})
    activity = f"/api/activities/{told.activity_id}"
    stage.eventually(
        "a closed request", lambda: school.get(activity, RequestedAnswer), lambda seen: seen.status == "closed"
    )
    stage.teller.done("both sides say how it was: the request is [bold]closed[/]")
    return told


def _soon(offered: Sequence[DateAnswer]) -> DateAnswer:
    """The first date that leaves time to confirm it; the last is weeks away."""
    earliest = datetime.now(UTC) + EVERY
    return next(one for one in offered if one.starts_at > earliest)


def _delivered(school: Session, path: str) -> VisitAnswer | None:
    """Say that the visit took place; None while it has not begun."""
    said: Mapping[str, object] = {"delivered": True, "pupils_reached": PUPILS}
    try:
        return school.post(f"{path}/delivery", VisitAnswer, said)
    except Problem as problem:
        if problem.slug != NOT_BEGUN:
            raise
        return None
