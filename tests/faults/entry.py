"""A service as the lab runs it: the real one, with shorter holds and offers, without what a control switches off,
and with a point to crash at where a scenario wants that.

    FAULT_LAB_OFF=order,inbox python -m tests.faults.entry partnerships

The product knows none of these variables: what they ask for is patched in here, before the service is started.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from shared.serving import main
from tests.faults.crash_points import arm
from tests.faults.protections import PROTECTIONS, replaced


def shorten_terms(hold_seconds: float, offer_seconds: float) -> None:
    """Holds and offers last so long, whatever the policy says: a lab has no hours to wait."""
    from services.courses.domain import places, terms

    def offer_ends(its: Any, window: Any, starts_at: datetime, now: datetime) -> datetime | None:
        ends = terms.offer_ends(its, window, starts_at, now)
        return None if ends is None else min(ends, now + timedelta(seconds=offer_seconds))

    replaced(places, "timedelta", lambda minutes: timedelta(seconds=hold_seconds))
    replaced(places, "offer_ends", offer_ends)


def run(arguments: list[str], environment: SimpleNamespace) -> int:
    """Patch, then be the service."""
    if arguments == ["courses"]:
        shorten_terms(environment.hold_seconds, environment.offer_seconds)
    for name in environment.off:
        PROTECTIONS[name]()
    if environment.crash:
        arm()
    return main(arguments)


if __name__ == "__main__":
    given = SimpleNamespace(
        hold_seconds=float(os.environ.get("FAULT_LAB_HOLD_SECONDS", "15")),
        offer_seconds=float(os.environ.get("FAULT_LAB_OFFER_SECONDS", "4")),
        crash=bool(os.environ.get("FAULT_LAB_CRASH")),
        off=[name for name in os.environ.get("FAULT_LAB_OFF", "").split(",") if name],
    )
    sys.exit(run(sys.argv[1:], given))
