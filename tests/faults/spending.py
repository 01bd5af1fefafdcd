"""Bookings, placements and instalments spend one account while the services on both sides of the saga are killed.

The account is short of money, few teachers ask for much, and a neighbour can spare one of its staff: caps, funds and
cover have to refuse some of it. More is allocated in each round, so that instalments that wait are released under fire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from infra.cli.client import Answer, Session
from infra.story.answers import Made, PotAnswer
from infra.story.cast import FINANCE, LEAD, MEMBERS, NEIGHBOUR, OFFICER, approver, lead
from infra.story.funding import account_of
from infra.story.planning import plan_work
from shared.ids import new_id
from tests.bench.figures import Figure, at_least
from tests.faults.applying import Applicant, Offer, Teacher, engage, offer_weeks, today, weeks_around
from tests.faults.checker.snapshot import client_of
from tests.faults.lab import Lab
from tests.faults.load import Client, Habits, Load
from tests.faults.scenarios import Amount, Control, Scenario

DEAR = 400_000
"""Two such courses are below a teacher's cap, the third is not; five and twenty are a school's."""
COURSES = 3
COURSE_IN = timedelta(weeks=6)
WEEKS = 4
OFFERS = 3
MOST_OUT = 1
TEACHERS = 4
BIG = MEMBERS[1]
"""It sends a new teacher every time, and so comes to the cap of a school."""
MORE = 20_000_000
"""What is allocated during a run, in equal parts: by its end the school that is big has had all that it may have."""
CALM = Habits(bursary=1.0, waitlist=0.2, answer=0, repeat=0.1)
AWARDED = 2
"""The start-up grant and the instalment of the first term, which has always begun."""


@dataclass(frozen=True, slots=True)
class Cast:
    """What is booked and offered, and the teachers who want it."""

    occurrences: list[str]
    offers: list[Offer]
    members: list[Teacher]
    neighbours: list[Teacher]


def spend_and_kill(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The courses and placements are in the same weeks, so that a school that lets one person go refuses the others."""
    cast = begin(lab)
    write_report(lab)
    finance = lab.stage.as_account(FINANCE)
    pot = open_pot(finance)
    with Load(clients(lab, cast, cancel=0.3)):
        for number in range(amount.rounds):
            lab.await_answers(amount.answers)
            victim = ("partnerships", "placements", lab.chance.choice(lab.processes.replicas))[number % 3]
            if number == 0:
                accept_report(lab)
            allocate(lab, finance, pot, MORE // amount.rounds)
            lab.say(f"kill -9 {victim}")
            lab.stack.kill(victim)
            lab.stack.start(victim)
        lab.await_answers(amount.answers)
    lab.rest()
    account = account_of(lab.stage, lab.partnership.id)
    return [
        at_least(
            "processes killed", amount.rounds, "kills", amount.rounds, "partnerships, placements, courses in turn"
        ),
        at_least("placements accepted", len(lab.journal.placements), "placements", 1, "beside the bookings"),
        at_least(
            "instalments released",
            released(lab),
            "instalments",
            AWARDED,
            "from the same account",
        ),
        at_least("refused for lack of money", refused(lab, "insufficient-funds"), "requests", 1, "under load"),
        at_least("refused by a teacher's cap", refused(lab, "teacher-cap-reached"), "requests", 1, "under load"),
        at_least("refused by a school's cap", refused(lab, "school-cap-reached"), "requests", 1, "under load"),
        at_least("refused by the cover guard", refused(lab, "too-many-out"), "requests", 1, "under load"),
        Figure("allocated in the end", account.allocated_pence / 100, "£", conditions="one account"),
    ]


def begin(lab: Lab) -> Cast:
    """The courses, the offers around their day; a neighbour that can spare so few. All know of it, and are at work."""
    occurrences = [lab.occurrence(price_pence=DEAR) for _ in range(COURSES)]
    weeks = weeks_around(today() + COURSE_IN, WEEKS)
    offers = [offer_weeks(lab.stage, weeks) for _ in range(OFFERS)]
    guard = lab.stage.as_account(approver(NEIGHBOUR))
    guard.post(f"/api/schools/{NEIGHBOUR}/cover", Answer, {"most_out": MOST_OUT}, method="PUT")
    members, neighbours = engage(lab.stage, LEAD, TEACHERS), engage(lab.stage, NEIGHBOUR, TEACHERS)
    lab.rest()
    return Cast(occurrences, offers, members, neighbours)


def clients(lab: Lab, cast: Cast, cancel: float) -> list[Client]:
    """Who books and who applies: the same people, as courses and placements know them."""
    members, neighbours = ([one.id for one in group] for group in (cast.members, cast.neighbours))
    busy = replace(CALM, cancel=cancel, schools=(LEAD,), teachers={LEAD: members})
    big = replace(CALM, cancel=cancel / 3, schools=(BIG,))
    guarded = replace(CALM, cancel=cancel, bursary=0, schools=(NEIGHBOUR,), teachers={NEIGHBOUR: neighbours})
    half = TEACHERS // 2
    return [
        *(one for habits in (busy, big, guarded) for one in lab.bookers(cast.occurrences, habits, 3)),
        applicant(lab, cast, cast.members[:half], lab.partnership.id),
        applicant(lab, cast, cast.members[half:], lab.partnership.id),
        applicant(lab, cast, cast.neighbours, None),
    ]


def applicant(lab: Lab, cast: Cast, teachers: Sequence[Teacher], partnership_id: str | None) -> Applicant:
    """Somebody who finds placements for these teachers."""
    return Applicant(lab.stage, lab.journal, teachers, cast.offers, partnership_id, lab.dice())


def write_report(lab: Lab) -> None:
    """An approved plan, and the report of its first term."""
    plan_work(lab.stage, lab.partnership.id)
    lab.stage.as_account(lead(LEAD)).post(_report(lab), Answer, {"summary": "As planned."})


def accept_report(lab: Lab) -> None:
    """The instalment of the term falls due."""
    lab.stage.as_account(OFFICER).post(f"{_report(lab)}/acceptance", Answer)


def open_pot(finance: Session) -> str:
    """A pot with all that will be allocated."""
    sponsor = finance.post("/api/sponsors", Made, {"name": "Northern Turbines plc"})
    pot = finance.post("/api/pots", PotAnswer, {"sponsor_id": sponsor.id, "name": f"Lab {new_id()}"})
    finance.post(f"/api/pots/{pot.id}/payments", Made, {"amount_pence": MORE, "reference": "NT-LAB"})
    return pot.id


def allocate(lab: Lab, finance: Session, pot: str, pence: int) -> None:
    """More money for everything that spends."""
    wanted = {"partnership_id": lab.partnership.id, "amount_pence": pence, "kind": "other"}
    finance.post(f"/api/pots/{pot}/allocations", Made, wanted)


def refused(lab: Lab, reason: str) -> int:
    """How many events of partnerships say no for this reason."""
    with client_of(lab.stack.uri()) as client:
        return client["partnerships"]["outbox"].count_documents({"body": {"$regex": f'"{reason}"'}})


def released(lab: Lab) -> int:
    """How many instalments the account has paid."""
    with client_of(lab.stack.uri()) as client:
        return client["partnerships"]["instalments"].count_documents({"status": "released"})


def spend_without_limits(lab: Lab, amount: Amount) -> Sequence[Figure]:
    """The same with money enough, and nobody is refused; at rest, for what is not answered yet breaks no limit."""
    cast, finance = begin(lab), lab.stage.as_account(FINANCE)
    allocate(lab, finance, open_pot(finance), MORE)
    with Load(clients(lab, cast, cancel=0)):
        lab.await_answers(amount.answers)
    lab.rest()
    return []


def _report(lab: Lab) -> str:
    return f"/api/partnerships/{lab.partnership.id}/reports/1/1"


SPENDING = Scenario(
    name="spending",
    shows="whoever dies, one account pays bookings, placements and instalments and no more; nobody gets above the caps",
    run=spend_and_kill,
    controls=(
        Control(("caps",), ("caps",), spend_without_limits, Amount(1, 60), ("partnerships",)),
        Control(("cover",), ("cover",), spend_without_limits, Amount(1, 60), ("partnerships",)),
    ),
    ci=Amount(2, 20),
    lab=Amount(20, 60),
    soak=Amount(200, 600),
)
