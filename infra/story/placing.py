"""A teacher goes to an employer: an offer is posted, a place is found and paid for, three parties sign.

The offer begins today, so that the day can be recorded in the next chapter. Whoever goes is a new teacher of the school
each time: nobody is placed twice on the same day.
"""

from __future__ import annotations

import csv
import io
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from rich.table import Table

from infra.cli.client import Session
from infra.cli.hosts import HOST, SITE, OfferImportAnswer, hosting
from infra.story.answers import (
    ApplicationAnswer,
    MatchAnswer,
    NewAccountAnswer,
    OfferAnswer,
    PlacementAnswer,
    PlacementRequestAnswer,
    RankingAnswer,
)
from infra.story.booking import PRICE
from infra.story.cast import LEAD, NAMES, OFFICER, approver
from infra.story.funding import balances, expect_balances
from infra.story.planning import TEACHERS
from infra.story.stage import Stage, expect, pounds
from services.gateway.demo_accounts import DEMO_DOMAIN
from shared.ids import new_id

DAYS: Final = 1
DAY_RATE: Final = 22_000
RESERVED: Final = DAYS * DAY_RATE
OPEN_FOR: Final = timedelta(days=4)
FREE_FOR: Final = timedelta(weeks=3)
ZONE: Final = ZoneInfo("Europe/London")
MOST_MATCHES: Final = 200
COLUMNS: Final = (
    "reference",
    "title",
    "summary",
    "kind",
    "days",
    "subjects",
    "phases",
    "starts_on",
    "ends_on",
    "places",
    "site_id",
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A placement that the host has confirmed, and the teacher who goes."""

    placement: PlacementAnswer
    teacher: Session

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/api/placements/{self.placement.placement_id}"


def post_offer(stage: Stage) -> OfferAnswer:
    """An offer of a day for two teachers, from today on, published."""
    stage.teller.chapter(
        "An employer offers placements",
        "Its contact sends the offers as a file, under references of its own: the same file again changes nothing. A "
        "programme officer, who has verified the employer, looks at the offer and publishes it.",
    )
    host, officer = stage.as_account(HOST), stage.as_account(OFFICER)
    employer = hosting(host, officer)
    expect("what the employer lacks", (), employer.lacks)
    reference = f"NT-{new_id()}"
    file = _file(reference, _today())
    outcomes = [host.upload("/api/offer-imports", OfferImportAnswer, file, {"submit": True}) for _ in range(2)]
    seen = [(outcome.created, outcome.unchanged, len(outcome.errors)) for outcome in outcomes]
    expect("offers that are new, the same, refused: of the file, and of the file again", [(1, 0, 0), (0, 1, 0)], seen)
    offer = next(one for one in host.each("/api/offers", OfferAnswer) if one.reference == reference)
    path = f"/api/offers/{offer.offer_id}"
    officer.post(f"{path}/review", OfferAnswer)
    published = officer.post(f"{path}/publication", OfferAnswer)
    expect("the status of the offer", "published", published.status)
    stage.teller.done(
        f"{employer.name}: {published.title}, {published.places_left} places; submitted → reviewed → [bold]published[/]"
    )
    return published


def newcomer(stage: Stage) -> Session:
    """A teacher who has just come to the school, with an account from the programme officer."""
    wanted = {"email": f"teacher-{new_id()}@{DEMO_DOMAIN}", "roles": ["teacher"], "school_urn": LEAD}
    made = stage.as_account(OFFICER).post("/api/identity/accounts", NewAccountAnswer, wanted)
    return stage.as_account(made.email, made.temporary_password)


def match(stage: Stage, school: Session, offer: OfferAnswer) -> MatchAnswer:
    """How well the offer fits what a teacher looks for."""
    today = _today()
    wanted = {
        "subjects": ["Physics"],
        "phases": ["secondary"],
        "free_from": today.isoformat(),
        "free_to": (today + FREE_FOR).isoformat(),
        "most_km": 50,
    }
    request = school.post("/api/placement-requests", PlacementRequestAnswer, wanted)
    ranking = school.get(
        f"/api/placement-requests/{request.request_id}/matches", RankingAnswer, {"limit": MOST_MATCHES}
    )
    found = [one for one in ranking.matches if one.offer_id == offer.offer_id]
    expect("how often the offer is among the matches", 1, len(found))
    table = Table(box=None, show_header=False, padding=(0, 3, 0, 0))
    for factor in found[0].factors:
        table.add_row(factor.name, f"{factor.points:.0f} of {factor.weight}", factor.says)
    stage.teller.done(f"it matches what a teacher of {NAMES[LEAD]} looks for: {found[0].score:.0f} points of 100")
    stage.teller.show(table)
    return found[0]


def place_teacher(stage: Stage, offer: OfferAnswer, partnership_id: str) -> Placed:
    """A placement that everybody has signed and the host has confirmed, with its money reserved."""
    stage.teller.chapter(
        "A teacher is placed, and three parties sign",
        f"A new teacher of {NAMES[LEAD]} applies, the school agrees, the host offers a place. The bursary is asked "
        "for the day before the agreement is drafted: the same account, the same saga as for a course.",
    )
    school, host, approving = newcomer(stage), stage.as_account(HOST), stage.as_account(approver(LEAD))
    match(stage, school, offer)
    began = time.monotonic()
    wishes = {"cohort": 1, "dates": [_today().isoformat()], "partnership_id": partnership_id, "submit": True}
    applied = school.post(f"/api/offers/{offer.offer_id}/applications", ApplicationAnswer, wishes)
    path = f"/api/offers/{offer.offer_id}/applications/{applied.application_id}"
    for session, verb in ((approving, "approval"), (host, "shortlisting"), (host, "offer"), (school, "acceptance")):
        applied = session.post(f"{path}/{verb}", ApplicationAnswer)
    expect("the status of the application", "accepted", applied.status)
    stage.teller.done("applied → school approved → shortlisted → offered → [bold]accepted[/]", time.monotonic() - began)
    placement = _await(stage, school, applied, "agreement-drafted")
    expect("what has become of the bursary", ("granted", RESERVED), (placement.funds, placement.amount_pence))
    account = expect_balances(stage, partnership_id, reserved=RESERVED, spent=(TEACHERS - 1) * PRICE)
    stage.teller.done(f"a day: {pounds(RESERVED)} reserved", time.monotonic() - began)
    stage.teller.show(balances(account))
    return _sign(stage, Placed(placement, school))


def _sign(stage: Stage, placed: Placed) -> Placed:
    path, host = placed.path, stage.as_account(HOST)
    for party, session in (("teacher", placed.teacher), ("school", stage.as_account(approver(LEAD))), ("host", host)):
        session.post(f"{path}/signatures", PlacementAnswer, {"party": party, "version": 1})
    stage.eventually(
        "a placement whose employer has its documents",
        lambda: host.get(path, PlacementAnswer),
        lambda seen: seen.status == "compliance-cleared",
    )
    confirmed = host.post(f"{path}/confirmation", PlacementAnswer)
    expect("the status of the placement", "host-confirmed", confirmed.status)
    stage.teller.done("teacher, school and host have signed; documents valid; [bold]host confirmed[/]")
    stage.teller.done(f"the teacher is expected on {confirmed.dates[0]:%-d %B %Y}: today")
    return Placed(confirmed, placed.teacher)


def _today() -> date:
    return datetime.now(ZONE).date()


def _file(reference: str, today: date) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow(
        (
            reference,
            "A day in the blade hall",
            "See how a blade is cast, tested and repaired, and take a lesson home.",
            "single-days",
            DAYS,
            "Physics",
            "secondary",
            today,
            today + OPEN_FOR,
            2,
            SITE,
        )
    )
    return out.getvalue().encode()


def _await(stage: Stage, school: Session, applied: ApplicationAnswer, status: str) -> PlacementAnswer:
    """The placement of an accepted application once it stands so."""
    found = stage.eventually(
        f"a placement that is {status}",
        lambda: [
            placement
            for placement in school.each("/api/placements", PlacementAnswer)
            if placement.application_id == applied.application_id
        ],
        lambda seen: [placement.status for placement in seen] == [status],
    )
    return found[0]
