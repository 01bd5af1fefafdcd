"""A school asks for an ambassador; whoever may not come any more is replaced, and the school is not told why."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from infra.cli.client import Session
from infra.cli.volunteers import VOLUNTEERS, AmbassadorAnswer, ambassador_of, check, registered
from infra.story.answers import DateAnswer, RequestedAnswer, VisitAnswer
from infra.story.cast import LEAD, NAMES, OFFICER, teacher
from infra.story.days import school_day
from infra.story.stage import Mismatch, Stage, expect

SUPERVISION: Final = "Two teachers of the department are in the room throughout."
WISH: Final = {"format": "talk", "subjects": ["Physics"], "year_groups": ["9"], "pupils_expected": 60}
LASTS: Final = timedelta(minutes=90)
IN_WEEKS: Final = 8


@dataclass(frozen=True, slots=True)
class Agreed:
    """A visit that the school has confirmed, who is to come, and the accounts of all ambassadors by their ids."""

    visit: VisitAnswer
    email: str
    accounts: Mapping[str, str]


def invite(stage: Stage, partnership_id: str) -> Agreed:
    """A visit that an ambassador has promised and the school has confirmed."""
    stage.teller.chapter(
        "A school invites an ambassador",
        f"{NAMES[LEAD]} asks for a talk about physics. Whoever suits best by subject, distance, date, checks and load "
        "is invited; an invitation that is not accepted would go on to the next.",
    )
    end_earlier_visits(stage.as_account(teacher(LEAD)))
    return agree(stage, partnership_id, ready(stage), [in_weeks(datetime.now(UTC))], lambda offered: offered[0])


def agree(
    stage: Stage,
    partnership_id: str,
    who: Mapping[str, str],
    dates: Sequence[Mapping[str, str]],
    choose: Callable[[Sequence[DateAnswer]], DateAnswer],
    *,
    short_notice: bool = False,
) -> Agreed:
    """A visit on one of the dates, which whoever is invited chooses, confirmed by the school."""
    school = stage.as_account(teacher(LEAD))
    began = time.monotonic()
    wish = WISH | {"dates": dates, "partnership_id": partnership_id, "short_notice": short_notice}
    asked = school.post("/api/activities", RequestedAnswer, wish)
    email, because = _invited(stage, asked.activity_id, who, besides=())
    stage.teller.done(f"somebody is invited: {'; '.join(because)}", time.monotonic() - began)
    promised = _accept(stage, asked.activity_id, email, choose)
    visit_id = promised.visit_id or ""
    stage.eventually("the visit, to be confirmed", lambda: _visits(school, visit_id), lambda seen: bool(seen))
    confirmed = school.post(f"/api/visits/{visit_id}/confirmation", VisitAnswer, {"supervision": SUPERVISION})
    expect("the status of the visit", "confirmed", confirmed.status)
    stage.teller.done("the ambassador promises to come; the school says who is with the pupils: [bold]confirmed[/]")
    return Agreed(confirmed, email, who)


def replace(stage: Stage, agreed: Agreed) -> VisitAnswer:
    """The visit with a substitute, after the first ambassador's check has lapsed."""
    stage.teller.chapter(
        "The ambassador's check lapses, and a substitute steps in",
        "Continuous monitoring reports a change. At once every visit ahead of that ambassador looks for somebody "
        "else; the school learns that another ambassador comes, and no reason.",
    )
    school = stage.as_account(teacher(LEAD))
    ids = {email: ambassador_id for ambassador_id, email in agreed.accounts.items()}
    path = f"/api/visits/{agreed.visit.visit_id}"
    began = time.monotonic()
    stage.as_account(OFFICER).post(
        f"/api/ambassadors/{ids[agreed.email]}/credentials/dbs/monitoring", AmbassadorAnswer, {"outcome": "changed"}
    )
    stage.eventually(
        "a visit that seeks a substitute",
        lambda: school.get(path, VisitAnswer),
        lambda seen: seen.ambassador_id != ids[agreed.email],
    )
    stage.teller.done("nobody without a valid check is sent: a substitute is sought", time.monotonic() - began)
    email, _ = _invited(stage, agreed.visit.activity_id, agreed.accounts, besides=(agreed.email,))
    _accept(stage, agreed.visit.activity_id, email, lambda offered: offered[0])
    replaced = stage.eventually(
        "the visit with its substitute",
        lambda: school.get(path, VisitAnswer),
        lambda seen: seen.ambassador_id == ids[email] and seen.status in ("agreed", "confirmed"),
    )
    stage.teller.done(
        f"another ambassador comes: {replaced.ambassador_name}; the visit is {replaced.status}",
        time.monotonic() - began,
    )
    return replaced


def ready(stage: Stage) -> Mapping[str, str]:
    """The accounts of the volunteers by their ambassador's id; each of them checked, and there for schools."""
    officer = stage.as_account(OFFICER)
    found = {}
    for volunteer in VOLUNTEERS:
        known = registered(stage.as_account(volunteer.email), officer, volunteer, within=stage.within)
        if not known.cleared:
            check(officer, known)
        found[known.ambassador_id] = volunteer.email
    stage.eventually(
        "ambassadors who are there for schools",
        lambda: [ambassador_of(stage.as_account(email)) for email in found.values()],
        lambda seen: all(one is not None and one.status == "active" and one.cleared for one in seen),
    )
    return found


def end_earlier_visits(school: Session) -> None:
    """Cancel what an earlier telling has left ahead, so that the ambassadors are free."""
    now = datetime.now(UTC)
    reason = {"reason": "The demo begins again."}
    for status in ("agreed", "confirmed", "seeking-substitute"):
        for visit in school.each("/api/visits", VisitAnswer, {"status": status}):
            if visit.starts_at > now:
                school.post(f"/api/visits/{visit.visit_id}/cancellation", VisitAnswer, reason)


def in_weeks(now: datetime) -> Mapping[str, str]:
    """A date on a school day in some weeks."""
    day = school_day(now + timedelta(weeks=IN_WEEKS))
    return as_date(day.replace(hour=10, minute=15, second=0, microsecond=0), LASTS)


def as_date(starts_at: datetime, lasts: timedelta) -> Mapping[str, str]:
    """A date as the API takes it."""
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + lasts).isoformat()}


def _invited(
    stage: Stage, activity_id: str, who: Mapping[str, str], besides: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """The account of whoever is invited now, none of `besides`, and what spoke for them."""
    officer = stage.as_account(OFFICER)
    seen = stage.eventually(
        "an open invitation",
        lambda: officer.get(f"/api/activities/{activity_id}", RequestedAnswer),
        lambda found: any(
            one.ending is None and who.get(one.ambassador_id, "") not in besides for one in found.invitations or ()
        ),
    )
    open_one = next(
        one for one in seen.invitations or () if one.ending is None and who.get(one.ambassador_id, "") not in besides
    )
    if open_one.ambassador_id not in who:
        raise Mismatch("who is invited", "one of the demo's ambassadors", open_one.ambassador_id)
    return who[open_one.ambassador_id], open_one.because


def _accept(
    stage: Stage, activity_id: str, email: str, choose: Callable[[Sequence[DateAnswer]], DateAnswer]
) -> RequestedAnswer:
    session = stage.as_account(email)
    asked = session.get(f"/api/activities/{activity_id}", RequestedAnswer)
    body = {"starts_at": choose(asked.dates).starts_at.isoformat()}
    return session.post(f"/api/activities/{activity_id}/acceptance", RequestedAnswer, body)


def _visits(school: Session, visit_id: str) -> list[VisitAnswer]:
    return [visit for visit in school.each("/api/visits", VisitAnswer) if visit.visit_id == visit_id]
