"""Register files for tests: invented schools in the formats that real files have."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

EXTRACT_COLUMNS = (
    "URN",
    "EstablishmentName",
    "TypeOfEstablishment",
    "CensusSchoolType",
    "PhaseOfEducation",
    "EstablishmentStatus",
    "LACode",
    "LAName",
    "Region",
    "EstablishmentNumber",
    "Postcode",
    "NumberOfPupils",
    "PercentageFSM",
    "Easting",
    "Northing",
    "Latitude",
    "Longitude",
)
FULL_NAMES = {
    "TypeOfEstablishment": "TypeOfEstablishment (name)",
    "PhaseOfEducation": "PhaseOfEducation (name)",
    "EstablishmentStatus": "EstablishmentStatus (name)",
    "LACode": "LA (code)",
    "LAName": "LA (name)",
    "Region": "GOR (name)",
}


def row(urn: str, **changes: str) -> dict[str, str]:
    """A community school in Newcastle, unless said otherwise; columns by their names in the extract."""
    usual = {
        "URN": urn,
        "EstablishmentName": f"School {urn}",
        "TypeOfEstablishment": "Community school",
        "CensusSchoolType": "State-funded secondary",
        "PhaseOfEducation": "Secondary",
        "EstablishmentStatus": "Open",
        "LACode": "391",
        "LAName": "Newcastle upon Tyne",
        "Region": "North East",
        "EstablishmentNumber": urn[-4:],
        "Postcode": "NE1 4ST",
        "NumberOfPupils": "900",
        "PercentageFSM": "31.4",
        "Latitude": "54.97",
        "Longitude": "-1.61",
    }
    return usual | changes


def extract(*rows: Mapping[str, str], encoding: str = "utf-8", full: bool = False, without: str = "") -> bytes:
    """A file of these rows. `full` takes the names of the full GIAS file; `without` leaves a column out."""
    names = [*EXTRACT_COLUMNS, *sorted({name for one in rows for name in one} - set(EXTRACT_COLUMNS))]
    columns = [name for name in names if name != without]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([FULL_NAMES.get(name, name) if full else name for name in columns])
    for one in rows:
        writer.writerow([one.get(name, "") for name in columns])
    return text.getvalue().encode(encoding)
