"""Ports that are given out belong to whoever asked, until that process ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from infra.local import ports
from infra.local.obstacles import Obstacle
from infra.local.ports import AT_A_TIME, GIVEN_OUT, free_ports, is_free

REPOSITORY = Path(__file__).parent.parent.parent
ASKING = """
import sys
from infra.local.ports import free_ports
print(*free_ports(int(sys.argv[1])), flush=True)
sys.stdin.read()
"""
EACH = 3 * AT_A_TIME


@pytest.fixture
def others() -> Iterator[list[list[int]]]:
    """What other processes, asking at the same time, were given. They live while the test does."""
    with ExitStack() as open_:
        asking = [open_.enter_context(_asking()) for _ in range(4)]
        yield [[int(port) for port in (one.stdout or sys.stdin).readline().split()] for one in asking]
        for one in asking:
            one.kill()


def _asking() -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", ASKING, str(EACH)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_no_two_processes_are_given_the_same_port_though_nobody_listens_yet(others: list[list[int]]) -> None:
    given = [*free_ports(EACH), *(port for ports in others for port in ports)]
    assert len(set(given)) == len(given) == 5 * EACH


def test_ports_are_free_and_are_not_among_those_that_connections_get() -> None:
    given = free_ports(5)
    assert all(is_free(port) and port in GIVEN_OUT for port in given)
    first, _ = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    assert max(GIVEN_OUT) < first


def test_who_asks_for_more_than_there_are_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "GIVEN_OUT", range(27_000, 27_000 + 2 * AT_A_TIME))
    with pytest.raises(Obstacle, match="from 27000 to 27039 are given out"):
        list(ports._free_ones())
