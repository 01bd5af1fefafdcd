"""Teachers at work on placements: they apply, everybody says yes, and some of them are called off by their school."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from infra.cli.client import Answer, Problem, Session
from infra.cli.hosts import HOST, SITE, hosting
from infra.story.answers import NewAccountAnswer, OfferAnswer
from infra.story.cast import OFFICER, approver
from infra.story.stage import Stage
from services.gateway.demo_accounts import DEMO_DOMAIN
from shared.ids import new_id
from tests.faults.journal import Journal
from tests.faults.load import Client

WORKING_WEEK = 5
PLACES = 3
MOST_REMEMBERED = 20
PAUSE = 0.1
CANCEL = 0.4
GIVE_UP = {"reason_code": "changed-plans"}
CALL_OFF = {"party": "school", "reason_code": "no-cover"}


class Applied(Answer):
    """An application; `placement_id` once it was accepted."""

    application_id: str
    placement_id: str | None


@dataclass(frozen=True, slots=True)
class Teacher:
    """Somebody who applies; `id` is the name by which courses and placements know them too."""

    id: str
    school_urn: str
    session: Session


@dataclass(frozen=True, slots=True)
class Offer:
    """A published offer: a cohort for each of these weeks, known by its first day."""

    id: str
    mondays: tuple[date, ...]


def engage(stage: Stage, school_urn: str, count: int) -> list[Teacher]:
    """New teachers of a school, with accounts of their own."""
    found = []
    for _ in range(count):
        wanted = {"email": f"lab-{new_id()}@{DEMO_DOMAIN}", "roles": ["teacher"], "school_urn": school_urn}
        made = stage.as_account(OFFICER).post("/api/identity/accounts", NewAccountAnswer, wanted)
        found.append(Teacher(made.account_id, school_urn, stage.as_account(made.email, made.temporary_password)))
    return found


def offer_weeks(stage: Stage, mondays: Sequence[date]) -> Offer:
    """A new offer of five days, published, with few places in each of these weeks."""
    host, officer = stage.as_account(HOST), stage.as_account(OFFICER)
    hosting(host, officer)
    plan = {
        "title": "A week in the blade hall",
        "summary": "See how a blade is cast, tested and repaired.",
        "kind": "five-days",
        "subjects": ["Physics"],
        "phases": ["secondary"],
        "cohorts": [
            {"starts_on": f"{monday}", "ends_on": f"{_days(monday)[-1]}", "places": PLACES, "site_id": SITE}
            for monday in mondays
        ],
    }
    path = f"/api/offers/{host.post('/api/offers', OfferAnswer, plan).offer_id}"
    host.post(f"{path}/submission", OfferAnswer)
    officer.post(f"{path}/review", OfferAnswer)
    return Offer(officer.post(f"{path}/publication", OfferAnswer).offer_id, tuple(mondays))


def weeks_around(day: date, count: int) -> list[date]:
    """The Mondays of so many weeks, with the week of this day in their middle."""
    middle = day - timedelta(days=day.weekday())
    return [middle + timedelta(weeks=number - count // 2) for number in range(count)]


def today() -> date:
    """The day in UTC."""
    return datetime.now(UTC).date()


class Applicant(Client):
    """Teachers of one school, one after the other; each placement is asked for in the name of the partnership."""

    def __init__(
        self,
        stage: Stage,
        journal: Journal,
        teachers: Sequence[Teacher],
        offers: Sequence[Offer],
        partnership_id: str | None,
        chance: random.Random,
    ) -> None:
        super().__init__(journal, chance, PAUSE)
        self.teachers = teachers
        self.offers = offers
        self.partnership_id = partnership_id
        self.host = stage.as_account(HOST)
        self.school = stage.as_account(approver(teachers[0].school_urn))
        self.own: list[str] = []

    def act(self) -> None:
        """Find a place, or have one called off."""
        if self.own and self.chance.random() < CANCEL:
            placement_id = self.own.pop(self.chance.randrange(len(self.own)))
            self.school.post(f"/api/placements/{placement_id}/cancellation", Answer, CALL_OFF)
            self.journal.count("placement called off")
        else:
            self._apply(self.chance.choice(self.teachers), self.chance.choice(self.offers))

    def _apply(self, teacher: Teacher, offer: Offer) -> None:
        cohort = self.chance.randrange(len(offer.mondays))
        wishes: dict[str, object] = {
            "cohort": 1 + cohort,
            "dates": [day.isoformat() for day in _days(offer.mondays[cohort])],
            "submit": True,
        }
        if self.partnership_id is not None:
            wishes["partnership_id"] = self.partnership_id
        path = f"/api/offers/{offer.id}/applications"
        path += f"/{teacher.session.post(path, Applied, wishes).application_id}"
        try:
            self.school.post(f"{path}/approval", Applied)
            self.host.post(f"{path}/offer", Applied)
            accepted = teacher.session.post(f"{path}/acceptance", Applied)
        except Problem:
            teacher.session.post(f"{path}/withdrawal", Applied, GIVE_UP)
            raise
        assert accepted.placement_id is not None
        self.journal.placed(accepted.placement_id)
        self.own = [*self.own[-MOST_REMEMBERED:], accepted.placement_id]


def _days(monday: date) -> list[date]:
    return [monday + timedelta(days=day) for day in range(WORKING_WEEK)]
