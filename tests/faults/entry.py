"""A service as the lab runs it: the real one, with shorter terms, without what a control switches off, and able to
stand still at moments that the lab asks for.

    FAULT_LAB_OFF=order,inbox python -m tests.faults.entry partnerships

The product knows none of these variables: what they ask for is patched in here, before the service is started.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from shared.serving import main
from tests.faults.moments import watch
from tests.faults.protections import PROTECTIONS, replaced

HOLDS = "FAULT_LAB_HOLD_SECONDS"
OFFERS = "FAULT_LAB_OFFER_SECONDS"
LEASE = "FAULT_LAB_LEASE_SECONDS"
OFF = "FAULT_LAB_OFF"
MOMENTS = "FAULT_LAB_MOMENTS"


def shorten_terms(shortest: float, longest: float, offers: float) -> None:
    """Holds last from `shortest` to `longest` seconds and offers `offers`, whatever the policy says: a lab has no
    hours to wait."""
    from services.courses.domain import places, terms

    def offer_ends(its: Any, window: Any, starts_at: datetime, now: datetime) -> datetime | None:
        ends = terms.offer_ends(its, window, starts_at, now)
        return None if ends is None else min(ends, now + timedelta(seconds=offers))

    def hold(minutes: int) -> timedelta:
        return timedelta(milliseconds=round(random.uniform(shortest, longest) * 1000))

    replaced(places, "timedelta", hold)
    replaced(places, "offer_ends", offer_ends)


def shorten_lease(seconds: float) -> None:
    """The relay's lease lasts so long, and its other times are in proportion."""
    from shared.messaging import relay
    from shared.messaging.timing import RelayTiming

    timing = partial(RelayTiming, lease_seconds=seconds, renew_seconds=seconds * 0.3, send_seconds=seconds * 0.4)
    replaced(relay, "RelayTiming", timing)


def run(service: str, environment: Mapping[str, str]) -> int:
    """Patch, then be the service."""
    if service == "courses":
        shortest, longest = environment[HOLDS].split("-")
        shorten_terms(float(shortest), float(longest), float(environment[OFFERS]))
    if environment.get(LEASE):
        shorten_lease(float(environment[LEASE]))
    for name in filter(None, environment.get(OFF, "").split(",")):
        PROTECTIONS[name]()
    watch(Path(environment[MOMENTS]), service)
    return main([service])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], os.environ))
