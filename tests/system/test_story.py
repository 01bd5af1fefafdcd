"""The story on real processes, over HTTP alone: told more than once, and with services killed in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from infra.cli.client import Api
from infra.local.stack import Stack
from infra.story.plot import told
from infra.story.stage import Stage
from tests.stack import REPOSITORY
from tests.system.rush import fund, rush

pytestmark = pytest.mark.timeout(400)


@dataclass
class Repeats:
    """What the client had to repeat."""

    reasons: list[str] = field(default_factory=list)

    def __call__(self, what: str, why: str) -> None:
        self.reasons.append(why)


@pytest.fixture(scope="module")
def repeats() -> Repeats:
    return Repeats()


@pytest.fixture(scope="module")
def stage(stack: Stack, repeats: Repeats) -> Iterator[Stage]:
    with Api(stack.edge_url, retried=repeats) as api:
        yield Stage(api, logs=stack.plan.logs)


def test_the_story_comes_true(stage: Stage) -> None:
    told(stage)


def test_the_demo_tells_it_again(stack: Stack) -> None:
    told_again = subprocess.run(  # noqa: S603 - our own command
        (sys.executable, "-m", "infra.cli", "demo", "--url", stack.edge_url, "--logs", str(stack.plan.logs)),
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told_again.returncode == 0, told_again.stdout + told_again.stderr
    assert "The story is told" in told_again.stdout
    assert "booking-confirmed" in told_again.stdout


@pytest.mark.parametrize("victim", ["courses", "partnerships"])
def test_a_service_killed_in_the_middle_of_the_bookings_loses_and_doubles_nothing(
    stack: Stack, stage: Stage, repeats: Repeats, victim: str
) -> None:
    partnership = fund(stage)
    repeats.reasons.clear()
    rush(stage, partnership, lambda: stack.kill(victim), lambda: stack.start(victim))
    if victim == "courses":
        assert repeats.reasons, "nothing was on its way when the service died: this run has shown nothing"
