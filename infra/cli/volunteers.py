"""The demo's ambassadors: invented people with the accounts of services/gateway/demo_accounts.py.

Each registers itself, is checked and inducted by a programme officer, and is there for schools from then on. What is
there already stays.
"""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from infra.cli.client import Answer, Problem, Session
from infra.local.obstacles import Obstacle
from services.gateway.demo_accounts import DEMO_DOMAIN

AMBASSADORS: Final = Path(__file__).parent / "demo_data" / "ambassadors.csv"
CHECK: Final = {"scheme": "dbs", "level": "enhanced-with-barred-list", "decision": "cleared", "monitored": True}
NOT_TOLD_YET: Final = ("home-postcode-not-known", "employer-not-known")
BETWEEN_LOOKS: Final = 0.2


class AmbassadorAnswer(Answer):
    """Somebody who volunteers."""

    ambassador_id: str
    status: str
    cleared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Volunteer:
    """A row of the file: the name of the account, and what its owner offers."""

    account: str
    profile: dict[str, object]

    @property
    def email(self) -> str:
        """What to sign in with."""
        return f"{self.account}@{DEMO_DOMAIN}"


def _read() -> tuple[Volunteer, ...]:
    with AMBASSADORS.open(encoding="utf-8", newline="") as opened:
        return tuple(_volunteer(row) for row in csv.DictReader(opened))


def _volunteer(row: dict[str, str]) -> Volunteer:
    several = {name: row[name].split("; ") for name in ("subjects", "phases", "formats", "languages")}
    profile = {"name": row["name"], "postcode": row["postcode"], "radius_km": int(row["radius_km"]), **several}
    return Volunteer(row["account"], profile)


VOLUNTEERS: Final = _read()


def ambassador_of(session: Session) -> AmbassadorAnswer | None:
    """Whom an account is as an ambassador."""
    return next(iter(session.each("/api/ambassadors", AmbassadorAnswer)), None)


def registered(session: Session, officer: Session, volunteer: Volunteer, within: float) -> AmbassadorAnswer:
    """The ambassador of this account, there for schools; a new one if there is none yet."""
    known = ambassador_of(session) or _register(session, volunteer, within)
    path = f"/api/ambassadors/{known.ambassador_id}"
    if known.status in ("registered", "checks-pending"):
        check(officer, known)
        known = officer.post(f"{path}/induction", AmbassadorAnswer)
    if known.status == "inducted":
        known = session.post(f"{path}/activation", AmbassadorAnswer)
    return known


def check(officer: Session, ambassador: AmbassadorAnswer) -> None:
    """Record that an ambassador was checked today, and is cleared."""
    outcome = CHECK | {"checked_on": datetime.now(UTC).date().isoformat()}
    officer.post(f"/api/ambassadors/{ambassador.ambassador_id}/credentials", AmbassadorAnswer, outcome)


def _register(session: Session, volunteer: Volunteer, within: float) -> AmbassadorAnswer:
    """Register. The register's schools, by which postcodes are known, may be on their way yet."""
    until = time.monotonic() + within
    while True:
        try:
            return session.post("/api/ambassadors", AmbassadorAnswer, volunteer.profile)
        except Problem as problem:
            if problem.slug not in NOT_TOLD_YET:
                raise
            if time.monotonic() > until:
                raise Obstacle("the schools are not known to the ambassadors service", "make logs says why") from None
        time.sleep(BETWEEN_LOOKS)
