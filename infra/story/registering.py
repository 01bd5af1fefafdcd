"""The schools come in from a register extract."""

from __future__ import annotations

import time

from infra.cli.schools import imported, summary
from infra.cli.seed import SCHOOLS
from infra.story.answers import EligibilityAnswer, SchoolAnswer
from infra.story.cast import CLOSED, MEMBERS, NEIGHBOUR, NOT_ELIGIBLE, OPERATOR
from infra.story.stage import Stage, expect


def register(stage: Stage) -> None:
    """The invented register, imported; who may take part and who goes on under another number."""
    stage.teller.chapter(
        "Schools come in from the register",
        "An operator imports an extract of the school register: a CSV file whose columns are found by their names. "
        "Bad rows would be reported one by one; a file that is known already changes nothing.",
    )
    operator = stage.as_account(OPERATOR)
    began = time.monotonic()
    done = imported(operator, SCHOOLS.read_bytes(), within=stage.within)
    stage.teller.done(summary(done), time.monotonic() - began)
    closed = operator.get(f"/api/schools/{CLOSED}", SchoolAnswer)
    expect("the successor of the closed school", NEIGHBOUR, closed.successor_urn)
    stage.teller.done(f"{closed.name} has closed; its history goes on as {NEIGHBOUR}")
    expect("whether the independent school is eligible", False, _is_eligible(stage, NOT_ELIGIBLE))
    expect("whether the members are eligible", [True] * len(MEMBERS), [_is_eligible(stage, urn) for urn in MEMBERS])
    stage.teller.done("the six members are eligible; the independent school is not, and is told why")


def _is_eligible(stage: Stage, urn: str) -> bool:
    return stage.as_account(OPERATOR).get(f"/api/schools/{urn}/eligibility", EligibilityAnswer).eligible
