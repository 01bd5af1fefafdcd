"""What it costs a school to cancel late or to stay away: an ordered policy, the moments it holds from, and a quote.

Fees are for one place. They are the school's own cost, whoever was to pay for the course: what a bursary has reserved
for a cancelled place is released in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.courses.domain.working_days import DayKind, days_before
from shared.refusals import Invalid

ChargeKind = Literal["cancellation", "no-show"]


class CancellationPolicyUnknown(Invalid):
    slug = "cancellation-policy-unknown"
    title = "There is no cancellation policy of this name."


class Fee(BaseModel):
    """A part of the price or an amount, for one place. It is never more than the price."""

    model_config = ConfigDict(frozen=True)
    unit: Literal["percent", "pence"]
    value: int = Field(ge=0)

    def of(self, price_pence: int) -> int:
        """In pence, for a place of this price; parts of a penny are the school's."""
        return min(price_pence, price_pence * self.value // 100 if self.unit == "percent" else self.value)


class Tier(BaseModel):
    """What cancelling costs from the beginning of the day that is so many days before the start."""

    model_config = ConfigDict(frozen=True)
    name: str
    days_before: int = Field(ge=0)
    counted_in: DayKind
    fee: Fee


class CancellationPolicy(BaseModel):
    """What cancelling costs: nothing before the first tier, nor in the hours after a place was confirmed.

    `no_show` is for a delegate who was absent without excuse. Sending a colleague instead is always free.
    """

    model_config = ConfigDict(frozen=True)
    name: str
    cooling_off_hours: int = Field(ge=0)
    tiers: tuple[Tier, ...]
    no_show: Fee


class FeeStep(BaseModel):
    """A tier of an occurrence, with the moment from which it holds."""

    model_config = ConfigDict(frozen=True)
    tier: str
    from_at: datetime
    fee: Fee


class Waiver(BaseModel):
    """An officer has let the school off a fee; `by` is an account id."""

    model_config = ConfigDict(frozen=True)
    at: datetime
    by: str
    reason: str


class Charge(BaseModel):
    """A fee that a school owes: for one delegate, or (None) for all that its booking still took."""

    model_config = ConfigDict(frozen=True)
    kind: ChargeKind
    at: datetime
    fee_pence: int
    tier: str | None = None
    delegate_id: str | None = None
    waived: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What cancelling costs from a moment on; without a `tier` it is free."""

    from_at: datetime
    fee_pence: int
    tier: str | None


@dataclass(frozen=True, slots=True)
class Quote:
    """What cancelling costs `now`, and what it will cost `later`: each change before the start, in order."""

    now: Due
    later: tuple[Due, ...]


def named(policies: Iterable[CancellationPolicy], name: str) -> CancellationPolicy:
    """The policy of this name. Raises CancellationPolicyUnknown."""
    known = {policy.name: policy for policy in policies}
    if name not in known:
        raise CancellationPolicyUnknown(field="cancellation_policy", known=sorted(known))
    return known[name]


def fee_steps(
    policy: CancellationPolicy | None, starts_at: datetime, zone: str, holidays: frozenset[date]
) -> tuple[FeeStep, ...]:
    """The tiers of an occurrence in the order in which they come; days are those of its own zone."""
    tiers = () if policy is None else policy.tiers
    steps = [
        FeeStep(
            tier=tier.name,
            from_at=days_before(starts_at, zone, tier.days_before, tier.counted_in, holidays),
            fee=tier.fee,
        )
        for tier in tiers
    ]
    return tuple(sorted(steps, key=lambda step: step.from_at))


def quote(
    steps: Sequence[FeeStep],
    *,
    cooling_off_hours: int,
    price_pence: int,
    places: int,
    starts_at: datetime,
    booked_at: datetime,
    now: datetime,
) -> Quote:
    """What cancelling so many places costs now and later. A tier never costs less than one before it."""
    free_until = booked_at + timedelta(hours=cooling_off_hours)

    def due(at: datetime) -> Due:
        reached = [step for step in steps if step.from_at <= at and step.fee.of(price_pence) > 0]
        if at < free_until or not reached:
            return Due(at, 0, None)
        dearest = max(reached, key=lambda step: step.fee.of(price_pence))
        return Due(at, dearest.fee.of(price_pence) * places, dearest.tier)

    first = last = due(now)
    later: list[Due] = []
    for at in sorted({free_until, *(step.from_at for step in steps)}):
        if now < at < starts_at and due(at).fee_pence != last.fee_pence:
            last = due(at)
            later.append(last)
    return Quote(first, tuple(later))
