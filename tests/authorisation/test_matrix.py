"""Every operation of the merged description against every caller, as matrix.toml has it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from services.gateway.description import METHODS, whole_api
from services.gateway.passwords import Passwords
from shared.ids import new_id
from tests.authorisation.stages import CALLERS, CANARY, CHAIN, ENDINGS, STRANGERS, Stage, looked_up, new_world, tell
from tests.gateway.conftest import forget

MATRIX: dict[str, Any] = tomllib.loads((Path(__file__).parent / "matrix.toml").read_text())
ROWS: dict[str, dict[str, Any]] = MATRIX["rows"]
UNKNOWN = "00000000-0000-7000-8000-000000000000"
PARTS_THAT_STAY = ("urn", "delegate_id")


def members(names: list[str]) -> Iterator[str]:
    """The callers of a list, groups unfolded."""
    for name in names:
        if name.startswith("@"):
            yield from members(MATRIX["callers"][name[1:]])
        else:
            yield name


def operation_of(row: str) -> str:
    return row.partition(" [")[0]


def documented() -> dict[str, str]:
    """The service of each operation, by method and path."""
    return {
        f"{method.upper()} {path}": operation["tags"][0]
        for path, methods in whole_api()["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def expectations(row: str) -> dict[str, str]:
    """What every caller must meet: "may", "hidden", "refused" or "unknown"."""
    named = {what: set(members(ROWS[row].get(what, []))) for what in ("may", "hidden", "refused")}
    found = {}
    for caller in CALLERS:
        default = "unknown" if caller == "anonymous" else "refused"
        found[caller] = next((what for what, callers in named.items() if caller in callers), default)
    return found


@dataclass(frozen=True, slots=True)
class Question:
    """One row, ready to be asked."""

    stage: Stage
    service: str
    row: str

    async def ask(self, caller: str, *, about_nothing: bool = False) -> httpx.Response:
        """Ask as this caller, about what the row names or about something that does not exist."""
        wanted, ids = ROWS[self.row], self.stage.ids
        method, _, path = operation_of(self.row).partition(" ")
        parts = ids | looked_up(wanted.get("given", {}), ids)
        if about_nothing:
            parts |= {name: UNKNOWN for name in parts if name not in PARTS_THAT_STAY}
        sent: dict[str, Any] = {}
        headers = {**self.stage.caller(caller)}
        if method == "POST":
            headers["Idempotency-Key"] = new_id()
        if "body" in wanted:
            sent["json"] = looked_up(wanted["body"], ids)
        if "form" in wanted:
            sent["data"] = wanted["form"]
        if "csv" in wanted:
            sent["content"] = looked_up(wanted["csv"], ids)
            headers["Content-Type"] = "text/csv"
        client = self.stage.world.client(self.service)
        query = looked_up(wanted.get("query", {}), ids)
        return await client.request(method, path.format(**parts), headers=headers, params=query, **sent)


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The environment of a gateway with demo accounts and quick hashes."""
    file = tmp_path_factory.mktemp("keys") / "signing.json"
    file.write_text(json.dumps({"keys": [ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)]}))
    quick = Passwords(memory_kib=8, rounds=1)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("TOKEN_SIGNING_KEY_FILE", str(file)), ("DEMO_ACCOUNTS", "1"), ("SIGN_IN_RATE", "0")):
            patch.setenv(name, value)
        patch.delenv("PUBLIC_URL", raising=False)
        for module in ("tokens", "accounts", "start"):
            patch.setattr(f"services.gateway.use_cases.{module}.passwords", lambda: quick)
        forget()
        yield
    forget()


class Stages:
    """Each stage, told when it is first asked for."""

    def __init__(self, worlds: AsyncExitStack) -> None:
        self._worlds = worlds
        self._told: dict[str, Stage] = {}

    async def at(self, name: str) -> Stage:
        """The stage of this name, as it was told."""
        if name not in self._told:
            self._told[name] = await tell(await self._worlds.enter_async_context(new_world()), name)
        return self._told[name]


@pytest.fixture(scope="module")
async def stages(surroundings: None) -> AsyncIterator[Stages]:
    async with AsyncExitStack() as worlds:
        yield Stages(worlds)


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert {operation_of(row) for row in ROWS} == documented().keys()


def test_rows_name_callers_and_stages_that_exist_and_no_caller_twice() -> None:
    for row, wanted in ROWS.items():
        assert wanted.get("stage", "running") in CHAIN.keys() | ENDINGS.keys(), row
        named = [caller for what in ("may", "hidden", "refused") for caller in members(wanted.get(what, []))]
        assert len(named) == len(set(named)), row
        assert set(named) <= CALLERS.keys(), row
        assert wanted["may"], row


@pytest.mark.parametrize("row", ROWS)
async def test_each_caller_meets_what_the_matrix_says(stages: Stages, row: str) -> None:
    stage = await stages.at(ROWS[row].get("stage", "running"))
    question = Question(stage, documented()[operation_of(row)], row)
    wrong = [found for caller, what in expectations(row).items() async for found in breaches(question, caller, what)]
    assert wrong == []


async def breaches(question: Question, caller: str, what: str) -> AsyncIterator[str]:
    """What is wrong with the answer that a caller gets."""
    stage = question.stage
    answer = await question.ask(caller)
    changed = stage.tables() != stage.before
    stage.restore()
    said = f"{caller}: {answer.status_code} {answer.text[:200]}"
    if not {"may": answer.is_success, "hidden": answer.status_code == 404}.get(
        what, answer.status_code == {"refused": 403, "unknown": 401}.get(what)
    ):
        yield f"should be {what}, {said}"
    if not answer.is_success and changed:
        yield f"was told no and changed something, {said}"
    if caller in ("anonymous", *STRANGERS) and CANARY in re.sub(r'"instance":"[^"]*"', "", answer.text):
        yield f"sees what is not theirs, {said}"
    if what == "hidden":
        nothing = await question.ask(caller, about_nothing=True)
        if told(answer) != told(nothing):
            yield f"can tell that it exists, {said}"


def told(answer: httpx.Response) -> dict[str, Any]:
    """A problem without what differs from request to request."""
    problem: dict[str, Any] = answer.json()
    return {name: value for name, value in problem.items() if name not in ("instance", "correlation_id")}


async def test_a_wrong_cell_is_found(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a row that hides what is shown, and one that shows what is refused."""
    stage = await stages.at("running")
    seen, kept = "GET /api/partnerships/{partnership_id}", "GET /api/pots"
    hidden = [one async for one in breaches(Question(stage, "partnerships", seen), "teacher", "hidden")]
    shown = [one async for one in breaches(Question(stage, "partnerships", kept), "teacher", "may")]
    assert "should be hidden, teacher: 200" in hidden[0]
    assert "should be may, teacher: 403" in shown[0]
    monkeypatch.setattr(stage, "tables", dict)
    changed = [one async for one in breaches(Question(stage, "partnerships", kept), "teacher", "refused")]
    assert len(changed) == 1
