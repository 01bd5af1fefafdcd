"""docker-compose.yml holds: Compose accepts it, every service is in it, and nothing runs with more than it needs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from infra.kafka.topics import services_here
from infra.local.plan import services_in
from shared.observability.metrics import Metrics

REPOSITORY = Path(__file__).parent.parent.parent
OBSERVABILITY = REPOSITORY / "infra" / "observability"
BLOCKS: dict[str, dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (REPOSITORY / "infra" / "service.Dockerfile").read_text()
ONCE = {name for name, block in BLOCKS.items() if str(block.get("restart", "")).startswith("on-failure")}

every_block = pytest.mark.parametrize("name", sorted(BLOCKS))
every_service = pytest.mark.parametrize("name", services_in())


def compose() -> str:
    """The docker command, where its compose plugin answers; skips where it does not."""
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("docker is not installed, so nobody can say whether Compose accepts the file")
    answer = subprocess.run([docker, "compose", "version"], capture_output=True, check=False)  # noqa: S603
    if answer.returncode:
        pytest.skip("docker has no compose plugin, so nobody can say whether Compose accepts the file")
    return docker


@pytest.mark.parametrize("profile", ["", "observability"])
def test_compose_accepts_the_file(profile: str) -> None:
    command = [compose(), "compose", "--project-directory", str(REPOSITORY), "--profile", profile, "config", "-q"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""


@every_service
def test_every_service_has_its_blocks(name: str) -> None:
    service, store = BLOCKS[name], BLOCKS[f"{name}-store"]

    assert service["command"] == [name]
    assert service["environment"]["MONGODB_URI"].startswith(f"mongodb://{name}:${{{name.upper()}_STORE_PASSWORD")
    assert service["environment"]["MONGODB_DATABASE"] == name
    assert BLOCKS[f"{name}-store-founding"]["environment"]["STORE"] == name
    assert store["networks"] == [f"{name}-store"]
    assert name in services_here()
    assert f"name {name}\n" in BLOCKS["edge"]["environment"][f"{name.upper()}_UPSTREAMS"]


@every_service
def test_a_service_meets_no_store_but_its_own(name: str) -> None:
    assert set(BLOCKS[name]["networks"]) == {"inside", f"{name}-store"}


@every_service
def test_a_service_starts_when_what_it_needs_is_ready(name: str) -> None:
    needs = {needed: how["condition"] for needed, how in BLOCKS[name]["depends_on"].items()}

    assert needs == {
        "kafka": "service_healthy",
        "topics": "service_completed_successfully",
        "keys": "service_completed_successfully",
        f"{name}-store": "service_healthy",
        f"{name}-store-founding": "service_completed_successfully",
    }
    assert BLOCKS["edge"]["depends_on"][name] == {"condition": "service_healthy"}


def test_only_the_gateway_can_sign_tokens() -> None:
    holders = {
        name
        for name, block in BLOCKS.items()
        if any(str(one).startswith("signing") for one in block.get("volumes", ()))
    }

    assert holders == {"gateway", "keys"}
    assert "signing-key:/keys/signing:ro" in BLOCKS["gateway"]["volumes"]


def test_only_courses_can_sign_credentials() -> None:
    holders = {
        name
        for name, block in BLOCKS.items()
        if any(str(one).startswith("credential") for one in block.get("volumes", ()))
    }

    assert holders == {"courses", "keys"}
    assert "credential-key:/keys/credentials:ro" in BLOCKS["courses"]["volumes"]


def test_only_the_edge_and_grafana_can_be_reached_and_only_from_this_machine() -> None:
    published = {name: block["ports"] for name, block in BLOCKS.items() if "ports" in block}

    assert set(published) == {"edge", "grafana"}
    assert all("_ADDRESS:-127.0.0.1}:" in port for ports in published.values() for port in ports)


@every_block
def test_a_container_has_no_more_rights_than_it_needs(name: str) -> None:
    block = BLOCKS[name]

    assert block["cap_drop"] == ["ALL"]
    assert block["security_opt"] == ["no-new-privileges:true"]
    assert block.get("privileged") is None
    assert set(block.get("cap_add", ())) <= ({"NET_BIND_SERVICE"} if name == "edge" else set())


@every_block
def test_a_container_is_bounded_and_comes_back(name: str) -> None:
    block = BLOCKS[name]

    assert block["mem_limit"]
    assert block["restart"] in ("unless-stopped", "on-failure:3")
    assert block["logging"]["options"]["max-size"]


@every_block
def test_a_container_says_by_itself_that_it_is_well(name: str) -> None:
    block = BLOCKS[name]

    says = "test" in block.get("healthcheck", {}) or ("build" in block and "HEALTHCHECK" in DOCKERFILE)
    assert says or name in ONCE


@every_service
def test_a_service_has_a_read_only_file_system_and_time_to_finish(name: str) -> None:
    assert BLOCKS[name]["read_only"] is True
    assert BLOCKS[name]["stop_grace_period"] == "30s"


def test_the_image_runs_as_somebody_without_rights() -> None:
    final = DOCKERFILE.rpartition("\nFROM ")[2]

    assert "\nUSER stem\n" in final
    assert "--require-hashes" in DOCKERFILE
    assert "pip install" not in final
    assert "apt-get" not in DOCKERFILE


def test_no_secret_goes_into_the_image() -> None:
    allowed = (REPOSITORY / ".dockerignore").read_text().splitlines()

    assert "*" in allowed
    assert not [
        line for line in allowed if line.startswith("!") and ("env" in line or "key" in line.replace("keys.py", ""))
    ]


def test_every_secret_can_be_set_from_outside() -> None:
    example = (REPOSITORY / ".env.example").read_text()
    text = (REPOSITORY / "docker-compose.yml").read_text()
    used = {piece.split(":-")[0].rstrip("}") for piece in text.split("${")[1:]}

    assert sorted(name for name in used if f"\n{name}=" not in example) == []


def exported() -> set[str]:
    """The names under which a service exports its metrics."""
    lines = generate_latest(Metrics("courses").registry).decode().splitlines()
    families = {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE ")}
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return {f"{name}{part}" for name, kind in families.items() for part in parts.get(kind, ("",))}


def queries() -> list[str]:
    """Every expression in the alerts and on the dashboard."""
    alerts = yaml.safe_load((OBSERVABILITY / "alerts.yml").read_text())
    dashboard = json.loads((OBSERVABILITY / "grafana" / "services.json").read_text())
    return [rule["expr"] for group in alerts["groups"] for rule in group["rules"]] + [
        target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
    ]


def test_alerts_and_dashboards_ask_for_what_services_export() -> None:
    words = {word for query in queries() for word in query.replace("(", " ").replace(")", " ").split()}
    asked = {word.partition("[")[0].partition("{")[0] for word in words}
    asked = {name for name in asked if name.startswith(("stem_", "process_"))}

    assert asked
    assert sorted(asked - exported()) == []


@every_service
def test_prometheus_watches_every_service(name: str) -> None:
    (job,) = yaml.safe_load((OBSERVABILITY / "prometheus.yml").read_text())["scrape_configs"]

    assert name in job["dns_sd_configs"][0]["names"]
