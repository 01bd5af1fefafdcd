"""`stem seed`: demo data for a running stack, through the API like any other. `make run` calls it when all is ready.

It may be called any number of times: what is there already counts as unchanged. The occurrences of the file are moved
by whole years of 52 weeks until they lie ahead, so that there is always something to book.
"""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from infra.cli.client import Answer, Session, connect
from infra.cli.hosts import HOST, hosting, offering
from infra.cli.schools import imported, summary
from infra.cli.terminal import screen
from infra.cli.volunteers import VOLUNTEERS, registered
from infra.local.obstacles import Obstacle
from services.gateway.demo_accounts import DEMO_PASSWORD, STAFF

DEMO_DATA: Final = Path(__file__).parent / "demo_data"
SCHOOLS: Final = DEMO_DATA / "schools.csv"
TEMPLATES: Final = DEMO_DATA / "course_templates.csv"
OCCURRENCES: Final = DEMO_DATA / "course_occurrences.csv"
OFFERS: Final = DEMO_DATA / "placement_offers.csv"
CAPACITY: Final = 12
PRICE: Final = 22_000
YEAR: Final = timedelta(weeks=52)
"""Not a calendar year: a Tuesday stays a Tuesday."""
NOTICE: Final = timedelta(weeks=4)
PATIENCE: Final = 30.0
"""How long the other services may take to hear of the schools, in seconds."""


class CourseErrorAnswer(Answer):
    """A broken rule of a row."""

    row: int
    column: str
    message: str


class CourseImportAnswer(Answer):
    """What came of a course file."""

    written: bool
    rows: int
    created: int
    errors: tuple[CourseErrorAnswer, ...]


def seed(
    url: Annotated[str, typer.Option(help="The edge; the running stack's if not given.", envvar="EDGE_URL")] = "",
) -> None:
    """Put the demo's schools, courses, occurrences, employer and ambassadors in, as far as they are not there."""
    with connect(url) as api:
        operator, officer = [api.sign_in(account.email, DEMO_PASSWORD) for account in STAFF[:2]]
        schools = imported(operator, SCHOOLS.read_bytes())
        templates = course_file(operator, "templates", TEMPLATES.read_bytes())
        dated = ahead(OCCURRENCES.read_text(encoding="utf-8"), datetime.now(UTC))
        terms = {"publish": True, "capacity": CAPACITY, "price_pence": PRICE}
        occurrences = course_file(operator, "occurrences", dated.encode(), terms)
        host = api.sign_in(HOST, DEMO_PASSWORD)
        employer = hosting(host, officer)
        offers = offering(host, officer, offers_ahead(OFFERS.read_text(encoding="utf-8"), datetime.now(UTC)).encode())
        ambassadors = [
            registered(api.sign_in(volunteer.email, DEMO_PASSWORD), officer, volunteer, within=PATIENCE)
            for volunteer in VOLUNTEERS
        ]
    screen.print(f"  [green]✓[/] schools: {summary(schools)}")
    screen.print(f"  [green]✓[/] courses: {templates.rows}, {templates.created} of them new")
    screen.print(f"  [green]✓[/] occurrences: {occurrences.rows}, {occurrences.created} of them new")
    screen.print(f"  [green]✓[/] employers: {employer.name}, {employer.status}")
    screen.print(f"  [green]✓[/] placement offers: {offers.offers}, {offers.created} of them new")
    screen.print(f"  [green]✓[/] ambassadors: {len(ambassadors)}")


def course_file(
    session: Session, kind: str, content: bytes, terms: dict[str, int | bool] | None = None
) -> CourseImportAnswer:
    """Bring a course file in. Raises Obstacle when a row is bad."""
    done = session.upload("/api/course-imports", CourseImportAnswer, content, {"kind": kind, **(terms or {})})
    if not done.written:
        faults = "; ".join(f"row {error.row}, {error.column}: {error.message}" for error in done.errors)
        raise Obstacle(f"the {kind} of the demo were not taken: {faults}", "this is a fault of the demo data")
    return done


def ahead(occurrences: str, now: datetime) -> str:
    """The occurrences with those that are past, or nearly, moved ahead; a moved one is another occurrence."""
    rows = list(csv.DictReader(io.StringIO(occurrences)))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        start, end = datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"])
        years = 0
        while start + years * YEAR < (now + NOTICE).replace(tzinfo=None):
            years += 1
        moved = {"start": (start + years * YEAR).isoformat(), "end": (end + years * YEAR).isoformat()}
        identity = str(uuid.uuid5(uuid.UUID(row["occurrence_id"]), moved["start"]))
        writer.writerow({**row, **moved, "occurrence_id": identity})
    return out.getvalue()


def offers_ahead(offers: str, now: datetime) -> str:
    """The offers with those that are past, or nearly, moved ahead; a moved one is another offer."""
    rows = list(csv.DictReader(io.StringIO(offers)))
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        start, end = date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])
        while start < (now + NOTICE).date():
            start, end = start + YEAR, end + YEAR
        dates = {"starts_on": start.isoformat(), "ends_on": end.isoformat()}
        writer.writerow({**row, **dates, "reference": f"{row['reference']}-{start.year}"})
    return out.getvalue()
