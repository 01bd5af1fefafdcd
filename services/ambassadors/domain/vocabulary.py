"""The words of the field: phases and year groups, formats of activities, checks and whose law they belong to."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """A phase of education."""

    EARLY_YEARS = "early-years"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    POST_16 = "post-16"


class Format(StrEnum):
    """What an ambassador does at a school."""

    TALK = "talk"
    CAREERS_FAIR = "careers-fair"
    MENTORING = "mentoring"
    CLUB = "club"
    MOCK_INTERVIEW = "mock-interview"


class Weekday(StrEnum):
    """A day of the week, in the order of `date.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Jurisdiction(StrEnum):
    """Whose law on checking people who work with children holds."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


class Scheme(StrEnum):
    """A scheme of checks; each belongs to one jurisdiction."""

    DBS = "dbs"
    PVG = "pvg"
    ACCESS_NI = "access-ni"


class Level(StrEnum):
    """How deep a check went. A scheme knows some of these."""

    BASIC = "basic"
    STANDARD = "standard"
    ENHANCED = "enhanced"
    ENHANCED_WITH_BARRED_LIST = "enhanced-with-barred-list"
    SCHEME_MEMBER = "scheme-member"


class YearGroup(StrEnum):
    """A year group, as schools of the three jurisdictions name theirs: 9 is year 9, S2 the second of secondary."""

    RECEPTION = "R"
    YEAR_1 = "1"
    YEAR_2 = "2"
    YEAR_3 = "3"
    YEAR_4 = "4"
    YEAR_5 = "5"
    YEAR_6 = "6"
    YEAR_7 = "7"
    YEAR_8 = "8"
    YEAR_9 = "9"
    YEAR_10 = "10"
    YEAR_11 = "11"
    YEAR_12 = "12"
    YEAR_13 = "13"
    YEAR_14 = "14"
    PRIMARY_1 = "P1"
    PRIMARY_2 = "P2"
    PRIMARY_3 = "P3"
    PRIMARY_4 = "P4"
    PRIMARY_5 = "P5"
    PRIMARY_6 = "P6"
    PRIMARY_7 = "P7"
    SECONDARY_1 = "S1"
    SECONDARY_2 = "S2"
    SECONDARY_3 = "S3"
    SECONDARY_4 = "S4"
    SECONDARY_5 = "S5"
    SECONDARY_6 = "S6"


JURISDICTION_OF: dict[Scheme, Jurisdiction] = {
    Scheme.DBS: Jurisdiction.ENGLAND_AND_WALES,
    Scheme.PVG: Jurisdiction.SCOTLAND,
    Scheme.ACCESS_NI: Jurisdiction.NORTHERN_IRELAND,
}

NAMES: dict[Jurisdiction, str] = {
    Jurisdiction.ENGLAND_AND_WALES: "England and Wales",
    Jurisdiction.SCOTLAND: "Scotland",
    Jurisdiction.NORTHERN_IRELAND: "Northern Ireland",
}

_PHASE_OF: dict[Phase, tuple[str, ...]] = {
    Phase.EARLY_YEARS: ("R",),
    Phase.PRIMARY: ("1", "2", "3", "4", "5", "6", "P1", "P2", "P3", "P4", "P5", "P6", "P7"),
    Phase.SECONDARY: ("7", "8", "9", "10", "11", "S1", "S2", "S3", "S4"),
    Phase.POST_16: ("12", "13", "14", "S5", "S6"),
}


def phases_of(year_groups: tuple[YearGroup, ...]) -> tuple[Phase, ...]:
    """The phases that these year groups belong to, each once, youngest first."""
    return tuple(phase for phase, groups in _PHASE_OF.items() if any(group.value in groups for group in year_groups))


def weekday_of(day: int) -> Weekday:
    """The weekday of a `date.weekday()`."""
    return tuple(Weekday)[day]
