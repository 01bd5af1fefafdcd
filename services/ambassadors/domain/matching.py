"""Who suits a request: hard rules that must all hold, soft ones that rank, each with its reason in words.

Pure arithmetic over what an ambassador offers and what a school would like, so that every ranking can be explained and
worked out again. Points of the soft factors are out of the sum of their weights. Load is a soft factor with the largest
weight: whoever was asked least comes first among those who suit as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.ambassadors.domain.offer import Offer
from services.ambassadors.domain.request import ActivityRequest, Slot
from services.ambassadors.domain.vocabulary import NAMES, weekday_of
from shared.position import Position

FactorName = Literal[
    "status",
    "checks",
    "format",
    "phases",
    "subjects",
    "languages",
    "place",
    "dates",
    "not-asked-before",
    "open-invitations",
    "subject-share",
    "nearness",
    "fair-load",
    "variety",
    "skill-share",
]


@dataclass(frozen=True, slots=True)
class Factor:
    """One reason. A hard one holds or not; a soft one has points out of its weight. `otherwise` says what would do."""

    name: FactorName
    holds: bool
    says: str
    points: int = 0
    weight: int = 0
    otherwise: str | None = None

    @property
    def hard(self) -> bool:
        """Whether it decides, rather than rank."""
        return self.weight == 0


@dataclass(frozen=True, slots=True)
class Assessment:
    """How well an ambassador suits a request. `slots` are the times when they could come."""

    ambassador_id: str
    factors: tuple[Factor, ...]
    slots: tuple[Slot, ...]
    score: int
    rank: tuple[int, int, float, str]

    @property
    def suitable(self) -> bool:
        """Whether no hard rule speaks against it."""
        return all(factor.holds for factor in self.factors if factor.hard)

    def reasons(self) -> tuple[str, ...]:
        """What speaks for an ambassador who suits."""
        return tuple(factor.says for factor in self.factors if factor.holds)


def rank(
    request: ActivityRequest, offers: Iterable[Offer], now: datetime, limit: int | None = None
) -> list[Assessment]:
    """Those who suit, best first, at most `limit` of them: whoever comes behind is not put into words."""
    return [assess(request, offer, now) for offer in fitting(request, offers, now)[:limit]]


def fitting(request: ActivityRequest, offers: Iterable[Offer], now: datetime) -> list[Offer]:
    """The offers of those who suit, best first, without a word."""
    asked = request.asked()
    found = [offer for offer in offers if offer.id not in asked and _suits(request, offer, now)]
    return sorted(found, key=lambda offer: _order(request, offer, now))


def assess(request: ActivityRequest, offer: Offer, now: datetime) -> Assessment:
    """Every factor of a match, hard ones first."""
    slots = tuple(slot for slot in request.slots if slot_reason(request, offer, slot, now) is None)
    return Assessment(
        ambassador_id=offer.id,
        factors=(*_hard(request, offer, now, slots), *_soft(request, offer, now)),
        slots=slots,
        score=sum(_points(request, offer, now)),
        rank=_order(request, offer, now),
    )


def _order(request: ActivityRequest, offer: Offer, now: datetime) -> tuple[int, int, float, str]:
    """What ranks: points, then how little and how long ago somebody was asked, then nothing but their id."""
    asked_at = offer.invited_at.timestamp() if offer.invited_at is not None else 0.0
    return (-sum(_points(request, offer, now)), offer.load, asked_at, offer.id)


def _suits(request: ActivityRequest, offer: Offer, now: datetime) -> bool:
    """The hard rules without their words, but for who was asked: most offers end here."""
    activity = request.activity
    return (
        offer.open
        and request.place.jurisdiction in offer.cleared
        and activity.format in offer.formats
        and not set(activity.subjects).isdisjoint(offer.subjects)
        and not set(activity.phases).isdisjoint(offer.phases)
        and (not activity.languages or not set(activity.languages).isdisjoint(offer.languages))
        and offer.invitations < request.terms.most_open_invitations
        and _place(request, offer).holds
        and any(slot_reason(request, offer, slot, now) is None for slot in request.slots)
    )


def _hard(request: ActivityRequest, offer: Offer, now: datetime, slots: tuple[Slot, ...]) -> Iterator[Factor]:
    activity, place = request.activity, request.place
    name = NAMES[place.jurisdiction]
    until = offer.cleared.get(place.jurisdiction)
    yield Factor("status", offer.open, "takes invitations" if offer.open else "takes no invitations now")
    yield Factor(
        "checks",
        until is not None and until >= now.date(),
        f"checked for {name}" if until is not None else f"has no valid check for {name}",
    )
    yield _words("format", "does", (activity.format.value,), [found.value for found in offer.formats])
    yield _words("phases", "works with", [p.value for p in activity.phases], [p.value for p in offer.phases])
    yield _words("subjects", "speaks about", activity.subjects, offer.subjects)
    if activity.languages:
        yield _words("languages", "speaks", activity.languages, offer.languages)
    yield _place(request, offer)
    yield _dates(request, offer, now, slots)
    asked = offer.id in request.asked()
    yield Factor("not-asked-before", not asked, "was asked before" if asked else "was not asked before")
    most = request.terms.most_open_invitations
    yield Factor(
        "open-invitations",
        offer.invitations < most,
        f"has {offer.invitations} of at most {most} invitations to answer",
    )


def _points(request: ActivityRequest, offer: Offer, now: datetime) -> tuple[int, int, int, int, int]:
    """The points for shared subjects, nearness, fair load, variety and skills."""
    weights, wanted = request.terms.weights, set(request.activity.subjects)
    km = distance(request, offer)
    near = 1.0 if km is None else max(0.0, 1 - km / max(offer.radius_km, 1))
    return (
        round(weights.subjects * len(wanted.intersection(offer.subjects)) / len(wanted)),
        round(weights.distance * near),
        round(weights.load / (1 + offer.load)),
        weights.variety if _is_rested(request, offer, now) else 0,
        _skill_points(request, len(_skills(request, offer))),
    )


def _skills(request: ActivityRequest, offer: Offer) -> tuple[str, ...]:
    """The skills asked for that an ambassador brings; capitals do not matter."""
    if not request.activity.skills:
        return ()
    brought = {skill.casefold() for skill in offer.skills}
    return tuple(skill for skill in request.activity.skills if skill.casefold() in brought)


def _skill_points(request: ActivityRequest, shared: int) -> int:
    return round(request.terms.weights.skills * shared / max(1, len(request.activity.skills)))


def _is_rested(request: ActivityRequest, offer: Offer, now: datetime) -> bool:
    return offer.invited_at is None or (now - offer.invited_at).days >= request.terms.rested_days


def _soft(request: ActivityRequest, offer: Offer, now: datetime) -> Iterator[Factor]:
    weights, wanted = request.terms.weights, set(request.activity.subjects)
    subjects, near, load, variety, _ = _points(request, offer, now)
    km = distance(request, offer)
    shared = len(wanted.intersection(offer.subjects))
    yield Factor("subject-share", True, f"{shared} of {len(wanted)} subjects", subjects, weights.subjects)
    yield Factor("nearness", True, "at a distance" if km is None else f"{km:.1f} km away", near, weights.distance)
    yield Factor("fair-load", True, f"{offer.load} visits and invitations lately", load, weights.load)
    says = "was asked by nobody lately" if _is_rested(request, offer, now) else "was asked not long ago"
    yield Factor("variety", True, says, variety, weights.variety)
    if request.activity.skills and weights.skills:
        yield _skill_share(request, offer)


def _skill_share(request: ActivityRequest, offer: Offer) -> Factor:
    wanted, shared = request.activity.skills, _skills(request, offer)
    points, weight = _skill_points(request, len(shared)), request.terms.weights.skills
    lacking = ", ".join(skill for skill in wanted if skill not in shared)
    otherwise = f"{lacking} would add {weight - points} points" if lacking else None
    says = f"brings {', '.join(shared)}" if shared else f"has none of {lacking}"
    return Factor("skill-share", bool(shared), says, points, weight, otherwise)


def distance(request: ActivityRequest, offer: Offer) -> float | None:
    """How far the school is, in km; None for what is done at a distance."""
    place = request.place
    if request.activity.remote or place.latitude is None or place.longitude is None:
        return None
    return Position(place.latitude, place.longitude).km_to(offer.latitude, offer.longitude)


def _words(name: FactorName, verb: str, wanted: Sequence[str], offered: Sequence[str]) -> Factor:
    """A factor that holds when at least one word is in both."""
    shared = [word for word in wanted if word in offered]
    if shared:
        return Factor(name, True, f"{verb} {', '.join(shared)}")
    return Factor(name, False, f"offers none of {', '.join(wanted)}", otherwise=f"one of {', '.join(wanted)} would do")


def _place(request: ActivityRequest, offer: Offer) -> Factor:
    if request.activity.remote:
        return Factor("place", offer.remote, "works at a distance" if offer.remote else "does not work at a distance")
    if not offer.visits:
        return Factor("place", False, "works at a distance only")
    km = distance(request, offer)
    if km is None:
        return Factor("place", False, "the school's place is not known")
    if km <= offer.radius_km:
        return Factor("place", True, f"{km:.1f} km away, travels up to {offer.radius_km} km")
    needed = int(km) + 1
    return Factor(
        "place",
        False,
        f"{km:.1f} km away, travels up to {offer.radius_km} km",
        otherwise=f"a radius of {needed} km would do",
    )


def _dates(request: ActivityRequest, offer: Offer, now: datetime, slots: tuple[Slot, ...]) -> Factor:
    if slots:
        days = ", ".join(dict.fromkeys(slot.starts_at.date().isoformat() for slot in slots))
        return Factor("dates", True, f"could come on {days}")
    why = [slot_reason(request, offer, slot, now) for slot in request.slots]
    return Factor("dates", False, "; ".join(dict.fromkeys(reason for reason in why if reason)))


def slot_reason(request: ActivityRequest, offer: Offer, slot: Slot, now: datetime) -> str | None:
    """Why an ambassador could not come at this time; None when they could."""
    day = slot.starts_at.date()
    until = offer.cleared.get(request.place.jurisdiction)
    if slot.starts_at <= now:
        return f"{day} is over"
    if request.is_too_near(slot, now):
        return f"{day} is too near"
    if until is not None and until < day:
        return f"the check ends before {day}"
    if weekday_of(day.weekday()) not in offer.weekdays:
        return f"not free on a {weekday_of(day.weekday()).value}"
    if _is_away(offer, day):
        return f"away on {day}"
    if any(taken.starts_at < slot.ends_at and slot.starts_at < taken.ends_at for taken in offer.engagements):
        return f"at another school on {day}"
    return None


def _is_away(offer: Offer, day: date) -> bool:
    return any(period.first <= day <= period.last for period in offer.away)
