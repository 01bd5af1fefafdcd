"""What a stack consists of, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local import machine, running
from infra.local.keys import generate
from infra.local.obstacles import Obstacle
from infra.local.plan import Plan, Ports, replicas_wanted, services_in


def repository(folder: Path, *services: str) -> Path:
    for service in services:
        (folder / "services" / service).mkdir(parents=True)
        (folder / "services" / service / "app.py").touch()
    return folder


def test_a_service_is_a_folder_with_an_app(tmp_path: Path) -> None:
    repository(tmp_path, "surveys", "courses", "gateway", "analytics")
    (tmp_path / "services" / "unfinished").mkdir()
    assert services_in(tmp_path) == ("gateway", "courses", "analytics", "surveys")


def test_the_first_services_keep_their_ports_whatever_is_added() -> None:
    ports = Ports.fixed(("gateway", "courses", "analytics"), {"courses": 3})
    assert ports.services == {"gateway": (8100,), "courses": (8102, 8150, 8151), "analytics": (8105,)}
    assert (ports.edge, ports.mongod, ports.kafka, ports.controller) == (8080, 27117, 9192, 9193)


def test_another_base_moves_everything_but_the_edge() -> None:
    ports = Ports.fixed(("courses",), {}, base=18100)
    assert ports.services == {"courses": (18102,)}
    assert (ports.edge, ports.mongod, ports.kafka, ports.controller) == (8080, 37117, 19192, 19193)


def test_free_ports_are_all_different() -> None:
    ports = Ports.free(("courses", "gateway"), {"courses": 3})
    numbers = [ports.edge, ports.mongod, ports.kafka, ports.controller, *sum(ports.services.values(), ())]
    assert len(set(numbers)) == len(numbers) == 8


def test_parts_that_are_already_there_are_not_started(tmp_path: Path) -> None:
    ports = Ports.free(("courses",), {})
    plan = Plan(tmp_path, ports, mongodb_uri="mongodb://there", external_kafka="there:9092")
    assert [part.name for part in plan.parts()] == ["courses", "edge"]
    settings = plan.services()[0].environment
    assert (settings["MONGODB_URI"], settings["KAFKA_BOOTSTRAP"]) == ("mongodb://there", "there:9092")


def test_settings_of_one_service_win_over_those_of_all(tmp_path: Path) -> None:
    plan = Plan(
        tmp_path,
        Ports.free(("courses", "gateway"), {}),
        mongodb_uri="m",
        external_kafka="k",
        environment={"RATE_LIMIT": "0", "LOG_LEVEL": "DEBUG"},
        environments={"courses": {"RATE_LIMIT": "7"}},
    )
    by_name = {part.name: part.environment for part in plan.services()}
    assert [by_name[name]["RATE_LIMIT"] for name in ("courses", "gateway")] == ["7", "0"]
    assert by_name["courses"]["LOG_LEVEL"] == "DEBUG"


def test_passwords_are_kept_and_only_the_owner_may_read_them(tmp_path: Path) -> None:
    first = Plan(tmp_path, Ports.free(("courses",), {})).mongod.passwords
    second = Plan(tmp_path, Ports.free(("courses", "gateway"), {})).mongod.passwords
    assert first.items() <= second.items()
    assert second.keys() == {"root", "courses", "gateway"}
    assert len(set(second.values())) == 3
    assert (tmp_path / "passwords.json").stat().st_mode & 0o777 == 0o600


def test_replicas_are_asked_for_by_name() -> None:
    assert replicas_wanted({"REPLICAS_courses": "3", "PATH": "/bin"}) == {"courses": 3}


@pytest.mark.parametrize("value", ["0", "10", "many", "-1", ""])
def test_an_impossible_number_of_replicas_is_an_obstacle(value: str) -> None:
    with pytest.raises(Obstacle, match="REPLICAS_courses"):
        replicas_wanted({"REPLICAS_courses": value})


@pytest.mark.parametrize("value", ["0", "65536", "http"])
def test_an_impossible_port_is_an_obstacle(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_PORT", value)
    monkeypatch.setattr(running, "services_in", lambda: ("courses",))
    with pytest.raises(Obstacle, match="EDGE_PORT"):
        running.planned()


def test_a_missing_library_is_an_obstacle_that_names_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ldd = tmp_path / "ldd"
    ldd.write_text("#!/bin/sh\necho 'libcurl.so.4 => not found'; echo 'libc.so.6 => /lib/libc.so.6'\n")
    ldd.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(Obstacle, match=r"MongoDB needs libcurl\.so\.4: .*apt-get install libcurl4"):
        machine.demand_libraries()


def test_another_kind_of_machine_is_an_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    with pytest.raises(Obstacle, match="aarch64"):
        machine.demand_machine(tmp_path)


def test_a_full_disk_is_an_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "NEEDED_MEGABYTES", 2**40)
    with pytest.raises(Obstacle, match="free disk"):
        machine.demand_machine(tmp_path)


@pytest.mark.parametrize(
    ("store", "broker", "name"),
    [
        ("mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=100", None, "MONGODB_URI"),
        (None, "127.0.0.1:1", "KAFKA_BOOTSTRAP"),
    ],
)
def test_a_part_that_should_be_there_already_and_is_not_is_an_obstacle(
    tmp_path: Path, store: str | None, broker: str | None, name: str
) -> None:
    with pytest.raises(Obstacle, match=f"{name} does not answer"):
        Plan(tmp_path, Ports.free((), {}), mongodb_uri=store, external_kafka=broker).demand_given()


def test_the_state_of_a_running_stack_is_not_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Running:
        is_running = True

    monkeypatch.setattr(running, "DIRECTORY", tmp_path)
    monkeypatch.setattr(running, "supervisor", Running)
    with pytest.raises(Obstacle, match="is running"):
        running.forget()
    assert tmp_path.exists()


def test_courses_alone_signs_credentials_and_the_gateway_alone_signs_tokens(tmp_path: Path) -> None:
    names = ("courses", "gateway", "placements")
    plan = Plan(tmp_path, Ports.free(names, {}))
    courses, gateway, placements = (plan._settings(name) for name in names)
    assert courses["CREDENTIAL_KEY_FILE"] == str(plan.credential_key)
    assert courses["PUBLIC_URL"] == plan.edge_url
    assert gateway["TOKEN_SIGNING_KEY_FILE"] == str(plan.private_key)
    assert not {"CREDENTIAL_KEY_FILE", "TOKEN_SIGNING_KEY_FILE"} & placements.keys()
    assert plan.credential_key != plan.private_key


def test_the_key_pair_is_made_once_and_only_its_public_half_is_published(tmp_path: Path) -> None:
    private, public = tmp_path / "keys" / "private.json", tmp_path / "public.json"
    assert generate(private, public)
    first = (private.read_text(), public.read_text())
    assert not generate(private, public)
    assert (private.read_text(), public.read_text()) == first
    assert '"d"' in first[0]
    assert '"d"' not in first[1]
    assert private.stat().st_mode & 0o777 == 0o600
