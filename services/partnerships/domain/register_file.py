"""A register file as it is uploaded: which columns it has, cut into pieces that are worked off one after the other.

The file is CSV with a header, in UTF-8 (with or without a byte order mark) or Windows-1252. Columns are found by name,
in any order; of a full GIAS file only those that we know are kept, so that names of head teachers are never stored.
"""

from __future__ import annotations

import csv
import io
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from shared.decision import Document
from shared.refusals import Invalid

PIECE_ROWS: Final = 500
MOST_ROWS: Final = 200_000
MISSHAPEN: Final = "columns"

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "urn": ("URN",),
    "name": ("EstablishmentName",),
    "status": ("EstablishmentStatus (name)", "EstablishmentStatus"),
    "phase": ("PhaseOfEducation (name)", "PhaseOfEducation"),
    "la_code": ("LA (code)", "LACode"),
    "number": ("EstablishmentNumber",),
    "la_name": ("LA (name)", "LAName"),
    "type_code": ("TypeOfEstablishment (code)",),
    "type": ("TypeOfEstablishment (name)", "TypeOfEstablishment"),
    "census_type": ("CensusSchoolType",),
    "ukprn": ("UKPRN",),
    "trust_id": ("Trusts (code)", "TrustUID"),
    "trust": ("Trusts (name)", "TrustName"),
    "postcode": ("Postcode",),
    "town": ("Town",),
    "region": ("GOR (name)", "Region"),
    "country": ("Country (name)",),
    "easting": ("Easting",),
    "northing": ("Northing",),
    "latitude": ("Latitude",),
    "longitude": ("Longitude",),
    "pupils": ("NumberOfPupils",),
    "free_meals_percent": ("PercentageFSM",),
    "low_age": ("StatutoryLowAge",),
    "high_age": ("StatutoryHighAge",),
    "opened_on": ("OpenDate",),
    "closed_on": ("CloseDate",),
}
"""What we know of a school, and what a file may call it."""

REQUIRED: Final = ("urn", "name", "status", "phase", "la_code", "number")


class RegisterFileUnreadable(Invalid):
    slug = "register-file-unreadable"
    title = "This is not a CSV file with a header and at least one row."


class RegisterColumnsMissing(Invalid):
    slug = "register-columns-missing"
    title = "The register file lacks columns that an import cannot do without."


class Piece(Document):
    """Some rows of a file. `packed` holds them in the order of COLUMNS, `first_row` is the row number of the first.

    Rows are numbered as a spreadsheet shows them: the header is row 1. `repeated` are the numbers of rows whose URN
    stands in an earlier row as well, `misshapen` of rows with more or fewer cells than the header.
    """

    collection = "register_pieces"
    import_id: str
    number: int
    first_row: int
    rows: int
    repeated: tuple[int, ...] = ()
    misshapen: tuple[int, ...] = ()
    packed: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its number and the cells we know, by our names. A column that the file lacks is not in it."""

    row: int
    cells: Mapping[str, str]


def cut(import_id: str, body: bytes, now: datetime) -> tuple[Piece, ...]:
    """Cut a file into pieces. Raises RegisterFileUnreadable, RegisterColumnsMissing."""
    text = _decoded(body)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, None)
        if not header:
            raise RegisterFileUnreadable("The file is empty.")
        places = _places(header)
        pieces = tuple(_pieces(import_id, reader, places, len(header), now))
    except csv.Error as error:
        raise RegisterFileUnreadable(f"Line {reader.line_num}: {error}.", line=reader.line_num) from None
    if not pieces:
        raise RegisterFileUnreadable("The file has a header and no rows.")
    return pieces


def records(piece: Piece) -> Iterator[Record]:
    """The rows of a piece that have the shape of the header."""
    names, rows = json.loads(zlib.decompress(b64decode(piece.packed)))
    misshapen = set(piece.misshapen)
    for row, cells in enumerate(rows, piece.first_row):
        if row not in misshapen:
            yield Record(row, dict(zip(names, cells, strict=True)))


def _decoded(body: bytes) -> str:
    """Windows-1252 leaves five bytes undefined: they become U+FFFD, which the rules for cells refuse."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where the columns we know are. The first of several names that the file has counts."""
    given = {name.strip(): place for place, name in reversed(list(enumerate(header)))}
    places = {
        ours: next(given[theirs] for theirs in names if theirs in given)
        for ours, names in COLUMNS.items()
        if any(theirs in given for theirs in names)
    }
    missing = [" or ".join(reversed(COLUMNS[ours])) for ours in REQUIRED if ours not in places]
    if missing:
        raise RegisterColumnsMissing(f"Missing: {', '.join(missing)}.", missing=missing)
    return places


def _pieces(
    import_id: str, reader: Iterator[list[str]], places: Mapping[str, int], width: int, now: datetime
) -> Iterator[Piece]:
    seen: set[str] = set()
    first_row, number = 2, 0
    while batch := list(islice(reader, PIECE_ROWS)):
        if first_row + len(batch) > MOST_ROWS:
            raise RegisterFileUnreadable(f"The file has more than {MOST_ROWS} rows.")
        yield _piece(import_id, number, first_row, batch, places, width, seen, now)
        first_row += len(batch)
        number += 1


def _piece(
    import_id: str,
    number: int,
    first_row: int,
    batch: Sequence[Sequence[str]],
    places: Mapping[str, int],
    width: int,
    seen: set[str],
    now: datetime,
) -> Piece:
    repeated: list[int] = []
    misshapen: list[int] = []
    rows: list[list[str]] = []
    for row, cells in enumerate(batch, first_row):
        if len(cells) != width:
            misshapen.append(row)
            rows.append([])
            continue
        rows.append([cells[place] for place in places.values()])
        urn = cells[places["urn"]].strip()
        if urn in seen:
            repeated.append(row)
        seen.add(urn)
    packed = zlib.compress(json.dumps([list(places), rows]).encode(), 1)
    return Piece(
        id=f"{import_id}/{number:05d}",
        import_id=import_id,
        number=number,
        first_row=first_row,
        rows=len(batch),
        repeated=tuple(repeated),
        misshapen=tuple(misshapen),
        packed=b64encode(packed).decode(),
        made_at=now,
    )
