"""A service as a part: one replica, run by `python -m shared.service`, ready when it says so itself."""

from __future__ import annotations

import http.client
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.part import NotReady, Part
from infra.local.ports import HOST

PROBE_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica of a service. The first bears the service's name, the others a number: courses, courses-2."""

    service: str
    number: int
    port: int
    repository: Path

    @property
    def name(self) -> str:
        """The name of the process."""
        return self.service if self.number == 1 else f"{self.service}-{self.number}"

    def part(self, settings: Mapping[str, str]) -> Part:
        """The process to run, with its settings."""
        return Part(
            name=self.name,
            command=(sys.executable, "-m", "shared.service", self.service),
            directory=self.repository,
            port=self.port,
            probe=lambda: demand_answer(self.port, "/health/ready"),
            environment={
                "PYTHONUNBUFFERED": "1",
                "PYTHONPATH": str(self.repository),
                **settings,
                "HOST": HOST,
                "PORT": str(self.port),
            },
        )


def demand_answer(port: int, path: str) -> None:
    """Raise NotReady until `path` answers 200; the reason is what it answers instead."""
    connection = http.client.HTTPConnection(HOST, port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        raise NotReady(f"{path} does not answer ({error})") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise NotReady(f"{path} answers {answer.status} {body}")
