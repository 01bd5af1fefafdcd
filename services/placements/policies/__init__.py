"""Periods, rates, reason codes and texts of placements: dated, versioned data beside this module, never code.

`placements.json` holds versions, each valid from a day on; `bank_holidays.json` the days that are no working days. An
offer takes over the version that is valid when it is made; reason codes are those of the day they are given.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.placements.domain.terms import Terms

FOLDER = Path(__file__).parent

ReasonsFor = Literal["school", "host", "teacher", "school-cancels", "host-cancels", "programme-cancels"]
Party = Literal["teacher", "school", "host"]


class Policy(BaseModel):
    """A version. `touches` says for each part of an agreement which parties an amendment of it concerns, `weights` how
    much each factor of matching counts, `own_cost_days` the time to say who pays after a refused bursary,
    `next_offer_weeks` how much later what a host repeats is than what it hosted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    valid_from: date
    zone: str
    approval_days: int
    reminder_days: int
    host_days: int
    answer_days: int
    confirm_days: int
    record_days: int
    reflection_days: int
    day_rate_pence: int
    agreement_text: str
    touches: dict[str, tuple[Party, ...]]
    reasons: dict[ReasonsFor, tuple[str, ...]]
    weights: dict[str, int]
    far_km: int
    near_miss_days: int
    request_days: int
    own_cost_days: int
    next_offer_weeks: int

    def terms(self) -> Terms:
        """The terms of an offer."""
        return Terms(**self.model_dump(include=set(Terms.model_fields)), policy=self.name)


class _Policies(BaseModel):
    versions: tuple[Policy, ...]


@cache
def _versions() -> tuple[Policy, ...]:
    policies = _Policies.model_validate_json((FOLDER / "placements.json").read_bytes())
    return tuple(sorted(policies.versions, key=lambda policy: policy.valid_from))


@cache
def holidays() -> frozenset[date]:
    """The bank holidays of England and Wales."""
    days = json.loads((FOLDER / "bank_holidays.json").read_bytes())["england-and-wales"]
    return frozenset(date.fromisoformat(day) for day in days)


def policy_at(now: datetime) -> Policy:
    """The version that is valid; the earliest one before any is."""
    valid = [policy for policy in _versions() if policy.valid_from <= now.date()]
    return valid[-1] if valid else _versions()[0]


@cache
def text_of(name: str) -> str:
    """A text of the agreement by its name."""
    texts: dict[str, str] = json.loads((FOLDER / "agreement_texts.json").read_bytes())
    return texts[name]
