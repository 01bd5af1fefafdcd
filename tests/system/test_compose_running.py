"""`make compose-test`: the real Compose project, from a clean clone, under a name and a port of its own.

It takes minutes and an engine, so it runs only where STEM_COMPOSE=1 asks for it, and skips where no engine answers.
Everything that it starts, its volumes too, is gone at the end. The tests build on one another, in this order.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from infra.cli.client import Answer, Api
from infra.cli.schools import imported, summary
from infra.local.plan import services_in
from infra.local.ports import free_ports
from infra.story.answers import PartnershipAnswer
from infra.story.cast import OPERATOR
from infra.story.funding import account_of, expect_ledger_adds_up
from infra.story.stage import Stage
from services.gateway.demo_accounts import DEMO_PASSWORD
from tests.stack import REPOSITORY, eventually
from tests.system.layers import files_in
from tests.system.project import STEP_SECONDS, UP_SECONDS, WELL_SECONDS, Project
from tests.system.rush import fund, rush

pytestmark = pytest.mark.timeout(1800)

BLOCKS: dict[str, dict[str, Any]] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
LASTING = sorted(
    name
    for name, block in BLOCKS.items()
    if not str(block.get("restart", "")).startswith("on-failure") and "profiles" not in block
)
"""Every container that stays, observability aside."""

OURS = services_in()
IMAGE_BYTES = 300_000_000
LOADED_SECONDS = 30.0
IMPORT_SECONDS = 900.0
ASKING = 16
REGISTER = Path(os.environ.get("STEM_REAL_DATA", REPOSITORY.parent / "shared" / "data")) / "gias_extract.csv"


def say(text: str) -> None:
    """A figure that was asked for."""
    sys.stdout.write(f"\n{text}\n")


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
        began = time.monotonic()
        one.up()
        say(f"healthy {time.monotonic() - began:.0f} s after the images were there")
        yield one
    finally:
        one.compose("down", "--volumes", "--remove-orphans", "--timeout", "30", check=False)


@pytest.fixture(scope="module")
def repeats() -> list[str]:
    """What clients had to repeat, and why."""
    return []


@pytest.fixture(scope="module")
def stage(project: Project, repeats: list[str]) -> Iterator[Stage]:
    """The edge, and clients who are patient enough for a store to come back."""
    with Api(project.url, patience=WELL_SECONDS, retried=lambda what, why: repeats.append(f"{what}: {why}")) as api:
        yield Stage(api, within=WELL_SECONDS)


@pytest.fixture(scope="module")
def partnership(stage: Stage) -> PartnershipAnswer:
    """One with money for a rush of each container that dies, and for four more."""
    return fund(stage, rushes=len(LASTING) + 4)


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


def everything(project: Project) -> dict[str, list[Any]]:
    """Every school, every booking, and every partnership with what its account says."""
    form = {"grant_type": "password", "username": "officer@stem.example", "password": DEMO_PASSWORD}
    with httpx.Client(base_url=project.url, timeout=60) as client:
        answer = client.post("/oauth/token", data=form).raise_for_status()
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

        def items(path: str) -> list[Any]:
            found: list[Any] = []
            cursor: dict[str, str] = {}
            while True:
                page = client.get(path, params={"limit": "200", **cursor}).raise_for_status().json()
                found += page["items"]
                if not page["next"]:
                    return found
                cursor = {"cursor": page["next"]}

        kept = {
            path: items(path) for path in ("/api/bookings", "/api/partnerships", "/api/schools", "/api/occurrences")
        }
        paths = [f"/api/partnerships/{one['id']}/account" for one in kept["/api/partnerships"]]
        return {**kept, "accounts": [client.get(path).raise_for_status().json() for path in paths]}


def test_everything_is_healthy_by_its_own_word(project: Project) -> None:
    assert [name for name in LASTING if not project.is_well(name)] == []


def test_the_demo_passes_against_it(project: Project) -> None:
    tell(project)


def test_the_services_logs_are_lines_of_json_that_name_nobody(project: Project) -> None:
    for service in OURS:
        lines = project.compose("logs", "--no-color", "--no-log-prefix", service).splitlines()
        assert lines, service
        for line in lines:
            assert {"time", "level", "service", "logger", "message"} <= json.loads(line).keys(), line[:300]
        assert not [line for line in lines if "@" in line], service


def test_the_other_logs_say_what_matters_and_no_more(project: Project) -> None:
    """A start and a demo: what is told of them can be read on a page or two, and says that each has started.

    Requests and slow queries aside, of which there are as many as there are.
    """
    for service, words in {"kafka": "started", "edge": "server running", "courses-store": "Waiting for conn"}.items():
        lines = project.compose("logs", "--no-color", "--no-log-prefix", service).splitlines()
        told = [line for line in lines if '"handled request"' not in line and '"Slow query"' not in line]
        say(f"{service}: {len(told)} lines")
        assert [line for line in told if words in line], service
        assert len(told) <= 60, told[:60]
    asked = project.compose("logs", "--no-color", "--no-log-prefix", "edge")
    assert '"handled request"' in asked
    assert '"uri":"/health"' not in asked


def test_our_containers_are_nobody_on_a_file_system_that_cannot_be_written(project: Project) -> None:
    for service in OURS:
        (container,) = project.containers(service)
        known = project.inspected(container)
        assert known["HostConfig"]["ReadonlyRootfs"], service
        assert known["HostConfig"]["CapDrop"] == ["ALL"], service
        project.shell(container, "import os,sys; sys.exit(os.getuid() == 0)")
        refused = (
            "import sys\ntry: open('/code/x', 'w')\nexcept OSError as error: sys.exit(error.errno != 30)\nsys.exit(1)"
        )
        project.shell(container, refused)


def test_the_image_is_small_and_nobodys(project: Project) -> None:
    (image,) = json.loads(project.run("image", "inspect", "stem-services"))
    (base,) = json.loads(project.run("image", "inspect", "python:3.11-slim-bookworm"))
    say(f"our image: {image['Size'] / 1e6:.0f} MB, {base['Size'] / 1e6:.0f} of them its base")
    assert image["Size"] < IMAGE_BYTES
    assert image["Config"]["User"] == "stem"


def test_no_layer_of_ours_holds_a_secret(project: Project, tmp_path: Path) -> None:
    (image,) = json.loads(project.run("image", "inspect", "stem-services"))
    (base,) = json.loads(project.run("image", "inspect", "python:3.11-slim-bookworm"))
    history = project.run("history", "--no-trunc", "--format", "{{.CreatedBy}}", "stem-services")
    words = ("PASSWORD", "SECRET", "TOKEN_SIGNING", "only-for-trying-out", "PRIVATE KEY")
    assert not [word for word in words if word in history + json.dumps(image["Config"])]
    saved = tmp_path / "image.tar"
    project.run("save", "--output", str(saved), "stem-services")
    files = list(files_in(saved, frozenset(base["RootFS"]["Layers"])))
    assert any(file.path == "/code/services/courses/app.py" for file in files), "nothing was looked at"
    assert not [file.path for file in files if file.path.startswith("/keys/") or file.path.endswith((".env", ".pip"))]
    secrets_of_ours = (b"only-for-trying-out", b'"d":', b"PRIVATE KEY-----\n")
    in_our_code = [file for file in files if file.path.startswith("/code/")]
    assert not [file.path for file in in_our_code if any(secret in file.content for secret in secrets_of_ours)]
    assert not [file.path for file in files if file.path.endswith(("pip.conf", ".netrc", ".npmrc", ".pypirc"))]


@pytest.mark.parametrize("service", LASTING)
def test_nothing_is_lost_when_a_container_is_killed(
    project: Project, stage: Stage, partnership: PartnershipAnswer, repeats: list[str], service: str
) -> None:
    """Killed amid a rush of bookings; whoever got an answer keeps what it says, and nobody gets anything twice."""

    repeats.clear()
    began = time.monotonic()
    rush(stage, partnership, lambda: project.kill(service), lambda: project.start(service))
    say(f"{service}: all right after {time.monotonic() - began:.0f} s, {len(repeats)} requests repeated")
    if service in ("courses", "edge"):
        assert repeats, "nothing was on its way when it died: this run has shown nothing"


def test_a_service_says_no_more_than_a_line_a_minute_of_what_it_tries_again(project: Project) -> None:
    """The broker was away: its client says so each time that it fails to reach it."""
    for service in OURS:
        lines = project.compose("logs", "--no-color", "--no-log-prefix", service).splitlines()
        said = Counter(
            (line["logger"], line["time"][:16], line["message"])
            for line in map(json.loads, lines)
            if line["level"] == "error"
        )
        assert not [what for what, times in said.items() if times > 3], service


def test_memory_limits_hold_under_load(project: Project, stage: Stage, partnership: PartnershipAnswer) -> None:
    """The real register comes in where it is at hand, many search it, and a rush goes on."""
    if not REGISTER.exists():
        say(f"{REGISTER} is not here: the load goes without it")

    operator = stage.as_account(OPERATOR)

    def ask_until(end: float) -> int:
        asked = 0
        while time.monotonic() < end:
            operator.get("/api/schools", Answer, {"name": "church of england primary", "limit": 200})
            operator.get("/api/occurrences", Answer, {"limit": 200})
            asked += 2
        return asked

    with ThreadPoolExecutor(ASKING + 1) as asking:
        coming = [asking.submit(ask_until, time.monotonic() + LOADED_SECONDS) for _ in range(ASKING)]
        if REGISTER.exists():
            done = imported(operator, REGISTER.read_bytes(), on_error="import-good-rows", within=IMPORT_SECONDS)
            say(summary(done))
        rush(stage, partnership)
        say(f"{sum(one.result() for one in coming)} searches meanwhile")
    for service in LASTING:
        for container in project.containers(service):
            known = project.inspected(container)
            used = project.run("stats", "--no-stream", "--format", "{{.MemUsage}} {{.MemPerc}}", container).strip()
            say(f"{service}: {used}")
            assert known["HostConfig"]["Memory"] > 0, service
            assert not known["State"]["OOMKilled"], service
            assert known["RestartCount"] == 0, f"{service} has ended by itself"


def test_three_replicas_share_the_work(project: Project, stage: Stage, partnership: PartnershipAnswer) -> None:
    project.up("--scale", "courses=3", "--no-recreate")
    replicas = project.containers("courses")
    assert len(replicas) == 3
    rush(stage, partnership)

    def all_have_worked() -> bool:
        list(stage.as_account(OPERATOR).each("/api/courses", Answer))
        return all("request answered" in project.run("logs", replica) for replica in replicas)

    eventually(all_have_worked, WELL_SECONDS)


def test_one_of_three_replicas_dies_and_nothing_is_lost(
    project: Project, stage: Stage, partnership: PartnershipAnswer
) -> None:
    def one_dies() -> None:
        project.run("kill", "--signal", "KILL", project.containers("courses")[1])

    rush(stage, partnership, one_dies)
    project.up("--scale", "courses=1", "--no-recreate")


def test_volumes_keep_everything_over_down_and_up(
    project: Project, stage: Stage, partnership: PartnershipAnswer
) -> None:
    before = everything(project)
    assert before["/api/bookings"]
    account = account_of(stage, partnership.id)
    project.compose("down", "--timeout", "30")
    assert project.containers("courses") == []
    project.up()
    assert everything(project) == before
    assert account_of(stage, partnership.id) == account
    expect_ledger_adds_up(stage, partnership.id)
    rush(stage, partnership)


def test_without_its_volumes_nothing_is_kept(project: Project) -> None:
    """The control of the one before."""
    before = everything(project)
    project.compose("down", "--volumes", "--timeout", "30")
    project.up()
    after = everything(project)
    assert after != before
    assert after["/api/bookings"] == []
