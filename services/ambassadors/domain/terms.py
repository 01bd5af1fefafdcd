"""The terms of visits and checks: periods, limits and weights, taken from dated policy data.

A request keeps the terms that were valid when it was made, so that every decision about it can be replayed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from services.ambassadors.domain.vocabulary import Level, Scheme


class Weights(BaseModel):
    """How much each soft factor counts when suitable ambassadors are ranked; points are out of their sum.

    `skills` count where a request names some; in the terms of older requests they count nothing.
    """

    model_config = ConfigDict(frozen=True)
    subjects: int
    distance: int
    load: int
    variety: int
    skills: int = 0


class Terms(BaseModel):
    """Under which terms ambassadors are invited and visits end. `policy` names the version of the policy data that
    they came from.

    Who was not invited for `rested_days` is rested, which counts as variety; terms of older requests do not say so, and
    were made when a month was meant. When nobody has said what came of a visit, they are reminded
    `outcome_reminder_days` after it, and `outcome_days` after it, it has not taken place; older requests know
    neither.
    """

    model_config = ConfigDict(frozen=True)
    policy: str
    invitation_hours: int
    invitation_hours_late: int
    late_days: int
    no_invitations_hours: int
    look_again_hours: int
    most_open_invitations: int
    feedback_days: int
    rested_days: int = 30
    outcome_reminder_days: int | None = None
    outcome_days: int | None = None
    weights: Weights

    def closes_before(self, *, short_notice: bool) -> timedelta:
        """How long before a date begins it is no choice any more: not at all for a school ready at short notice."""
        return timedelta(hours=0 if short_notice else self.no_invitations_hours)


class CheckTerms(BaseModel):
    """Under which terms checks count, and an ambassador stays one: `active_days` without an activity end the status,
    which is told `inactivity_warning_days` ahead.
    """

    model_config = ConfigDict(frozen=True)
    credential_years: int
    renewal_days: int
    active_days: int
    inactivity_warning_days: int
    load_days: int
    accepted_levels: dict[Scheme, tuple[Level, ...]]
    known_levels: dict[Scheme, tuple[Level, ...]]


def invitation_ends(terms: Terms, last_starts_at: datetime, closes_before: timedelta, now: datetime) -> datetime:
    """When an invitation made now runs out, for a request whose last date begins then and closes so long before."""
    late = now >= last_starts_at - timedelta(days=terms.late_days)
    hours = terms.invitation_hours_late if late else terms.invitation_hours
    return min(now + timedelta(hours=hours), last_starts_at - closes_before)


def beginning(day: date) -> datetime:
    """The moment at which a day begins (UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def after(day: date) -> datetime:
    """The moment at which a day is over (UTC)."""
    return beginning(day) + timedelta(days=1)


def years_later(day: date, years: int) -> date:
    """The last day of a period of so many years that begins with this one."""
    try:
        return day.replace(year=day.year + years) - timedelta(days=1)
    except ValueError:  # the 29th of February
        return date(day.year + years, 2, 28)
