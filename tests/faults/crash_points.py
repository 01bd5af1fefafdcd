"""Points at which a service may be made to end, between two steps that have to survive being torn apart."""

from __future__ import annotations

import os
import random
import sys
from typing import Any

from tests.faults.protections import replaced

CRASHED = "the lab ended this process: "
CRASHING = {"FAULT_LAB_CRASH": "1"}
POINTS = 6
LATEST = 6
"""At most so many times a process passes its point before it ends there."""


def arm() -> None:
    """End this process at one of the points, drawn now, the second to sixth time it comes there."""
    from shared.commit.batch import Batch
    from shared.commit.door import Door
    from shared.messaging.consumer import Consumer
    from shared.messaging.following import Following
    from shared.messaging.relay import Relay

    points: list[tuple[str, object, str, bool]] = [
        ("written, not committed", Batch, "write", True),
        ("committed, not answered", Door, "_attempt", True),
        ("about to send", Relay, "_publish", False),
        ("sent, not marked", Relay, "_take_note", False),
        ("applied, position not written", Following, "_write", False),
        ("position written, offset not recorded", Consumer, "_commit", False),
    ]
    _crash_at(*random.choice(points), random.randint(2, LATEST))


def _crash_at(point: str, owner: object, method: str, after: bool, times: int) -> None:
    left = times

    def count() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            sys.stderr.write(f"{CRASHED}{point}\n")
            sys.stderr.flush()
            os._exit(137)

    async def crashing(*arguments: Any, **options: Any) -> Any:
        if not after:
            count()
        outcome = await original(*arguments, **options)
        if after:
            count()
        return outcome

    original = replaced(owner, method, crashing)
