"""The school register for measurements: the real extract where it lies beside the repository, else one of its shape."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path
from typing import NamedTuple

from infra.cli.seed import SCHOOLS
from infra.local.plan import REPOSITORY

REAL = Path(os.environ.get("STEM_REAL_DATA", REPOSITORY.parent / "shared" / "data")) / "gias_extract.csv"
MADE = 24_000
PLACES = ("Aldgate", "Birchfield", "Carlton", "Denholm", "Eastgate", "Fernleigh", "Garside", "Holmfirth", "Ingleby")
SAINTS = ("St Mary's", "St John's", "All Saints", "Holy Trinity", "Park", "Manor", "Queen's", "Grange", "Moor")
KINDS = (("Primary School", "Primary"), ("High School", "Secondary"), ("Academy", "Secondary"))


class Register(NamedTuple):
    """A register file, what it is, and a name and a postcode to look for in it."""

    content: bytes
    described: str
    name: str
    postcode: str


def register() -> Register:
    """The real one, or one that was made up."""
    if REAL.exists():
        return Register(REAL.read_bytes(), "the real register extract", "st marys", "NE1 4ST")
    return Register(_made_up().encode(), f"a made-up register of {MADE:,} schools", "st marys", "ZF12 3AB")


def _made_up() -> str:
    """Rows like those of the demo's register, with names, districts and places of their own."""
    rows = list(csv.DictReader(io.StringIO(SCHOOLS.read_text())))
    written = io.StringIO()
    table = csv.DictWriter(written, rows[0].keys())
    table.writeheader()
    for number in range(MADE):
        kind, phase = KINDS[number % len(KINDS)]
        name = f"{SAINTS[number // 7 % len(SAINTS)]} {PLACES[number // 63 % len(PLACES)]} {kind}"
        district = f"ZF{number // 240 + 1} {number % 9 + 1}A{chr(65 + number % 26)}"
        own = {
            "URN": str(500_000 + number),
            "EstablishmentName": name,
            "PhaseOfEducation": phase,
            "EstablishmentNumber": str(1_000 + number % 9_000),
            "UKPRN": str(20_000_000 + number),
            "Postcode": district,
            "Easting": str(400_000 + number * 37 % 90_000),
            "Northing": str(400_000 + number * 53 % 90_000),
            "EstablishmentStatus": "Open",
            "CloseDate": "",
        }
        table.writerow({**rows[0], **own})
    return written.getvalue()
