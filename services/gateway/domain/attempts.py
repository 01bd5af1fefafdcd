"""Failed attempts to sign in, counted per e-mail address whether or not an account has it.

That makes a wrong password and an unknown address cost the same and look the same, and it means that waiting times
tell a stranger nothing about who has an account. The address itself is not kept: `id` is a keyed hash of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.decision import Decision, Root

FREE_FAILURES = 5
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=6)


class Attempts(Root):
    """How often the password was wrong since it was last right. Nothing is tried before `locked_until`."""

    collection = "attempts"
    failures: int
    last_failure_at: datetime
    locked_until: datetime | None
    forget_at: datetime


def waiting_time(failures: int) -> timedelta | None:
    """How long nothing is tried after that many failures in a row; it doubles up to a limit."""
    if failures < FREE_FAILURES:
        return None
    doublings = min(failures - FREE_FAILURES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def is_locked(attempts: Attempts | None, now: datetime) -> bool:
    """Whether even the right password has to wait."""
    return attempts is not None and attempts.locked_until is not None and now < attempts.locked_until


def record_failure(attempts: Attempts | None, key: str, now: datetime) -> Decision[Attempts]:
    """One more wrong password; old failures are forgotten."""
    remembered = attempts is not None and now < attempts.forget_at
    failures = 1 + (attempts.failures if attempts is not None and remembered else 0)
    wait = waiting_time(failures)
    state = {
        "failures": failures,
        "last_failure_at": now,
        "locked_until": None if wait is None else now + wait,
        "forget_at": now + FORGOTTEN_AFTER,
    }
    after = Attempts(id=key, **state) if attempts is None else attempts.model_copy(update=state)
    return Decision(after, after)


def clear(attempts: Attempts | None) -> Decision[Attempts | None]:
    """The password was right: the count starts again."""
    if attempts is None:
        return Decision(None)
    after = attempts.model_copy(update={"failures": 0, "locked_until": None})
    return Decision(after, after)
