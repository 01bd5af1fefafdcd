"""What it all came to: numbers for a funder, each of which can be traced to the events that made it."""

from __future__ import annotations

from typing import Final

from rich.table import Table

from infra.cli.client import Problem, Session
from infra.cli.hosts import EMPLOYER, HOST, hosting
from infra.story.answers import ContributionAnswer, Made, ReachAnswer, SponsorReachAnswer
from infra.story.cast import FINANCE, LEAD, OFFICER, lead
from infra.story.placing import DAYS
from infra.story.planning import TEACHERS
from infra.story.stage import Stage, expect
from infra.story.visiting import MINUTES, PUPILS

TRAINED: Final = TEACHERS - 1
NOT_TOLD_YET: Final = "employer-unknown"


def report(stage: Stage, partnership_id: str) -> ReachAnswer:
    """What the partnership has reached, and what its sponsor sees of it."""
    stage.teller.chapter(
        "What was reached",
        "Teachers trained, days placed, ambassadors' time, pupils: sums of what the services have told last. The "
        "correction is in it already. The sponsor is an employer too, so its report also says what it hosts.",
    )
    session = stage.as_account(lead(LEAD))
    path = f"/api/partnerships/{partnership_id}/reach"
    reached = stage.eventually(
        "the reach after the correction, the placement and the visit",
        lambda: session.get(path, ReachAnswer),
        lambda seen: (
            (seen.teachers_trained, seen.days_placed, seen.ambassador_minutes, seen.pupils_reached)
            == (TRAINED, DAYS, MINUTES, PUPILS)
        ),
    )
    made_of = list(session.each(f"{path}/contributions", ContributionAnswer))
    expect("the teachers by name of their events", TRAINED, sum(len(one.teacher_ids) for one in made_of))
    expect("contributions without an event", [], [one.id for one in made_of if not one.sources])
    stage.teller.show(_table(reached))
    stage.teller.done(f"{len(made_of)} bookings, placements and visits say so, each with the events that told it")
    _sponsor(stage, partnership_id)
    return reached


def _sponsor(stage: Stage, partnership_id: str) -> None:
    finance = stage.as_account(FINANCE)
    *_, sponsor = finance.each("/api/sponsors", Made)
    path = f"/api/sponsors/{sponsor.id}"
    hosting(stage.as_account(HOST), stage.as_account(OFFICER))
    stage.eventually("the employer, in partnerships' copy", lambda: _is_linked(finance, path), bool)
    seen = finance.get(f"{path}/reach", SponsorReachAnswer)
    expect("whom the sponsor has given money", [partnership_id], [one.partnership_id for one in seen.partnerships])
    expect("the teachers its money has trained", TRAINED, seen.teachers_trained)
    expect("which employer the sponsor is", EMPLOYER["name"], seen.employer and seen.employer.name)
    stage.teller.done(f"the sponsor sees the same, and itself as an employer: {EMPLOYER['name']}")


def _is_linked(finance: Session, path: str) -> bool:
    """Say which employer the sponsor is; False while partnerships has not been told of it."""
    try:
        finance.post(f"{path}/employer", Made, {"company_number": EMPLOYER["company_number"]}, method="PUT")
    except Problem as problem:
        if problem.slug != NOT_TOLD_YET:
            raise
        return False
    return True


def _table(reached: ReachAnswer) -> Table:
    table = Table("teachers", "days", "minutes", "pupils", box=None, header_style="dim", padding=(0, 3, 0, 0))
    numbers = (reached.teachers_trained, reached.days_placed, reached.ambassador_minutes, reached.pupils_reached)
    table.add_row(*(str(number) for number in numbers))
    return table
