"""What other services have told that may fulfil an action plan, and which of it fulfils what.

A piece of evidence is about one booking, placement or visit. What is heard of it later replaces what was heard before,
by its revision, and a cancellation stays: so that the same things heard in any order, once or often, give the same
evidence. One teacher's attendance, one placement and one visit count for one activity only: for the first, in the order
of the plan, that still lacks it.

An activity counts what happened from the beginning of its own year on. What was done too much in the first year does
not do the second round that was planned for the next one; what was done early within the year counts, and so does what
was done late. Where the day is not known it is not held against the evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.ambassadors import VisitFormat

EvidenceKind = Literal["cpd", "placement", "visit"]


class CpdRule(BaseModel):
    """So many different teachers attended courses about one of these subjects (none: any).

    `course_code` asks for one course, by the code of its template; `by_owner` for teachers of the owner school.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["cpd"] = "cpd"
    subjects: tuple[str, ...] = ()
    course_code: str | None = None
    by_owner: bool = False
    teachers: int
    attendance: Literal["full", "any"] = "full"


class PlacementRule(BaseModel):
    """So many placements completed, of at least so many days, about one of these subjects (none: any).

    `by_owner` asks for teachers of the owner school.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["placement"] = "placement"
    subjects: tuple[str, ...] = ()
    by_owner: bool = False
    completed: int
    fewest_days: int = 1


class VisitRule(BaseModel):
    """So many visits of ambassadors delivered to one of these year groups, in one of these formats (none: any).

    `by_owner` asks for visits to the owner school.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["visit"] = "visit"
    subjects: tuple[str, ...] = ()
    by_owner: bool = False
    year_groups: tuple[str, ...] = ()
    formats: tuple[VisitFormat, ...] = ()
    count: int


class DeclaredRule(BaseModel):
    """Somebody of the partnership says that it was done, with a note."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["declared"] = "declared"


HeardRule = CpdRule | PlacementRule | VisitRule
EvidenceRule = Annotated[CpdRule | PlacementRule | VisitRule | DeclaredRule, Field(discriminator="kind")]


class Evidence(BaseModel):
    """What is known of one booking, placement or visit. `source` is its aggregate, "occurrences/<id>/<booking>".

    `teachers` were there all the time, `others` counts those who were there in part. `days` are the placement's days
    as last settled, `completed_days` those told with its completion. `happened` says that a visit took place.
    `on` is its last day. `revision` counts what was said of it; where it is 0 only its end has been heard of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: EvidenceKind
    source: str
    revision: int = 0
    school_urn: str | None = None
    on: date | None = None
    course_code: str | None = None
    subjects: tuple[str, ...] = ()
    year_groups: tuple[str, ...] = ()
    visit_format: VisitFormat | None = None
    teachers: tuple[str, ...] = ()
    others: int = 0
    days: int | None = None
    completed_days: int | None = None
    happened: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """A fact about a piece of evidence: the fields it brings; and why a plan may change by it, in words.

    `revision` None: the fact has none, and stands beside whatever else is heard.
    """

    kind: EvidenceKind
    source: str
    revision: int | None
    fields: dict[str, object]
    why: str


@dataclass(frozen=True, slots=True)
class Unit:
    """The smallest thing that counts: one person's part in a source, or the source itself."""

    source: str
    who: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an activity counts by: its rule, every URN of the school that owns it, and the first day that counts."""

    activity_id: str
    rule: EvidenceRule
    owner_urns: frozenset[str]
    since: date


class Fulfilment(BaseModel):
    """How far an activity's rule is met: `counted` of `needed`, by these sources."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    activity_id: str
    counted: int
    needed: int
    sources: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the activity is done."""
        return self.counted >= self.needed


def taken_in(evidence: tuple[Evidence, ...], heard: Heard) -> tuple[Evidence, ...]:
    """The evidence with what was heard, in the order of sources; the same tuple where it says nothing new."""
    known = next((piece for piece in evidence if piece.source == heard.source), None)
    before = known or Evidence(kind=heard.kind, source=heard.source)
    if heard.revision is not None and heard.revision <= before.revision:
        return evidence
    fields = heard.fields if heard.revision is None else {**heard.fields, "revision": heard.revision}
    after = Evidence.model_validate(before.model_dump() | fields)
    if after == known:
        return evidence
    others = (piece for piece in evidence if piece.source != heard.source)
    return tuple(sorted((*others, after), key=lambda piece: piece.source))


def fulfilments(
    wanted: Iterable[Wanted], evidence: Iterable[Evidence], declared: frozenset[str]
) -> tuple[Fulfilment, ...]:
    """How far each activity is met, whoever comes first being served first."""
    pieces = tuple(evidence)
    used: set[Unit] = set()
    found = []
    for one in wanted:
        if isinstance(one.rule, DeclaredRule):
            said = one.activity_id in declared
            found.append(Fulfilment(activity_id=one.activity_id, counted=int(said), needed=1))
            continue
        needed = needed_by(one.rule)
        units = _chosen(one.rule, [piece for piece in pieces if _counts_for(one, one.rule, piece)], used, needed)
        used.update(units)
        sources = tuple(dict.fromkeys(unit.source for unit in units))
        found.append(Fulfilment(activity_id=one.activity_id, counted=len(units), needed=needed, sources=sources))
    return tuple(found)


def needed_by(rule: HeardRule) -> int:
    """How much it takes."""
    if isinstance(rule, CpdRule):
        return rule.teachers
    return rule.completed if isinstance(rule, PlacementRule) else rule.count


def _counts_for(wanted: Wanted, rule: HeardRule, piece: Evidence) -> bool:
    """Whether a piece of evidence is from the activity's time, and from its owner where only that counts."""
    if piece.on is not None and piece.on < wanted.since:
        return False
    return not rule.by_owner or piece.school_urn in wanted.owner_urns


def _chosen(rule: HeardRule, pieces: Sequence[Evidence], used: set[Unit], needed: int) -> list[Unit]:
    """The first units that count and are free; one person counts once, whatever number of courses they attend."""
    chosen: list[Unit] = []
    people: set[str] = set()
    for unit in (unit for piece in pieces for unit in units_of(rule, piece)):
        if len(chosen) == needed:
            break
        if unit in used or (isinstance(rule, CpdRule) and unit.who in people):
            continue
        people.add(unit.who)
        chosen.append(unit)
    return chosen


def units_of(rule: HeardRule, piece: Evidence) -> Iterator[Unit]:
    """What of a piece of evidence counts for a rule."""
    if piece.kind != rule.kind or piece.cancelled or not _about(rule.subjects, piece.subjects):
        return
    if isinstance(rule, CpdRule):
        yield from _attendances(rule, piece)
    elif isinstance(rule, PlacementRule):
        days = piece.days if piece.days is not None else piece.completed_days
        if piece.completed_days is not None and days is not None and days >= rule.fewest_days:
            yield Unit(piece.source)
    elif piece.happened and _about(rule.year_groups, piece.year_groups) and _in(rule.formats, piece.visit_format):
        yield Unit(piece.source)


def _attendances(rule: CpdRule, piece: Evidence) -> Iterator[Unit]:
    if rule.course_code is not None and rule.course_code.casefold() != (piece.course_code or "").casefold():
        return
    yield from (Unit(piece.source, teacher) for teacher in piece.teachers)
    if rule.attendance == "any":
        # Whoever was there in part is not told by name: each counts as somebody else.
        yield from (Unit(piece.source, f"{piece.source}#{number}") for number in range(1, piece.others + 1))


def _about(wanted: Sequence[str], found: Sequence[str]) -> bool:
    return not wanted or not {name.casefold() for name in wanted}.isdisjoint(name.casefold() for name in found)


def _in(wanted: Sequence[str], found: str | None) -> bool:
    return not wanted or found in wanted
