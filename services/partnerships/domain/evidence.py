"""What other services have told that may fulfil an action plan, and which of it fulfils what.

A piece of evidence is about one booking, placement or visit. What is heard of it later replaces what was heard before,
by its revision, and a cancellation stays: so that the same things heard in any order, once or often, give the same
evidence. One teacher's attendance, one placement and one visit count for one activity only: for the first, in the order
of the plan, that still lacks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.ambassadors import VisitFormat

EvidenceKind = Literal["cpd", "placement", "visit"]


class CpdRule(BaseModel):
    """So many different teachers attended courses about one of these subjects (none: any)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["cpd"] = "cpd"
    subjects: tuple[str, ...] = ()
    teachers: int
    attendance: Literal["full", "any"] = "full"


class PlacementRule(BaseModel):
    """So many placements completed, of at least so many days, about one of these subjects (none: any)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["placement"] = "placement"
    subjects: tuple[str, ...] = ()
    completed: int
    fewest_days: int = 1


class VisitRule(BaseModel):
    """So many visits of ambassadors delivered to one of these year groups, in one of these formats (none: any)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["visit"] = "visit"
    subjects: tuple[str, ...] = ()
    year_groups: tuple[str, ...] = ()
    formats: tuple[VisitFormat, ...] = ()
    count: int


class DeclaredRule(BaseModel):
    """Somebody of the partnership says that it was done, with a note."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["declared"] = "declared"


EvidenceRule = Annotated[CpdRule | PlacementRule | VisitRule | DeclaredRule, Field(discriminator="kind")]


class Evidence(BaseModel):
    """What is known of one booking, placement or visit. `source` is its aggregate, "occurrences/<id>/<booking>".

    `teachers` were there all the time, `others` counts those who were there in part. `days` are the placement's days
    as last settled, `completed_days` those told with its completion. `happened` says that a visit took place.
    `revision` counts what was said of it; where it is 0 only its end has been heard of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: EvidenceKind
    source: str
    revision: int = 0
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
    rules: Sequence[tuple[str, EvidenceRule]], evidence: Iterable[Evidence], declared: frozenset[str]
) -> tuple[Fulfilment, ...]:
    """How far each activity is met. `rules` are (activity id, rule), whoever comes first being served first."""
    pieces = tuple(evidence)
    used: set[Unit] = set()
    found = []
    for activity_id, rule in rules:
        if isinstance(rule, DeclaredRule):
            found.append(Fulfilment(activity_id=activity_id, counted=int(activity_id in declared), needed=1))
            continue
        needed = needed_by(rule)
        units = _chosen(rule, pieces, used, needed)
        used.update(units)
        sources = tuple(dict.fromkeys(unit.source for unit in units))
        found.append(Fulfilment(activity_id=activity_id, counted=len(units), needed=needed, sources=sources))
    return tuple(found)


def needed_by(rule: CpdRule | PlacementRule | VisitRule) -> int:
    """How much it takes."""
    if isinstance(rule, CpdRule):
        return rule.teachers
    return rule.completed if isinstance(rule, PlacementRule) else rule.count


def _chosen(
    rule: CpdRule | PlacementRule | VisitRule, pieces: Sequence[Evidence], used: set[Unit], needed: int
) -> list[Unit]:
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


def units_of(rule: CpdRule | PlacementRule | VisitRule, piece: Evidence) -> Iterator[Unit]:
    """What of a piece of evidence counts for a rule."""
    if piece.kind != rule.kind or piece.cancelled or not _about(rule.subjects, piece.subjects):
        return
    if isinstance(rule, CpdRule):
        yield from (Unit(piece.source, teacher) for teacher in piece.teachers)
        if rule.attendance == "any":
            # Whoever was there in part is not told by name: each counts as somebody else.
            yield from (Unit(piece.source, f"{piece.source}#{number}") for number in range(1, piece.others + 1))
    elif isinstance(rule, PlacementRule):
        days = piece.days if piece.days is not None else piece.completed_days
        if piece.completed_days is not None and days is not None and days >= rule.fewest_days:
            yield Unit(piece.source)
    elif piece.happened and _about(rule.year_groups, piece.year_groups) and _in(rule.formats, piece.visit_format):
        yield Unit(piece.source)


def _about(wanted: Sequence[str], found: Sequence[str]) -> bool:
    return not wanted or not {name.casefold() for name in wanted}.isdisjoint(name.casefold() for name in found)


def _in(wanted: Sequence[str], found: str | None) -> bool:
    return not wanted or found in wanted
