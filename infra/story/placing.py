"""A teacher goes to an employer: an offer is posted, a place is found and paid for, three parties sign."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, date, datetime, timedelta
from typing import Final

from rich.table import Table

from infra.cli.client import Session
from infra.cli.hosts import HOST, SITE, OfferImportAnswer, hosting
from infra.story.answers import (
    ApplicationAnswer,
    MatchAnswer,
    OfferAnswer,
    PlacementAnswer,
    PlacementRequestAnswer,
    RankingAnswer,
)
from infra.story.booking import PRICE
from infra.story.cast import LEAD, NAMES, OFFICER, approver, teacher
from infra.story.funding import balances, expect_balances
from infra.story.planning import TEACHERS
from infra.story.stage import Stage, expect, pounds
from shared.ids import new_id

DAYS: Final = 2
DAY_RATE: Final = 22_000
RESERVED: Final = DAYS * DAY_RATE
IN_WEEKS: Final = 10
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
AHEAD: Final = (
    "matched",
    "funds-refused",
    "agreement-drafted",
    "partly-signed",
    "signed",
    "compliance-cleared",
    "host-confirmed",
)


def post_offer(stage: Stage) -> OfferAnswer:
    """An offer of two days for two teachers, published."""
    stage.teller.chapter(
        "An employer offers placements",
        "Its contact sends the offers as a file, under references of its own: the same file again changes nothing. A "
        "programme officer, who has verified the employer, looks at the offer and publishes it.",
    )
    host, officer = stage.as_account(HOST), stage.as_account(OFFICER)
    employer = hosting(host, officer)
    expect("what the employer lacks", (), employer.lacks)
    reference = f"NT-{new_id()}"
    file = _file(reference, _monday(datetime.now(UTC).date()))
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


def match(stage: Stage, offer: OfferAnswer) -> MatchAnswer:
    """How well the offer fits what a teacher looks for."""
    school = stage.as_account(teacher(LEAD))
    monday = _monday(datetime.now(UTC).date())
    wanted = {
        "subjects": ["Physics"],
        "phases": ["secondary"],
        "free_from": monday.isoformat(),
        "free_to": (monday + timedelta(weeks=3)).isoformat(),
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


def place_teacher(stage: Stage, offer: OfferAnswer, partnership_id: str) -> PlacementAnswer:
    """A placement that everybody has signed and the host has confirmed, with its money reserved."""
    stage.teller.chapter(
        "A teacher is placed, and three parties sign",
        f"A teacher of {NAMES[LEAD]} applies, the school agrees, the host offers a place. The bursary is asked for "
        "each day before the agreement is drafted: the same account, the same saga as for a course.",
    )
    school, host, approving = stage.as_account(teacher(LEAD)), stage.as_account(HOST), stage.as_account(approver(LEAD))
    end_earlier_placements(approving)
    match(stage, offer)
    began = time.monotonic()
    wishes = {"cohort": 1, "partnership_id": partnership_id, "submit": True}
    applied = school.post(f"/api/offers/{offer.offer_id}/applications", ApplicationAnswer, wishes)
    path = f"/api/offers/{offer.offer_id}/applications/{applied.application_id}"
    for session, verb in ((approving, "approval"), (host, "shortlisting"), (host, "offer"), (school, "acceptance")):
        applied = session.post(f"{path}/{verb}", ApplicationAnswer)
    expect("the status of the application", "accepted", applied.status)
    stage.teller.done("applied → school approved → shortlisted → offered → [bold]accepted[/]", time.monotonic() - began)
    placement = _await(stage, school, applied, "agreement-drafted")
    expect("what has become of the bursary", ("granted", RESERVED), (placement.funds, placement.amount_pence))
    account = expect_balances(stage, partnership_id, reserved=RESERVED, spent=(TEACHERS - 1) * PRICE)
    stage.teller.done(f"{DAYS} days: {pounds(RESERVED)} reserved", time.monotonic() - began)
    stage.teller.show(balances(account))
    return _sign(stage, placement)


def _sign(stage: Stage, placement: PlacementAnswer) -> PlacementAnswer:
    path = f"/api/placements/{placement.placement_id}"
    for party, email in (("teacher", teacher(LEAD)), ("school", approver(LEAD)), ("host", HOST)):
        stage.as_account(email).post(f"{path}/signatures", PlacementAnswer, {"party": party, "version": 1})
    host = stage.as_account(HOST)
    stage.eventually(
        "a placement whose employer has its documents",
        lambda: host.get(path, PlacementAnswer),
        lambda seen: seen.status == "compliance-cleared",
    )
    confirmed = host.post(f"{path}/confirmation", PlacementAnswer)
    expect("the status of the placement", "host-confirmed", confirmed.status)
    days = " and ".join(f"{day:%-d %B %Y}" for day in confirmed.dates)
    stage.teller.done("teacher, school and host have signed; documents valid; [bold]host confirmed[/]")
    stage.teller.done(f"the teacher is expected on {days}")
    return confirmed


def end_earlier_placements(approving: Session) -> None:
    """Cancel what an earlier telling has left, so that the teacher is free on these days."""
    reason = {"party": "school", "reason_code": "other"}
    for placement in approving.each("/api/placements", PlacementAnswer):
        if placement.status in AHEAD:
            approving.post(f"/api/placements/{placement.placement_id}/cancellation", PlacementAnswer, reason)


def _monday(today: date) -> date:
    return today + timedelta(weeks=IN_WEEKS, days=-today.weekday())


def _file(reference: str, monday: date) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow(
        (
            reference,
            "Two days in the blade hall",
            "See how a blade is cast, tested and repaired, and take a lesson home.",
            "single-days",
            DAYS,
            "Physics",
            "secondary",
            monday,
            monday + timedelta(days=4),
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
