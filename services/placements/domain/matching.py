"""How well a teacher and an offer fit: hard rules say whether, weighed factors say how well, each with its reasons.

Pure, and the same in both directions: a Seeker and an Opening are prepared once, `fit` compares two of them. A hard
rule that is broken says what would have to change for it to hold ("a week later it would match"). Weights come from
policy data; a factor's points are its weight times a value from 0 to 1, and the score is their sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.placements.domain.vocabulary import AccessNeed, Phase
from shared.position import Position


@dataclass(frozen=True, slots=True)
class Seeker:
    """A teacher who looks for a placement, prepared for comparing. `busy` are days that other placements take."""

    key: str
    subjects: frozenset[str]
    phases: frozenset[Phase]
    position: Position | None
    most_km: float
    free_from: date
    free_to: date
    remote: bool
    access_needs: frozenset[AccessNeed]
    earlier_placements: int
    in_partnership: bool
    hosts_before: frozenset[str]
    busy: frozenset[date]


@dataclass(frozen=True, slots=True)
class Window:
    """A cohort that has places left, and where it meets, if that is known."""

    number: int
    starts_on: date
    ends_on: date
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """An offer, prepared for comparing: `windows` are the cohorts with places left."""

    key: str
    subjects: frozenset[str]
    phases: frozenset[Phase]
    remote: bool
    windows: tuple[Window, ...]
    days: int
    access: frozenset[AccessNeed]
    employer_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Scale:
    """The weights of the factors, and the distance from which nearness counts nothing. From policy data."""

    weights: Mapping[str, int]
    far_km: float


@dataclass(frozen=True, slots=True)
class Factor:
    """A soft rule: `points` of `weight`, and why."""

    name: str
    weight: int
    points: float
    says: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A hard rule that does not hold, and what would make it hold, where anything would."""

    rule: str
    says: str
    would_match: str | None


@dataclass(frozen=True, slots=True)
class Fit:
    """How an offer and a teacher fit. With nothing `broken` they match; `cohort` is the one that fits the dates, and
    the distance is that of its site, or of the cohort that misses them by the least.
    """

    key: str
    score: float
    broken: tuple[Broken, ...]
    factors: tuple[Factor, ...]
    cohort: int | None
    distance_km: float | None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The cohort that is compared: `apart` days later (or earlier, below 0) it would fit the dates, where anything of
    that kind would do; `beyond` is 0 within the teacher's reach, and how far it is otherwise.
    """

    window: Window | None
    fits: bool
    apart: int
    km: float | None
    beyond: float


def fit(seeker: Seeker, opening: Opening, key: str, scale: Scale) -> Fit:
    """Compare a teacher with an offer; `key` is which of the two the answer is about."""
    chosen = _chosen(seeker, opening)
    window = chosen.window if chosen.fits else None
    broken = tuple(
        found
        for found in (
            _subject(seeker, opening),
            _phase(seeker, opening),
            _dates(seeker, opening, chosen),
            _reach(seeker, opening, chosen),
            _access(seeker, opening),
        )
        if found is not None
    )
    factors = tuple(
        Factor(name, weight, round(weight * value, 2), says)
        for name, weight, value, says in _factors(seeker, opening, scale, window, chosen.km)
    )
    score = round(sum(factor.points for factor in factors), 2)
    return Fit(key, score, broken, factors, window.number if window is not None else None, chosen.km)


def _distance(seeker: Seeker, window: Window) -> float | None:
    if seeker.position is None or window.position is None:
        return None
    return round(seeker.position.km_to(window.position.latitude, window.position.longitude), 1)


def weekdays(first: date, last: date) -> int:
    """How many days from Monday to Friday there are, both ends included."""
    if last < first:
        return 0
    weeks, rest = divmod((last - first).days + 1, 7)
    start = first.weekday()
    return weeks * 5 + sum((start + offset) % 7 < 5 for offset in range(rest))


def _chosen(seeker: Seeker, opening: Opening) -> _Chosen:
    """The cohort that is compared: of those that fit the teacher's free days the first within reach, or else the
    nearest; without any, the one that misses those days by the least.
    """
    choices = [_choice(seeker, opening, window) for window in opening.windows]
    if not choices:
        return _Chosen(None, fits=False, apart=0, km=None, beyond=0.0)
    fitting = [choice for choice in choices if choice.fits]
    if fitting:
        return min(fitting, key=lambda choice: choice.beyond)
    return min(choices, key=lambda choice: (choice.beyond, choice.apart == 0, abs(choice.apart)))


def _choice(seeker: Seeker, opening: Opening, window: Window) -> _Chosen:
    km = _distance(seeker, window)
    beyond = 0.0 if opening.remote else math.inf if km is None else km if km > seeker.most_km else 0.0
    if _free_days(seeker, window) >= opening.days:
        return _Chosen(window, fits=True, apart=0, km=km, beyond=beyond)
    enough = weekdays(seeker.free_from, seeker.free_to) >= opening.days
    return _Chosen(window, fits=False, apart=_gap(seeker, opening, window) if enough else 0, km=km, beyond=beyond)


def _free_days(seeker: Seeker, window: Window) -> int:
    """How many working days of a cohort the teacher is free on."""
    first, last = max(window.starts_on, seeker.free_from), min(window.ends_on, seeker.free_to)
    return weekdays(first, last) - _taken(seeker, first, last)


def _taken(seeker: Seeker, first: date, last: date) -> int:
    return sum(first <= day <= last and day.weekday() < 5 for day in seeker.busy) if seeker.busy else 0


def _gap(seeker: Seeker, opening: Opening, window: Window) -> int:
    """By how many days the teacher would have to be free later (positive) or earlier (negative) for a cohort."""
    needed = timedelta(days=opening.days - 1 + 2 * ((opening.days - 1) // 5))
    later = (min(window.starts_on + needed, window.ends_on) - seeker.free_to).days
    if later > 0:
        return later
    earlier = (seeker.free_from - max(window.ends_on - needed, window.starts_on)).days
    return -earlier if earlier > 0 else 0


def _subject(seeker: Seeker, opening: Opening) -> Broken | None:
    if seeker.subjects & opening.subjects:
        return None
    return Broken("subject", f"It is about {', '.join(sorted(opening.subjects))}.", None)


def _phase(seeker: Seeker, opening: Opening) -> Broken | None:
    if seeker.phases & opening.phases:
        return None
    return Broken("phase", f"It is for {', '.join(sorted(opening.phases))}.", None)


def _dates(seeker: Seeker, opening: Opening, chosen: _Chosen) -> Broken | None:
    window = chosen.window
    if window is None:
        return Broken("places", "Every place is taken.", "A place that becomes free would match.")
    if chosen.fits:
        return None
    if chosen.apart:
        when = "later" if chosen.apart > 0 else "earlier"
        said = f"{_period(abs(chosen.apart))} {when} it would match."
        return Broken("dates", "The teacher is not free on its days.", said)
    first, last = max(window.starts_on, seeker.free_from), min(window.ends_on, seeker.free_to)
    if weekdays(first, last) >= opening.days:
        return Broken("dates", "The teacher is placed elsewhere on these days.", None)
    open_days = weekdays(window.starts_on, window.ends_on) - _taken(seeker, window.starts_on, window.ends_on)
    would = f"Free from {window.starts_on} to {window.ends_on} it would match." if open_days >= opening.days else None
    return Broken("dates", f"It takes {opening.days} working days, and the teacher is free on fewer.", would)


def _period(days: int) -> str:
    """Days in words that people use."""
    if days % 7 == 0:
        return "A week" if days == 7 else f"{days // 7} weeks"
    return "A day" if days == 1 else f"{days} days"


def _reach(seeker: Seeker, opening: Opening, chosen: _Chosen) -> Broken | None:
    if opening.remote:
        return None if seeker.remote else Broken("remote", "It is remote.", "It would match if remote were wanted.")
    km = chosen.km
    if chosen.window is None or not chosen.beyond:
        return None
    if km is None:
        return Broken("distance", "Where it is, or where the school is, is not known.", None)
    return Broken("distance", f"It is {km:g} km away.", f"Within {km:g} km it would match.")


def _access(seeker: Seeker, opening: Opening) -> Broken | None:
    lacking = seeker.access_needs - opening.access
    if not lacking:
        return None
    named = ", ".join(sorted(lacking))
    return Broken("access", f"The host does not say that it has: {named}.", f"With {named} it would match.")


def _factors(
    seeker: Seeker, opening: Opening, scale: Scale, window: Window | None, km: float | None
) -> list[tuple[str, int, float, str]]:
    """Name, weight, value from 0 to 1, and why, of every soft rule."""
    weights = scale.weights
    shared = len(seeker.subjects & opening.subjects)
    near = 1.0 if opening.remote else 0.0 if km is None else max(0.0, 1 - km / scale.far_km)
    phases = len(seeker.phases & opening.phases) / max(1, len(seeker.phases))
    wait = max(0, (max(window.starts_on, seeker.free_from) - seeker.free_from).days) if window is not None else 365
    knows = bool(seeker.hosts_before & opening.employer_ids)
    fresh = (0.5 if knows else 1.0) / (1 + seeker.earlier_placements)
    subjects = shared / max(1, len(seeker.subjects))
    partnership = "The school is in an active partnership." if seeker.in_partnership else "In no active partnership."
    return [
        ("subject", weights["subject"], subjects, f"{shared} of {len(seeker.subjects)} subjects."),
        (
            "distance",
            weights["distance"],
            near,
            "Remote." if opening.remote else f"{km} km." if km is not None else "Not known.",
        ),
        ("dates", weights["dates"], max(0.0, 1 - wait / 365), f"Begins {wait} days into the free time."),
        ("phase", weights["phase"], phases, f"{round(100 * phases)} % of the phases."),
        (
            "earlier-placements",
            weights["earlier-placements"],
            fresh,
            f"{seeker.earlier_placements} placements before{', one of them there' if knows else ''}.",
        ),
        ("partnership", weights["partnership"], 1.0 if seeker.in_partnership else 0.0, partnership),
    ]
