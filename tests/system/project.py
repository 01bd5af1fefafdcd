"""A Compose project in a clone, spoken to through the docker command."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.stack import eventually

UP_SECONDS: Final = 1500
STEP_SECONDS: Final = 600
WELL_SECONDS: Final = 300


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

    def shell(self, container: str, script: str) -> str:
        """What a Python script says in one of our containers."""
        return self.run("exec", container, "python", "-c", script)

    def kill(self, service: str) -> None:
        """End a service's containers as a power cut would."""
        self.run("kill", "--signal", "KILL", *self.containers(service))

    def start(self, service: str) -> None:
        """Start them again and wait until they say that they are well."""
        self.run("start", *self.containers(service))
        eventually(lambda: self.is_well(service), WELL_SECONDS)

    def is_well(self, service: str) -> bool:
        """Whether every container of a service runs and says that it is well."""
        states = [self.inspected(container)["State"] for container in self.containers(service)]
        return bool(states) and all(state.get("Health", {}).get("Status") == "healthy" for state in states)
