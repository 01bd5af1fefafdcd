"""The stack as a library: what it starts, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from infra.local.children import Child
from infra.local.kafka import Kafka, create_topics
from infra.local.mongod import Mongod
from infra.local.obstacles import Obstacle
from infra.local.part import NotReady
from infra.local.plan import Plan, Ports
from infra.local.ports import demand, free_ports
from infra.local.supervision import Supervisor
from tests.stack import KAFKA_CACHE, REPOSITORY, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.part import Part
    from infra.local.stack import Stack
    from tests.stack import Parts

PASSWORDS = {"root": "r%:/@", "courses": "c", "partnerships": "p"}


def run(part: Part, logs: Path) -> Child:
    child = Child(part, logs)
    child.start()
    child.await_ready()
    return child


def test_a_killed_part_is_gone_until_it_is_started_again(echo_stack: Stack) -> None:
    before = echo_stack.pid("gateway")
    echo_stack.kill("gateway")
    assert not psutil.pid_exists(before)
    assert not echo_stack.is_alive("gateway")
    echo_stack.start("gateway")
    assert httpx.get(f"{echo_stack.service_url('gateway')}/docs").json()["pid"] == echo_stack.pid("gateway") != before


def test_a_paused_part_stands_still_and_goes_on(echo_stack: Stack) -> None:
    url = f"{echo_stack.service_url('courses-3')}/api/courses"
    echo_stack.pause("courses-3")
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.5)
    assert echo_stack.is_alive("courses-3")
    echo_stack.resume("courses-3")
    assert httpx.get(url).status_code == httpx.codes.OK


def test_every_service_gets_its_settings_and_the_gateway_alone_the_signing_key(echo_stack: Stack) -> None:
    settings = {
        name: httpx.get(f"{echo_stack.service_url(name)}/").json()["settings"] for name in ("courses-2", "gateway")
    }
    courses = settings["courses-2"]
    assert courses["MONGODB_DATABASE"] == "courses"
    assert courses["KAFKA_BOOTSTRAP"] == echo_stack.kafka_bootstrap
    assert "TOKEN_SIGNING_KEY_FILE" not in courses
    public = json.loads((echo_stack.plan.directory / "keys" / "public.json").read_text())
    assert courses["TOKEN_JWKS_FILE"].endswith("public.json")
    assert [set(key) & {"d"} for key in public["keys"]] == [set()]
    private = echo_stack.plan.directory / "keys" / "signing.json"
    assert settings["gateway"]["TOKEN_SIGNING_KEY_FILE"] == str(private)
    assert private.stat().st_mode & 0o777 == 0o600


def test_nothing_is_left_when_the_process_that_started_it_is_killed(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from infra.local.children import Child
from infra.local.mongod import Mongod
folder = Path({str(tmp_path)!r})
child = Child(Mongod(folder / "mongod", int(sys.argv[1]), {{"root": "r"}}).part(), folder)
child.start()
child.await_ready()
print(child.pid, flush=True)
sys.stdin.read()
"""
    (port,) = free_ports(1)
    starter = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", program, str(port)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    started = psutil.Process(int(starter.stdout.readline()))
    assert started.name() == "mongod"
    starter.kill()
    starter.wait()
    eventually(lambda: not started.is_running() or started.status() == psutil.STATUS_ZOMBIE)


def test_a_user_of_the_store_can_touch_only_its_own_and_data_survives_kill_and_another_port(tmp_path: Path) -> None:
    first, second = free_ports(2)
    store = Mongod(tmp_path / "mongod", first, PASSWORDS)
    child = run(store.part(), tmp_path)
    try:
        with MongoClient[dict[str, object]](store.uri("courses")) as client:
            client["courses"]["things"].insert_one({"_id": "kept"})
            for forbidden in (client["partnerships"]["things"].find_one, client["admin"]["system.users"].find_one):
                with pytest.raises(OperationFailure, match="not authorized"):
                    forbidden()
        with pytest.raises(OperationFailure, match="requires authentication"):
            MongoClient[dict[str, object]](f"mongodb://127.0.0.1:{first}/?directConnection=true")["courses"][
                "things"
            ].find_one()
        child.kill()
        moved = Mongod(tmp_path / "mongod", second, PASSWORDS | {"gateway": "g"})
        child = run(moved.part(), tmp_path)
        with MongoClient[dict[str, object]](moved.uri("courses")) as client:
            assert client["courses"]["things"].find_one() == {"_id": "kept"}
        with MongoClient[dict[str, object]](moved.uri("gateway")) as client:
            client["gateway"]["things"].insert_one({})
    finally:
        child.kill()


def test_the_broker_keeps_its_topics_when_it_is_killed(tmp_path: Path) -> None:
    port, controller = free_ports(2)
    kafka = Kafka(tmp_path / "kafka", port, controller, KAFKA_CACHE)
    child = run(kafka.part(), tmp_path)
    try:
        create_topics(kafka.bootstrap, ["kept"])
        child.kill()
        child.start()
        eventually(lambda: is_ready(child.part), 30)
        folders = (tmp_path / "kafka" / "data").glob("kept-*")
        assert {folder.name for folder in folders} == {f"kept-{number}" for number in range(6)}
        create_topics(kafka.bootstrap, ["kept", "another"])
    finally:
        child.kill()


def is_ready(part: Part) -> bool:
    try:
        part.probe()
    except NotReady:
        return False
    return True


def test_a_part_that_does_not_come_up_is_an_obstacle_with_its_last_words(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    store = Mongod(tmp_path / "mongod", port, PASSWORDS, parameters=(("noSuchParameter", "1"),))
    child = Child(store.part(), tmp_path)
    child.start()
    with pytest.raises(Obstacle, match="noSuchParameter"):
        child.await_ready()


def test_a_port_in_use_is_an_obstacle_that_names_its_holder(echo_stack: Stack) -> None:
    with pytest.raises(Obstacle, match=rf"port {echo_stack.plan.ports.edge}, wanted for edge, is held by caddy \(pid"):
        demand({"edge": echo_stack.plan.ports.edge}, "choose another")


@pytest.fixture
def supervised(tmp_path: Path, echo_repository: Path, parts: Parts) -> Iterator[tuple[Supervisor, Plan]]:
    """Echoing services under the supervisor that `make run` uses."""
    ports = Ports.free(("courses", "gateway"), {})
    plan = Plan(
        tmp_path,
        ports,
        echo_repository,
        mongodb_uri=parts.mongodb_uri,
        external_kafka=parts.kafka_bootstrap,
        environment={"ODD": 'a "quoted" % value, with; all $of it'},
    )
    supervisor = Supervisor(tmp_path)
    supervisor.start(plan)
    try:
        supervisor.bring_up([*plan.services(), plan.edge()], lambda name, seconds: None)
        yield supervisor, plan
    finally:
        supervisor.stop()


def test_the_supervisor_restarts_what_dies_and_stops_everything(supervised: tuple[Supervisor, Plan]) -> None:
    supervisor, plan = supervised
    before = supervisor.states()
    eventually(lambda: {state.state for state in supervisor.states().values()} == {"RUNNING"})
    assert list(before) == ["courses", "gateway", "edge"]
    os.kill(before["courses"].pid, signal.SIGKILL)
    eventually(lambda: (now := supervisor.states()["courses"]).state == "RUNNING" and now.pid != before["courses"].pid)
    pids = [state.pid for state in supervisor.states().values()]
    supervisor.stop()
    assert not supervisor.is_running
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert plan.logs.joinpath("courses.jsonl").exists()


def test_a_service_that_keeps_ending_is_given_up_with_its_last_words(tmp_path: Path, parts: Parts) -> None:
    folder = tmp_path / "broken"
    (folder / "shared").mkdir(parents=True)
    (folder / "shared" / "__init__.py").touch()
    (folder / "shared" / "service.py").write_text("raise SystemExit('the settings make no sense')")
    plan = Plan(
        tmp_path,
        Ports.free(("courses",), {}),
        folder,
        mongodb_uri=parts.mongodb_uri,
        external_kafka=parts.kafka_bootstrap,
    )
    supervisor = Supervisor(tmp_path)
    supervisor.start(plan)
    try:
        with pytest.raises(
            Obstacle, match=r"courses did not become ready \(it has ended\)(.|\n)*the settings make no sense"
        ):
            supervisor.bring_up(plan.services(), lambda name, seconds: None)
    finally:
        supervisor.stop()


def test_settings_reach_a_supervised_service_unchanged(supervised: tuple[Supervisor, Plan]) -> None:
    _, plan = supervised
    (port,) = plan.ports.services["courses"]
    settings = httpx.get(f"http://127.0.0.1:{port}/").json()["settings"]
    assert settings["ODD"] == 'a "quoted" % value, with; all $of it'
    assert settings["MONGODB_URI"] == plan.mongodb_uri


def test_nothing_is_left_when_the_supervisor_is_killed(supervised: tuple[Supervisor, Plan]) -> None:
    supervisor, _ = supervised
    pids = [state.pid for state in supervisor.states().values()]
    number = supervisor.process_number()
    assert number is not None
    os.kill(number, signal.SIGKILL)
    eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert not supervisor.is_running
