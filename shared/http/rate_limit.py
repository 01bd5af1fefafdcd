"""A token bucket for each caller: so many requests a minute, saved up while nothing is asked.

It is kept in the process: several replicas allow several times as much, which is fine for what it is for, keeping one
client from taking the service away from the others. The headers follow the IETF draft (RateLimit, RateLimit-Policy).
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from shared.refusals import Refusal

WINDOW_SECONDS = 60
CALLERS = 50_000


class TooManyRequests(Refusal):
    kind = "limited"
    slug = "too-many-requests"
    title = "You are asking more often than the limit allows: wait as long as Retry-After says."


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a caller has left. `wait` is 0 when the request may pass, else the seconds until the next one may."""

    quota: int
    remaining: int
    reset: int
    wait: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The draft's headers."""
        headers = [
            (b"ratelimit-policy", b'"default";q=%d;w=%d' % (self.quota, WINDOW_SECONDS)),
            (b"ratelimit", b'"default";r=%d;t=%d' % (self.remaining, self.reset)),
        ]
        if self.wait:
            headers.append((b"retry-after", b"%d" % self.wait))
        return headers


class RateLimit:
    """Buckets of `per_minute` requests; the callers that were quiet longest are forgotten first."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic, callers: int = CALLERS) -> None:
        self._quota = per_minute
        self._rate = per_minute / WINDOW_SECONDS
        self._now = now
        self._callers = callers
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> Allowance | None:
        """Count one request of a caller; None when there is no limit."""
        if not self._quota:
            return None
        now = self._now()
        level, since = self._buckets.pop(caller, (float(self._quota), now))
        level = min(float(self._quota), level + (now - since) * self._rate)
        passes = level >= 1
        level -= passes
        self._buckets[caller] = (level, now)
        if len(self._buckets) > self._callers:
            self._buckets.popitem(last=False)
        reset = math.ceil((self._quota - level) / self._rate)
        wait = 0 if passes else max(1, math.ceil((1 - level) / self._rate))
        return Allowance(self._quota, int(level), reset, wait)
