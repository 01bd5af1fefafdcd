"""`make compose-test`: the real Compose project, from a clean clone, under a name and a port of its own.

It takes minutes and an engine, so it runs only where STEM_COMPOSE=1 asks for it, and skips where no engine answers.
Everything that it starts, its volumes too, is gone at the end.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from infra.local.plan import services_in
from infra.local.ports import free_ports
from services.gateway.demo_accounts import DEMO_PASSWORD
from tests.stack import REPOSITORY, eventually

pytestmark = pytest.mark.timeout(1800)

UP_SECONDS, STEP_SECONDS, WELL_SECONDS = 1500, 600, 300
BLOCKS: dict[str, dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
LASTING = sorted(
    name
    for name, block in BLOCKS.items()
    if not str(block.get("restart", "")).startswith("on-failure") and "profiles" not in block
)
"""Every container that stays, observability aside."""

OURS = services_in()


@dataclass(frozen=True, slots=True)
class Project:
    """A Compose project in a clone."""

    docker: str
    name: str
    clone: Path
    port: int

    @property
    def url(self) -> str:
        """Where clients come in."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, *arguments: str, seconds: float = STEP_SECONDS, check: bool = True) -> str:
        """What a docker command says; a failed one fails the test with what it said."""
        ran = subprocess.run(  # noqa: S603 - docker, with arguments of ours
            (self.docker, *arguments),
            cwd=self.clone,
            env={**os.environ, "EDGE_PORT": str(self.port)},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert ran.returncode == 0 or not check, ran.stdout[-4000:] + ran.stderr[-4000:]
        return ran.stdout

    def compose(self, *arguments: str, seconds: float = STEP_SECONDS, check: bool = True) -> str:
        """What `docker compose` says of this project."""
        return self.run("compose", "--project-name", self.name, *arguments, seconds=seconds, check=check)

    def up(self, *arguments: str) -> None:
        """Start what is not running and wait until all of it says that it is well."""
        self.compose("up", "--wait", "--wait-timeout", str(UP_SECONDS), *arguments, seconds=UP_SECONDS + 60)

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers."""
        return self.compose("ps", "--all", "--quiet", service).split()

    def inspected(self, container: str) -> dict[str, Any]:
        """What the engine knows of a container."""
        (found,) = json.loads(self.run("inspect", container))
        answer: dict[str, Any] = found
        return answer

    def is_well(self, service: str) -> bool:
        """Whether every container of a service runs and says that it is well."""
        states = [self.inspected(container)["State"] for container in self.containers(service)]
        return bool(states) and all(state.get("Health", {}).get("Status") == "healthy" for state in states)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, up and healthy, from a clone that holds nothing but what is committed."""
    if os.environ.get("STEM_COMPOSE") != "1":
        pytest.skip("`make compose-test` runs this: it takes minutes")
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "info"], capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("no container engine answers here")
    clone = tmp_path_factory.mktemp("clone") / "stem"
    git = shutil.which("git")
    assert git is not None
    subprocess.run([git, "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(clone)], check=True)  # noqa: S603
    (port,) = free_ports(1)
    one = Project(docker, f"stem-test-{secrets.token_hex(3)}", clone, port)
    try:
        one.compose("build", seconds=UP_SECONDS)
        one.up()
        yield one
    finally:
        one.compose("down", "--volumes", "--remove-orphans", "--timeout", "30", check=False)


def tell(project: Project) -> None:
    """The demo, which checks everything that it tells."""
    told = subprocess.run(  # noqa: S603 - our own command
        (sys.executable, "-m", "infra.cli", "demo", "--url", project.url),
        cwd=REPOSITORY,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "The story is told" in told.stdout


def signed_in(project: Project) -> dict[str, str]:
    """The headers of the demo's programme officer."""
    form = {"grant_type": "password", "username": "officer@stem.example", "password": DEMO_PASSWORD}
    answer = httpx.post(f"{project.url}/oauth/token", data=form, timeout=60).raise_for_status()
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def everything(project: Project) -> dict[str, list[Any]]:
    """Every booking and every partnership with what its account says."""
    officer = signed_in(project)

    def items(path: str) -> list[Any]:
        answer = httpx.get(f"{project.url}{path}?limit=200", headers=officer, timeout=60).raise_for_status()
        found: list[Any] = answer.json()["items"]
        return found

    bookings, partnerships = items("/api/bookings"), items("/api/partnerships")
    accounts = [
        httpx.get(f"{project.url}/api/partnerships/{one['id']}/account", headers=officer, timeout=60).json()
        for one in partnerships
    ]
    return {"bookings": bookings, "partnerships": partnerships, "accounts": accounts}


def still_answers(project: Project) -> bool:
    """Whether the way from the edge to every store is open."""
    try:
        everything(project)
    except (httpx.HTTPError, KeyError):
        return False
    return True


def test_everything_is_healthy_by_its_own_word(project: Project) -> None:
    assert [name for name in LASTING if not project.is_well(name)] == []


def test_the_demo_passes_against_it(project: Project) -> None:
    tell(project)


def test_the_services_logs_are_lines_of_json_that_name_nobody(project: Project) -> None:
    for service in OURS:
        lines = project.compose("logs", "--no-color", "--no-log-prefix", service).splitlines()
        assert lines, service
        for line in lines:
            assert {"level", "event"} & json.loads(line).keys(), line[:300]
        assert not [line for line in lines if "@" in line], service


def test_our_containers_are_nobody_on_a_file_system_that_cannot_be_written(project: Project) -> None:
    for service in OURS:
        (container,) = project.containers(service)
        known = project.inspected(container)
        assert known["HostConfig"]["ReadonlyRootfs"], service
        assert known["HostConfig"]["CapDrop"] == ["ALL"], service
        script = "import os,sys; sys.exit(os.getuid() == 0)"
        project.compose("exec", "-T", service, "python", "-c", script)
        refused = "import sys\ntry: open('/code/x', 'w')\nexcept OSError: sys.exit(0)\nsys.exit(1)"
        project.compose("exec", "-T", service, "python", "-c", refused)


def test_the_image_is_small_and_holds_no_secret(project: Project) -> None:
    (image,) = json.loads(project.run("image", "inspect", "stem-services"))
    print(f"\nour image: {image['Size'] / 1e6:.0f} MB")  # noqa: T201 - a figure that was asked for
    assert image["Size"] < 400_000_000
    assert image["Config"]["User"] == "stem"
    layers = project.run("history", "--no-trunc", "--format", "{{.CreatedBy}}", "stem-services")
    words = ("PASSWORD", "SECRET", "TOKEN_SIGNING", "only-for-trying-out", "PRIVATE KEY")
    assert not [word for word in words if word in layers + json.dumps(image["Config"])]
    listing = "import pathlib; print(*(p for r in ('/code', '/keys') for p in pathlib.Path(r).rglob('*.*')))"
    inside = project.run("run", "--rm", "--entrypoint", "python", "stem-services", "-c", listing).split()
    assert not [path for path in inside if path.startswith("/keys") or path.endswith((".env", ".pem", ".key"))]


def test_no_container_has_met_its_memory_limit(project: Project) -> None:
    for service in LASTING:
        for container in project.containers(service):
            known = project.inspected(container)
            assert known["HostConfig"]["Memory"] > 0, service
            assert not known["State"]["OOMKilled"], service


@pytest.mark.parametrize("service", LASTING)
def test_nothing_is_lost_when_a_container_is_killed(project: Project, service: str) -> None:
    before = everything(project)
    assert before["bookings"]
    for container in project.containers(service):
        project.run("kill", "--signal", "KILL", container)
        project.run("start", container)
    eventually(lambda: project.is_well(service), WELL_SECONDS)
    eventually(lambda: still_answers(project), WELL_SECONDS)
    assert everything(project) == before


def test_what_was_killed_works_as_before(project: Project) -> None:
    tell(project)


def test_three_replicas_share_the_work(project: Project) -> None:
    project.up("--scale", "courses=3", "--no-recreate")
    replicas = project.containers("courses")
    assert len(replicas) == 3
    tell(project)

    def all_have_worked() -> bool:
        everything(project)
        return all("request answered" in project.run("logs", replica) for replica in replicas)

    eventually(all_have_worked, WELL_SECONDS)
    project.up("--scale", "courses=1", "--no-recreate")


def test_volumes_keep_everything_over_down_and_up(project: Project) -> None:
    before = everything(project)
    project.compose("down", "--timeout", "30")
    project.up()
    assert everything(project) == before
