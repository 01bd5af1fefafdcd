"""Course files: rows of other systems in their words, made into ours or refused with row, column and rule.

A file is CSV with a header, in UTF-8 (with or without a byte order mark) or Windows-1252. Columns are found by name, in
any order; those that we do not know are ignored. Row numbers are those that a spreadsheet shows: the header is row 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from services.courses.domain.occurrence import Venue
from services.courses.domain.template import Course, Duration, code_key
from services.courses.domain.vocabulary import AgeGroup, Delivery, DurationUnit, phases_of
from shared.refusals import Invalid

MOST_ROWS: Final = 5_000
VALUE_SHOWN: Final = 60
EARLIEST: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - a local time, as the files have them
LATEST: Final = datetime(2100, 1, 1)  # noqa: DTZ001

DELIVERIES: Final[Mapping[str, Delivery]] = {
    **{delivery.value: delivery for delivery in Delivery},
    "remote": Delivery.LIVE_REMOTE,
    "live remote": Delivery.LIVE_REMOTE,
    "online": Delivery.SELF_PACED,
    "self paced": Delivery.SELF_PACED,
    "face to face": Delivery.FACE_TO_FACE,
}
"""What a file may call a delivery. "Remote" is with a tutor at a fixed time, "online" whenever it suits."""

AGE_GROUPS: Final[Mapping[str, tuple[AgeGroup, ...]]] = {
    **{group.value: (group,) for group in AgeGroup},
    "eyfs": (AgeGroup.UNDER_5,),
    "4-5 years": (AgeGroup.UNDER_5,),
    "5-7 years": (AgeGroup.AGE_5_TO_7,),
    "key stage 1": (AgeGroup.AGE_5_TO_7,),
    "p1/2": (AgeGroup.AGE_5_TO_7,),
    "7-11 years": (AgeGroup.AGE_7_TO_11,),
    "key stage 2": (AgeGroup.AGE_7_TO_11,),
    "p3/4": (AgeGroup.AGE_7_TO_11,),
    "p5/6/7": (AgeGroup.AGE_7_TO_11,),
    "11-14 years": (AgeGroup.AGE_11_TO_14,),
    "key stage 3": (AgeGroup.AGE_11_TO_14,),
    "s1/2": (AgeGroup.AGE_11_TO_14,),
    "14-16 years": (AgeGroup.AGE_14_TO_16,),
    "key stage 4": (AgeGroup.AGE_14_TO_16,),
    "s3/4": (AgeGroup.AGE_14_TO_16,),
    "16-19 years": (AgeGroup.AGE_16_TO_19,),
    "post 16": (AgeGroup.AGE_16_TO_19,),
    "s5/6": (AgeGroup.AGE_16_TO_19,),
    "fe/he": (AgeGroup.AGE_16_TO_19,),
}
"""What a file may call the ages of pupils: years, key stages of England, years of Scotland."""

TEMPLATE_COLUMNS: Final = ("template_id", "code", "title", "delivery", "subject")
OCCURRENCE_COLUMNS: Final = ("occurrence_id", "template_id", "start", "end", "delivery")


class FileUnreadable(Invalid):
    slug = "course-file-unreadable"
    title = "The file is not CSV with a header."


class ColumnsMissing(Invalid):
    slug = "course-file-columns-missing"
    title = "The file lacks columns that are needed."


class FileTooLong(Invalid):
    slug = "course-file-too-long"
    title = f"A file has at most {MOST_ROWS} rows: send it in parts."


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell: `value` is what stands there, cut short."""

    row: int
    column: str
    rule: str
    message: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A course of a file."""

    row: int
    template_id: str
    course: Course


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """A dated occurrence of a file; its times are in UTC."""

    row: int
    occurrence_id: str
    template_id: str
    starts_at: datetime
    ends_at: datetime
    delivery: Delivery
    title: str | None
    instance_code: str | None
    hub: str | None
    region: str | None
    venue: Venue


class _Wrong(Exception):
    """A cell that breaks a rule."""

    def __init__(self, column: str, rule: str, message: str, value: str = "") -> None:
        self.found = (column, rule, message, value[:VALUE_SHOWN])
        super().__init__(rule)


Cells = Mapping[str, str]
T = TypeVar("T")


def decoded(content: bytes) -> str:
    """The text of a file."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_templates(content: bytes) -> tuple[list[TemplateRow], list[RowError]]:
    """The courses of a file, and what is wrong with the others.

    Raises FileUnreadable, ColumnsMissing, FileTooLong.
    """
    rows, errors = _read(content, TEMPLATE_COLUMNS, _template)
    return _each_once(rows, errors, (("template_id", _template_id), ("code", lambda row: code_key(row.course.code))))


def read_occurrences(content: bytes, zone: str) -> tuple[list[OccurrenceRow], list[RowError]]:
    """The occurrences of a file whose times are local to a zone, and what is wrong with the others.

    Raises FileUnreadable, ColumnsMissing, FileTooLong.
    """
    local = ZoneInfo(zone)
    rows, errors = _read(content, OCCURRENCE_COLUMNS, lambda number, cells: _occurrence(number, cells, local))
    return _each_once(rows, errors, (("occurrence_id", lambda row: row.occurrence_id),))


def _template_id(row: TemplateRow) -> str:
    return row.template_id


def _read(
    content: bytes, needed: Sequence[str], make: Callable[[int, Cells], T]
) -> tuple[list[tuple[int, T]], list[RowError]]:
    rows: list[tuple[int, T]] = []
    errors: list[RowError] = []
    for number, cells in _cells(content, needed):
        try:
            rows.append((number, make(number, cells)))
        except _Wrong as wrong:
            errors.append(RowError(number, *wrong.found))
    return rows, errors


def _cells(content: bytes, needed: Sequence[str]) -> Iterator[tuple[int, Cells]]:
    reader = csv.reader(io.StringIO(decoded(content), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in needed if name not in header]
        if not any(header):
            raise FileUnreadable()
        if missing:
            raise ColumnsMissing(f"Missing: {', '.join(missing)}.", columns=missing)
        for number, row in enumerate((row for row in reader if row), 2):
            if number > MOST_ROWS + 1:
                raise FileTooLong()
            yield number, {name: cell.strip() for name, cell in zip(header, row, strict=False)}
    except csv.Error as error:
        raise FileUnreadable(f"Line {reader.line_num}: {error}.") from None


def _each_once(
    rows: list[tuple[int, T]], errors: list[RowError], keys: Sequence[tuple[str, Callable[[T], str]]]
) -> tuple[list[T], list[RowError]]:
    """Refuse the second row of the same identity."""
    seen: dict[tuple[str, str], int] = {}
    kept: list[T] = []
    for number, row in rows:
        names = [(column, key(row)) for column, key in keys]
        double = next((name for name in names if name in seen), None)
        if double is None:
            kept.append(row)
            seen.update(dict.fromkeys(names, number))
        else:
            column, value = double
            errors.append(RowError(number, column, "double", f"Row {seen[double]} has the same.", value[:VALUE_SHOWN]))
    return kept, sorted(errors, key=lambda error: error.row)


def _template(number: int, cells: Cells) -> TemplateRow:
    ages = _age_groups(cells)
    subjects = [_text(cells, "subject", 200, needed=True), *_parts(cells, "additional_subjects")]
    course = Course(
        code=_identity(cells, "code", 20),
        title=_text(cells, "title", 200, needed=True),
        summary=_text(cells, "summary", 2000),
        subjects=tuple(dict.fromkeys(subjects)),
        age_groups=ages,
        phases=phases_of(ages),
        delivery=_delivery(cells),
        duration=_duration(cells),
        outcomes=_text(cells, "outcomes", 4000),
        audience=_text(cells, "who_is_it_for", 2000),
    )
    return TemplateRow(number, _identity(cells, "template_id", 64), course)


def _occurrence(number: int, cells: Cells, zone: ZoneInfo) -> OccurrenceRow:
    starts_at, ends_at = _time(cells, "start", zone), _time(cells, "end", zone)
    if ends_at <= starts_at:
        raise _Wrong("end", "not-after-start", "It must end after it starts.", cells["end"])
    return OccurrenceRow(
        row=number,
        occurrence_id=_identity(cells, "occurrence_id", 64),
        template_id=_identity(cells, "template_id", 64),
        starts_at=starts_at,
        ends_at=ends_at,
        delivery=_delivery(cells),
        title=_text(cells, "title", 200) or None,
        instance_code=_text(cells, "instance_code", 20) or None,
        hub=_text(cells, "subdeliverer_hub", 200) or None,
        region=_text(cells, "region", 200) or None,
        venue=Venue(
            name=_text(cells, "venue_name", 200) or None,
            address=_text(cells, "venue_address", 300) or None,
            city=_text(cells, "city", 200) or None,
            postcode=_text(cells, "postcode", 10).upper() or None,
            latitude=_degrees(cells, "latitude", 90),
            longitude=_degrees(cells, "longitude", 180),
        ),
    )


def _text(cells: Cells, column: str, longest: int, *, needed: bool = False) -> str:
    value = cells.get(column, "")
    if needed and not value:
        raise _Wrong(column, "missing", "A value is needed.")
    if len(value) > longest:
        raise _Wrong(column, "too-long", f"At most {longest} characters.", value)
    if any(ord(letter) < 32 and letter not in "\n\r\t" for letter in value):
        raise _Wrong(column, "control-characters", "Text may not hold control characters.")
    return value


def _identity(cells: Cells, column: str, longest: int) -> str:
    value = _text(cells, column, longest, needed=True)
    if not (value.isascii() and value.replace("-", "").isalnum() and value[0] != "-"):
        raise _Wrong(column, "not-an-identifier", "Letters, digits and hyphens only.", value)
    return value


def _parts(cells: Cells, column: str) -> list[str]:
    return [part.strip() for part in _text(cells, column, 1000).split(";") if part.strip()]


def _delivery(cells: Cells) -> Delivery:
    value = _text(cells, "delivery", 50, needed=True)
    delivery = DELIVERIES.get(value.casefold())
    if delivery is None:
        raise _Wrong("delivery", "unknown-delivery", f"One of {', '.join(sorted(DELIVERIES))}.", value)
    return delivery


def _age_groups(cells: Cells) -> tuple[AgeGroup, ...]:
    found: set[AgeGroup] = set()
    for part in _parts(cells, "age_groups"):
        groups = AGE_GROUPS.get(part.casefold())
        if groups is None:
            raise _Wrong("age_groups", "unknown-age-group", "There is no such age group.", part)
        found.update(groups)
    return tuple(group for group in AgeGroup if group in found)


def _duration(cells: Cells) -> Duration | None:
    amount, unit = _text(cells, "duration", 20), _text(cells, "duration_unit", 20)
    if not amount:
        return None
    if not (amount.isascii() and amount.isdigit() and 0 < int(amount) <= 1000):
        raise _Wrong("duration", "not-a-number", "A whole number from 1 to 1000.", amount)
    try:
        return Duration(amount=int(amount), unit=DurationUnit(unit.casefold()))
    except ValueError:
        raise _Wrong("duration_unit", "unknown-unit", "Minutes, hours, days or weeks.", unit) from None


def _time(cells: Cells, column: str, zone: ZoneInfo) -> datetime:
    value = _text(cells, column, 40, needed=True)
    try:
        time = datetime.fromisoformat(value)
        local = time.replace(tzinfo=None)
        if not EARLIEST <= local < LATEST:
            raise _Wrong(column, "out-of-range", "Between the years 2000 and 2100.", value)
        return (time if time.tzinfo is not None else time.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
    except ValueError:
        raise _Wrong(column, "not-a-time", "A date and time such as 2027-02-04T09:30:00.", value) from None


def _degrees(cells: Cells, column: str, most: int) -> float | None:
    value = _text(cells, column, 30)
    if not value:
        return None
    try:
        degrees = float(value)
    except ValueError:
        raise _Wrong(column, "not-a-number", "Degrees such as 53.9583.", value) from None
    if not -most <= degrees <= most:
        raise _Wrong(column, "out-of-range", f"From -{most} to {most} degrees.", value)
    return degrees
