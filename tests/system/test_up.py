"""`make run` as a person meets it: start, look, start again, Ctrl-C. On the real services, beside any other stack."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

import httpx
import psutil
import pytest

from infra.local.plan import Ports, services_in
from infra.local.ports import free_ports, is_free
from tests.stack import REPOSITORY, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.stack import Parts

SECONDS = 90
NO_COLOUR = {"NO_COLOR": "1", "COLUMNS": "200", "TERM": "dumb"}


def free_base() -> int:
    """A base from which all the services' ports are free."""
    for base in (number // 100 * 100 for number in free_ports(50)):
        ports = Ports.fixed(services_in(), {}, base=base)
        if all(is_free(port) for replicas in ports.services.values() for port in replicas):
            return base
    raise AssertionError("no hundred ports are free")


@pytest.fixture
def settings(tmp_path: Path, parts: Parts) -> dict[str, str]:
    """A stack with a state of its own, on the store and the broker of the test run."""
    if not services_in():
        pytest.skip("there is no service yet")
    return {
        **os.environ,
        **NO_COLOUR,
        "STEM_STATE": str(tmp_path / "state"),
        "EDGE_PORT": str(free_ports(1)[0]),
        "PORT_BASE": str(free_base()),
        "MONGODB_URI": parts.mongodb_uri,
        "KAFKA_BOOTSTRAP": parts.kafka_bootstrap,
    }


def stem(settings: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "infra.cli", *words],
        cwd=REPOSITORY,
        env=settings,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )


@contextmanager
def foreground(settings: Mapping[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`stem up` in a session of its own, as at a terminal; stopped in the end whatever happens."""
    with output.open("wb") as file:
        process = start(settings, file)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(SECONDS)
        stem(settings, "stop")


def start(settings: Mapping[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "up"],
        cwd=REPOSITORY,
        env=settings,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def below(process: int) -> set[int]:
    return {child.pid for child in psutil.Process(process).children(recursive=True)}


@pytest.mark.timeout(300)
def test_a_stack_starts_once_shows_itself_and_ends_with_ctrl_c(settings: dict[str, str], tmp_path: Path) -> None:
    output = tmp_path / "terminal"
    with foreground(settings, output) as process:
        eventually(lambda: b"What the services say" in output.read_bytes() or process.poll() is not None, SECONDS)
        shown = output.read_text()
        assert process.poll() is None, shown
        edge = f"http://127.0.0.1:{settings['EDGE_PORT']}"
        assert edge in shown
        assert httpx.get(f"{edge}/health").status_code == httpx.codes.OK
        if "gateway" in services_in():
            assert httpx.get(f"{edge}/.well-known/jwks.json").json()["keys"]

        again = stem(settings, "up", "--detach")
        assert (again.returncode, "running already" in again.stdout) == (0, True), again.stdout + again.stderr

        status = stem(settings, "status").stdout
        rows = {line.split()[0]: line for line in status.splitlines() if line[:1].isalpha()}
        assert {*services_in(), "edge"} <= rows.keys()
        assert all(" running " in rows[name] and " yes " in rows[name] for name in services_in()), status

        refused = stem(settings, "clean")
        assert (refused.returncode, "is running" in refused.stderr) == (1, True)

        started = {
            child.pid for child in psutil.process_iter() if str(tmp_path / "state") in " ".join(arguments(child))
        }
        started |= {pid for pid in started for pid in below(pid)}
        assert len(started) > len(services_in())
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
        eventually(lambda: not any(psutil.pid_exists(pid) for pid in started))
    assert stem(settings, "status").stdout.startswith("the stack does not run")
    assert stem(settings, "clean").returncode == 0
    assert not (tmp_path / "state").exists()


def arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_port_in_use_is_said_before_anything_is_started(settings: dict[str, str], parts: Parts) -> None:
    taken = parts.kafka_bootstrap.rpartition(":")[2]
    refused = stem(settings | {"EDGE_PORT": taken}, "up", "--detach")
    assert refused.returncode == 1
    assert f"port {taken}, wanted for edge, is held by java (pid {parts.kafka.pid})" in refused.stderr
    assert "EDGE_PORT" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert stem(settings, "status").stdout.startswith("the stack does not run")
