"""Whole stacks for tests: one of the real services, and one of services that only echo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.local.plan import services_in
from infra.local.stack import Stack
from tests.system.echo_service import ECHO

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stack import Parts

ECHOING = ("partnerships", "courses", "placements", "ambassadors", "gateway")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The real services on a store and a broker of their own, behind the edge: what `make run` runs."""
    if not services_in():
        pytest.skip("there is no service yet")
    with Stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="session")
def echo_repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out like this repository, whose services only echo."""
    folder = tmp_path_factory.mktemp("echo")
    (folder / "shared").mkdir()
    (folder / "shared" / "__init__.py").touch()
    (folder / "shared" / "service.py").write_text(ECHO)
    for service in ECHOING:
        (folder / "services" / service).mkdir(parents=True)
        (folder / "services" / service / "app.py").touch()
    return folder


@pytest.fixture(scope="module")
def echo_stack(tmp_path_factory: pytest.TempPathFactory, echo_repository: Path, parts: Parts) -> Iterator[Stack]:
    """Echoing services behind the real edge, three replicas of courses."""
    with Stack(
        tmp_path_factory.mktemp("echo-stack"),
        replicas={"courses": 3},
        mongodb_uri=parts.mongodb_uri,
        kafka_bootstrap=parts.kafka_bootstrap,
        repository=echo_repository,
    ) as running:
        yield running
