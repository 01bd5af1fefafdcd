"""Periods, limits and weights of visits and checks: dated, versioned data beside this module, never code.

`visits.json` and `checks.json` hold versions, each valid from a day on. A request takes over the terms that are valid
when it is made, an ambassador those that are valid when they register or are checked; how early somebody may be at the
door is that of the day. `jurisdictions.json` says whose
law on checks holds at a school, by the scheme of its identifier and by its region.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from services.ambassadors.domain.terms import CheckTerms, Terms, Weights
from services.ambassadors.domain.vocabulary import Jurisdiction, Level, Scheme

FOLDER = Path(__file__).parent


class Dated(BaseModel):
    """A version of something that is valid from a day on."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    valid_from: date


class VisitPolicy(Dated):
    """A version of the terms of visits. `arrival_minutes` is how long before a visit the ambassador may be let in."""

    invitation_hours: int
    invitation_hours_late: int
    late_days: int
    no_invitations_hours: int
    look_again_hours: int
    most_open_invitations: int
    feedback_days: int
    rested_days: int
    outcome_reminder_days: int
    outcome_days: int
    arrival_minutes: int
    weights: Weights

    def terms(self) -> Terms:
        """The terms of a request."""
        return Terms(policy=self.name, **self.model_dump(exclude={"name", "valid_from", "arrival_minutes"}))


class CheckPolicy(Dated):
    """A version of the terms of checks."""

    credential_years: int
    renewal_days: int
    active_days: int
    inactivity_warning_days: int
    load_days: int
    known_levels: dict[Scheme, tuple[Level, ...]]
    accepted_levels: dict[Scheme, tuple[Level, ...]]

    def terms(self) -> CheckTerms:
        """The terms of an ambassador."""
        return CheckTerms(**self.model_dump(exclude={"name", "valid_from"}))


V = TypeVar("V", bound=Dated)


class _Versions(BaseModel, Generic[V]):
    versions: tuple[V, ...]


class _Jurisdictions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    schemes: dict[str, Jurisdiction]
    regions: dict[str, Jurisdiction]
    otherwise: Jurisdiction


def _valid(versions: tuple[V, ...], now: datetime) -> V:
    """The version that is valid; the earliest one before any is."""
    ordered = sorted(versions, key=lambda version: version.valid_from)
    valid = [version for version in ordered if version.valid_from <= now.date()]
    return valid[-1] if valid else ordered[0]


@cache
def _visits() -> tuple[VisitPolicy, ...]:
    return _Versions[VisitPolicy].model_validate_json((FOLDER / "visits.json").read_bytes()).versions


@cache
def _checks() -> tuple[CheckPolicy, ...]:
    return _Versions[CheckPolicy].model_validate_json((FOLDER / "checks.json").read_bytes()).versions


@cache
def _jurisdictions() -> _Jurisdictions:
    return _Jurisdictions.model_validate_json((FOLDER / "jurisdictions.json").read_bytes())


def visit_terms_at(now: datetime) -> Terms:
    """The terms of visits that are valid."""
    return _valid(_visits(), now).terms()


def arrival_minutes_at(now: datetime) -> int:
    """How many minutes before a visit the ambassador may be let in."""
    return _valid(_visits(), now).arrival_minutes


def check_terms_at(now: datetime) -> CheckTerms:
    """The terms of checks that are valid."""
    return _valid(_checks(), now).terms()


def jurisdiction_of(identifier_scheme: str, region: str | None) -> Jurisdiction:
    """Whose law on checks holds at a school of the register."""
    known = _jurisdictions()
    by_scheme = known.schemes.get(identifier_scheme.casefold())
    return by_scheme or known.regions.get((region or "").casefold(), known.otherwise)
