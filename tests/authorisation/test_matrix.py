"""Every operation of the merged description against every caller, as rows/*.toml have it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from services.gateway.description import all_services
from shared.http.principal import ROLES
from shared.ids import new_id
from tests.authorisation.callers import CALLERS, WITHOUT_ROLE
from tests.authorisation.matrix import FILES, ROWS, documented, expectations, members, operation_of
from tests.authorisation.stage import CANARY, Stage
from tests.authorisation.stages import STAGES, TELLINGS, Stages, looked_up

UNKNOWN = "00000000-0000-7000-8000-000000000000"
PARTS_THAT_STAY = ("urn", "delegate_id", "purpose", "year", "term", "kind")


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


def test_every_operation_has_a_row_and_every_row_an_operation() -> None:
    assert {operation_of(row) for row in ROWS} == documented().keys()


def test_the_rows_of_a_service_are_in_its_own_file() -> None:
    assert FILES.keys() == {service.name for service in all_services()}
    astray = {row for name, rows in FILES.items() for row in rows if documented()[operation_of(row)] != name}
    assert not astray


def test_every_service_can_tell_something_only_of_itself() -> None:
    assert TELLINGS.keys() <= FILES.keys()


def test_every_role_asks_and_so_does_somebody_without_one() -> None:
    assert {who.role for name, who in CALLERS.items() if who and name != WITHOUT_ROLE} == set(ROLES)
    assert CALLERS["anonymous"] is None
    assert set(members(["@everyone"])) == CALLERS.keys()


def test_rows_name_callers_and_stages_that_exist_and_no_caller_twice() -> None:
    for row, wanted in ROWS.items():
        assert wanted.get("stage", "running") in STAGES, row
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
    strangers = {"anonymous", *members(["@strangers"])} - set(members(ROWS[question.row].get("own", [])))
    if caller in strangers and CANARY in re.sub(r'"instance":"[^"]*"', "", answer.text):
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
