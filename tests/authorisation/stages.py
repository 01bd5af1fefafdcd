"""How far the story has come when somebody asks: a partnership of six schools beside one that does not belong to it.

Every stage is a world of its own with the three services, told up to that point. What must never be shown to strangers
is worded with `CANARY`. `remember` and `restore` put the stores back, so that each question meets the same state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.courses.app import SERVICE as COURSES
from services.gateway.app import SERVICE as GATEWAY
from services.gateway.demo_accounts import DEMO_ACCOUNTS
from services.partnerships.api.register_imports import CSV_EXAMPLE
from services.partnerships.app import SERVICE as PARTNERSHIPS
from shared.http.principal import Role
from shared.running import documents_of
from shared.testing.world import Headers, World
from tests.courses.organiser import Organiser
from tests.partnerships.programme import URNS, Programme, facts

FOREIGN_URN: Final = "900007"
CANARY: Final = "canary"
REGISTER: Final = CSV_EXAMPLE.replace("900001", "900098")
Tables = dict[tuple[str, str], dict[str, bytes]]

ACCOUNTS: Final[Mapping[str, str]] = {account.email.partition("@")[0]: account.account_id for account in DEMO_ACCOUNTS}


@dataclass(frozen=True, slots=True)
class Who:
    """A caller: the account behind it, one role, and for whom it acts."""

    account: str
    role: Role
    urn: str | None = None
    leads: str | None = None


CALLERS: Final[Mapping[str, Who | None]] = {
    "anonymous": None,
    "nobody": Who("nobody", "teacher"),
    "teacher": Who("teacher-900001", "teacher", URNS[0]),
    "school-approver": Who("approver-900001", "school-approver", URNS[0]),
    "partnership-lead": Who("lead-900001", "partnership-lead", URNS[0], "partnership_id"),
    "member-approver": Who("approver-900002", "school-approver", URNS[1]),
    "member-lead": Who("lead-900002", "partnership-lead", URNS[1], "partnership_id"),
    "foreign-teacher": Who("teacher-900007", "teacher", FOREIGN_URN),
    "foreign-approver": Who("approver-900007", "school-approver", FOREIGN_URN),
    "foreign-lead": Who("lead-900007", "partnership-lead", FOREIGN_URN, "foreign-partnership"),
    "programme-officer": Who("officer", "programme-officer"),
    "finance-officer": Who("finance", "finance-officer"),
    "operator": Who("operator", "operator"),
    "auditor": Who("auditor", "auditor"),
    "host-contact": Who("host", "host-contact"),
    "ambassador": Who("ambassador", "ambassador"),
}
STRANGERS: Final = ("nobody", "foreign-teacher", "foreign-approver", "foreign-lead", "host-contact", "ambassador")


@dataclass
class Stage:
    """A world that stands still at one point of the story, and the ids of what is in it."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)
    before: Tables = field(default_factory=dict)
    headers: dict[str, Headers] = field(default_factory=dict)

    @property
    def programme(self) -> Programme:
        """The people of the partnership."""
        return Programme(self.world)

    @property
    def organiser(self) -> Organiser:
        """The people of the courses."""
        return Organiser(self.world)

    def caller(self, name: str) -> Headers:
        """The headers of a caller of the matrix."""
        if self.before and name in self.headers:
            return self.headers[name]
        self.headers[name] = self._headers(CALLERS[name], name)
        return self.headers[name]

    def _headers(self, who: Who | None, name: str) -> Headers:
        if who is None:
            return {}
        roles = () if name == "nobody" else (who.role,)
        leads = None if who.leads is None else self.ids[who.leads]
        subject = ACCOUNTS.get(who.account, who.account)
        return self.world.caller(subject, *roles, school_urn=who.urn, partnership_id=leads)

    async def step(self, verb: str, who: str, body: object = None) -> None:
        """One step of the partnership."""
        path = f"/api/partnerships/{self.ids['partnership_id']}/{verb}"
        await self.programme.post(path, self.caller(who), body)

    def tables(self) -> Tables:
        """Everything that is stored."""
        return {
            (name, kind.collection): dict(self.world.databases[name].table(kind.collection))
            for name, service in self.world.services.items()
            for kind in documents_of(service)
        }

    def remember(self) -> None:
        """From now on `restore` leads back here."""
        self.before = self.tables()
        self.headers.clear()

    def restore(self) -> None:
        """Put back everything that is stored."""
        for (name, collection), documents in self.before.items():
            table = self.world.databases[name].table(collection)
            table.clear()
            table.update(documents)


async def _inviting(stage: Stage) -> None:
    """A draft of the lead school; the others are invited. A foreign school drafts one of its own."""
    programme, world = stage.programme, stage.world
    await programme.register(*(facts(urn) for urn in (*URNS, FOREIGN_URN)))
    lead, foreign = programme.school(URNS[0]), programme.school(FOREIGN_URN)
    drafted = await programme.post("/api/partnerships", lead, {"name": f"The {CANARY} valley", "lead_urn": URNS[0]})
    other = await programme.post("/api/partnerships", foreign, {"name": "The other valley", "lead_urn": FOREIGN_URN})
    stage.ids |= {"partnership_id": drafted["id"], "foreign-partnership": other["id"], "urn": URNS[1]}
    for urn in URNS[1:5]:
        await stage.step("invitations", "school-approver", {"school_urn": urn})
    await _accounts(stage)
    await world.settle()


async def _accounts(stage: Stage) -> None:
    """A staff account, a disabled one, two API clients."""
    world, operator = stage.world, stage.caller("operator")
    disabled = ACCOUNTS["teacher-900004"]
    await world.post("gateway", f"/api/identity/accounts/{disabled}/disable", operator)
    clients = [
        await world.post(
            "gateway", "/api/identity/clients", operator, {"name": f"{CANARY} client", "roles": ["auditor"]}
        )
        for _ in range(2)
    ]
    ids = [client["client_id"] for client in clients]
    await world.post("gateway", f"/api/identity/clients/{ids[1]}/disable", operator)
    stage.ids |= {
        "account_id": ACCOUNTS["teacher-900003"],
        "staff-account": ACCOUNTS["finance"],
        "disabled-account": disabled,
        "client_id": ids[0],
        "disabled-client": ids[1],
        "slug": "version-mismatch",
        "register": REGISTER,
    }


async def _formed(stage: Stage) -> None:
    for urn in URNS[1:5]:
        await stage.programme.post(
            f"/api/partnerships/{stage.ids['partnership_id']}/members/{urn}/acceptance", stage.programme.school(urn)
        )


async def _submitted(stage: Stage) -> None:
    await stage.step("submission", "school-approver")


async def _reviewed(stage: Stage) -> None:
    await stage.step("review", "programme-officer")


async def _approved(stage: Stage) -> None:
    await stage.step("approval", "programme-officer")


async def _signed(stage: Stage) -> None:
    await stage.step("agreement", "school-approver")


async def _running(stage: Stage) -> None:
    """It is active and has money, and its lead school has booked: a place, a wait, an offer."""
    await stage.step("activation", "programme-officer")
    await _funds(stage)
    await stage.world.settle()
    await _bookings(stage)
    await _register_import(stage)
    await stage.world.settle()


async def _funds(stage: Stage) -> None:
    finance, programme = stage.caller("finance-officer"), stage.programme
    sponsor = await programme.post("/api/sponsors", finance, {"name": f"{CANARY} plc"})
    pot = await programme.post("/api/pots", finance, {"sponsor_id": sponsor["id"], "name": f"{CANARY} pot"})
    await programme.post(f"/api/pots/{pot['id']}/payments", finance, {"amount_pence": 1_000_000})
    given = {"partnership_id": stage.ids["partnership_id"], "amount_pence": 500_000, "kind": "bursaries"}
    await programme.post(f"/api/pots/{pot['id']}/allocations", finance, given)
    stage.ids |= {"sponsor_id": sponsor["id"], "pot_id": pot["id"]}


async def _bookings(stage: Stage) -> None:
    organiser = stage.organiser
    course = (await organiser.course())["course_id"]
    draft, scheduled = await organiser.planned(course_id=course), await organiser.planned(course_id=course)
    await organiser.post(f"/api/occurrences/{scheduled}/scheduling", organiser.officer())
    occurrence, crowded, offering = [await organiser.opened(course_id=course, capacity=count) for count in (5, 1, 1)]
    lines = [{"delegate_id": f"delegate-{n}", "name": f"{CANARY} {n}", "email": f"{CANARY}{n}@a.example"} for n in "12"]
    funding = {"kind": "bursary", "partnership_id": stage.ids["partnership_id"]}
    body = {"delegates": lines, "funding": funding}
    teacher = stage.caller("teacher")
    booked = await organiser.post(f"/api/occurrences/{occurrence}/bookings", teacher, body)
    own = {"delegates": lines[:1], "funding": {"kind": "school"}}
    firsts = [await organiser.book(one, URNS[2]) for one in (crowded, offering)]
    waiting, offered = [
        await organiser.post(f"/api/occurrences/{one}/bookings", teacher, own) for one in (crowded, offering)
    ]
    await organiser.cancel(firsts[1])
    stage.ids |= {
        "course_id": course,
        "draft": draft,
        "scheduled": scheduled,
        "occurrence_id": occurrence,
        "booking_id": booked["booking_id"],
        "delegate_id": "delegate-1",
        "crowded": crowded,
        "waiting": waiting["booking_id"],
        "offering": offering,
        "offered": offered["booking_id"],
    }


async def _register_import(stage: Stage) -> None:
    headers = {**stage.caller("operator"), "Idempotency-Key": "register-1", "Content-Type": "text/csv"}
    answer = await stage.world.client("partnerships").post("/api/register-imports", headers=headers, content=REGISTER)
    assert answer.status_code == 202, answer.text
    stage.ids["import_id"] = answer.json()["id"]


async def _suspended(stage: Stage) -> None:
    await stage.step("suspension", "programme-officer", {"reason": "The lead school is closed."})


async def _begun(stage: Stage) -> None:
    """The first session has begun."""
    stage.organiser.later(days=60, hours=1)


Telling = Callable[[Stage], Awaitable[None]]
CHAIN: Final[Mapping[str, Telling]] = {
    "inviting": _inviting,
    "formed": _formed,
    "submitted": _submitted,
    "reviewed": _reviewed,
    "approved": _approved,
    "signed": _signed,
    "running": _running,
}
ENDINGS: Final[Mapping[str, Telling]] = {"suspended": _suspended, "begun": _begun}


def new_world() -> World:
    """The three services, nothing told yet."""
    return World([PARTNERSHIPS, COURSES, GATEWAY])


async def tell(world: World, until: str) -> Stage:
    """The story up to a stage, in a fresh world."""
    stage = Stage(world)
    for name, telling in CHAIN.items():
        await telling(stage)
        if name == until:
            break
    if until in ENDINGS:
        await ENDINGS[until](stage)
    stage.remember()
    return stage


def looked_up(value: Any, ids: Mapping[str, str]) -> Any:
    """The value with every "@name" in it replaced by the id of that name."""
    if isinstance(value, str) and value.startswith("@"):
        return ids[value[1:]]
    if isinstance(value, Mapping):
        return {name: looked_up(part, ids) for name, part in value.items()}
    if isinstance(value, list):
        return [looked_up(part, ids) for part in value]
    return value
