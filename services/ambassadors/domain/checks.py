"""Checks: recorded by a programme officer, renewed, monitored, and what follows for the ambassador.

What is recorded is the outcome: scheme, level, day and decision, never the certificate. A check that is continuously
monitored has no last day; the day monitoring reports a change, it is suspended until an officer records a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.ambassadors.domain.ambassador import (
    LIFE_CYCLE,
    MAY_VISIT,
    Ambassador,
    CheckDecision,
    Credential,
    Status,
    clearance,
)
from services.ambassadors.domain.change import Change
from services.ambassadors.domain.standing import become, changing, forget_clearance, lapse, settled
from services.ambassadors.domain.terms import CheckTerms, years_later
from services.ambassadors.domain.vocabulary import Level, Scheme
from shared.decision import Decision, Documents
from shared.refusals import Conflict, Invalid, Missing

MonitoringOutcome = Literal["no-change", "changed"]


class LevelNotOfScheme(Invalid):
    slug = "level-not-of-scheme"
    title = "The scheme knows no check of this level."


class LevelTooLow(Conflict):
    slug = "check-level-too-low"
    title = "A check of this level does not let anybody work with pupils, so it cannot be recorded as cleared."


class CheckedInTheFuture(Invalid):
    slug = "checked-in-the-future"
    title = "A check was made today or earlier."


class CheckRunOut(Conflict):
    slug = "check-run-out"
    title = "The check was valid once and is not any more: it has to be made anew."


class NoValidCheck(Conflict):
    slug = "no-valid-check"
    title = "There is no valid check."


class NotMonitored(Missing):
    slug = "check-not-monitored"
    title = "There is no check of this scheme that is continuously monitored."


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check as an officer records it."""

    scheme: Scheme
    level: Level
    decision: CheckDecision
    checked_on: date
    monitored: bool


def record(
    ambassador: Ambassador,
    documents: Documents,
    now: datetime,
    *,
    by: str,
    outcome: Outcome,
    terms: CheckTerms,
) -> Decision[Ambassador]:
    """Record a check; it replaces the earlier one of its scheme, and a renewal ends a lapse for want of a check.

    While a renewal is pending, the earlier one goes on counting as long as it would have.

    Raises WrongState, LevelNotOfScheme, LevelTooLow, CheckedInTheFuture, CheckRunOut.
    """
    change = changing(ambassador, documents, now, by)
    credential = _credential(outcome, now, by, terms)
    status = LIFE_CYCLE.next(change.root.status, "check")
    before = change.root.credentials.get(outcome.scheme)
    if outcome.decision == "pending" and before is not None and before.counts_on(now.date()):
        credential = before.model_copy(update={"renewal_pending_on": outcome.checked_on})
    credentials = {**change.root.credentials, outcome.scheme: credential}
    reason = f"{outcome.scheme.value}, {outcome.level.value}: {outcome.decision}."
    change.move("check", status, reason, credentials=credentials)
    change.update(
        active_days=terms.active_days,
        load_days=terms.load_days,
        renewal_days=terms.renewal_days,
        warning_days=terms.inactivity_warning_days,
    )
    forget_clearance(change)
    _follow(change)
    return settled(change)


def monitor(
    ambassador: Ambassador,
    documents: Documents,
    now: datetime,
    *,
    by: str,
    scheme: Scheme,
    outcome: MonitoringOutcome,
) -> Decision[Ambassador]:
    """Record what continuous monitoring said; a change suspends the check at once. Raises WrongState, NotMonitored."""
    change = changing(ambassador, documents, now, by)
    found = change.root.credentials.get(scheme)
    if found is None or not found.monitored:
        raise NotMonitored(field="scheme")
    status = LIFE_CYCLE.next(change.root.status, "check")
    changes: dict[str, object] = {"monitored_on": now.date()}
    if outcome == "changed":
        changes["decision"] = "suspended"
    credentials = {**change.root.credentials, scheme: found.model_copy(update=changes)}
    change.move("check", status, f"Monitoring of {scheme.value}: {outcome}.", credentials=credentials)
    forget_clearance(change)
    _follow(change)
    return settled(change)


def induct(ambassador: Ambassador, documents: Documents, now: datetime, *, by: str) -> Decision[Ambassador]:
    """The ambassador knows how visits work. Raises WrongState, NoValidCheck."""
    change = changing(ambassador, documents, now, by)
    LIFE_CYCLE.next(change.root.status, "induct")
    _demand_check(change)
    become(change, "induct", "Inducted.")
    return settled(change)


def suspend(
    ambassador: Ambassador, documents: Documents, now: datetime, *, by: str, reason: str
) -> Decision[Ambassador]:
    """Send the ambassador to nobody until the question is answered. Raises WrongState."""
    change = changing(ambassador, documents, now, by)
    become(change, "suspend", reason, suspended_from=change.root.status)
    return settled(change)


def reinstate(
    ambassador: Ambassador, documents: Documents, now: datetime, *, by: str, reason: str
) -> Decision[Ambassador]:
    """The question is answered: they are back where they were. Raises WrongState, NoValidCheck."""
    change = changing(ambassador, documents, now, by)
    _grant(change, f"reinstate-as-{(change.root.suspended_from or Status.ACTIVE).value}", reason)
    _follow(change)
    return settled(change)


def restore(
    ambassador: Ambassador, documents: Documents, now: datetime, *, by: str, reason: str
) -> Decision[Ambassador]:
    """Let a lapsed ambassador be one again, where they were. Raises WrongState, NoValidCheck."""
    change = changing(ambassador, documents, now, by)
    _restore(change, reason)
    return settled(change)


def tidy(ambassador: Ambassador, documents: Documents, now: datetime) -> Decision[Ambassador]:
    """Write down what time has done."""
    return settled(changing(ambassador, documents, now, "schedule"))


def _credential(outcome: Outcome, now: datetime, by: str, terms: CheckTerms) -> Credential:
    if outcome.level not in terms.known_levels[outcome.scheme]:
        raise LevelNotOfScheme(field="level")
    if outcome.checked_on > now.date():
        raise CheckedInTheFuture(field="checked_on")
    valid_until = None if outcome.monitored else years_later(outcome.checked_on, terms.credential_years)
    if outcome.decision == "cleared":
        if outcome.level not in terms.accepted_levels[outcome.scheme]:
            raise LevelTooLow(field="level")
        if valid_until is not None and valid_until < now.date():
            raise CheckRunOut(field="checked_on")
    return Credential(
        scheme=outcome.scheme,
        level=outcome.level,
        decision=outcome.decision,
        checked_on=outcome.checked_on,
        valid_until=valid_until,
        monitored_on=outcome.checked_on if outcome.monitored else None,
        recorded_by=by,
        recorded_at=now,
    )


def _follow(change: Change[Ambassador]) -> None:
    """What a new outcome means for the status."""
    root = change.root
    if clearance(root, change.now.date()):
        if root.status is Status.LAPSED and root.lapse_reason == "credential":
            _restore(change, "A valid check was recorded.")
    elif LIFE_CYCLE.allows(root.status, "lapse"):
        lapse(change, "credential")


def _restore(change: Change[Ambassador], reason: str) -> None:
    _grant(change, f"restore-as-{(change.root.lapsed_from or Status.ACTIVE).value}", reason)


def _grant(change: Change[Ambassador], verb: str, reason: str) -> None:
    """Let somebody be where they were; who visits schools has another year for the next activity."""
    status = LIFE_CYCLE.next(change.root.status, verb)
    _demand_check(change)
    changes: dict[str, object] = {} if status is Status.LAPSED else {"lapse_reason": None}
    if status in MAY_VISIT:
        changes["active_from"] = change.now
    become(change, verb, reason, **changes)


def _demand_check(change: Change[Ambassador]) -> None:
    if not clearance(change.root, change.now.date()):
        raise NoValidCheck()
