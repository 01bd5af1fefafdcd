"""The bounded part of `make fuzz`: every phase, as who may most, who may little and who is nobody."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import pytest

from infra.local.stack import Stack
from shared.http.principal import ROLES as EVERY_ROLE
from tests.fuzz.campaign import ROLES, UNLIMITED, Round, Target, round_of
from tests.stack import Parts

SEED = 20_260_907
SECONDS = 6

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, parts: Parts) -> Iterator[Target]:
    """The real services behind the edge, on the store and the broker of the test run."""
    with Stack(
        tmp_path_factory.mktemp("fuzz"),
        environment=UNLIMITED,
        mongodb_uri=parts.mongodb_uri,
        kafka_bootstrap=parts.kafka_bootstrap,
    ) as stack:
        yield Target.of(stack)


@pytest.mark.parametrize("role", ["programme-officer", "finance-officer", "operator", "school-approver", "anonymous"])
def test_nothing_that_is_asked_at_random_breaks_a_service_or_its_description(target: Target, role: str) -> None:
    found = round_of(target, Round(role, SEED, examples=2, seconds=SECONDS, permitted_only=True))
    print(f"seed {SEED}: {found.summary()}")  # noqa: T201 - a failure is repeated by its seed
    assert found.server_errors == 0
    assert found.broken == {}
    assert found.cases > 0


def test_a_round_leaves_the_description_as_it_was_for_the_next(target: Target) -> None:
    before = deepcopy(target.description)
    round_of(target, Round("programme-officer", SEED, 1, ("examples", "stateful"), 2, permitted_only=True))
    assert target.description == before


def test_a_role_may_be_asked_for_what_it_may_do_alone(target: Target) -> None:
    found = round_of(target, Round("auditor", SEED, 1, ("examples",), 2, permitted_only=True))
    assert found.statuses
    assert not {"POST /api/courses", "POST /api/sponsors"} & found.statuses.keys()


def test_what_is_asked_about_exists(target: Target) -> None:
    for name in ("partnership_id", "pot_id", "course_id", "occurrence_id", "booking_id", "account_id", "urn"):
        assert target.known[name], name


def test_a_description_that_is_not_true_is_found(target: Target) -> None:
    """The control: operations that claim to answer with a status they never give."""
    paths = {
        path: {"get": {**methods["get"], "responses": {"299": {"description": "Never given."}}}}
        for path, methods in target.description["paths"].items()
        if path == "/problems"
    }
    lying = replace(target, description={**target.description, "paths": paths})
    found = round_of(lying, Round("anonymous", SEED, examples=1, phases=("examples", "coverage"), seconds=SECONDS))
    assert any(where.startswith("status_code_conformance: GET /problems") for where in found.broken), found.broken


def test_every_role_has_a_round() -> None:
    assert ROLES.keys() - {"anonymous"} == EVERY_ROLE
