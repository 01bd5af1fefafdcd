"""What a stack consists of: which parts, where they keep their data, on which ports, with which settings.

A Plan is data, the same for tests (`Stack`) and for `make run`. Parts come in the order in which they are started.
`MONGODB_URI` and `KAFKA_BOOTSTRAP` in the environment stand for parts that are already there.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from infra.local.edge import edge_part
from infra.local.kafka import Kafka, create_topics, demand_broker
from infra.local.keys import generate, generate_private
from infra.local.mongod import Mongod, demand_store
from infra.local.obstacles import Obstacle
from infra.local.part import Part
from infra.local.ports import HOST, free_ports
from infra.local.service import Replica

REPOSITORY = Path(__file__).parent.parent.parent
CADDYFILE = REPOSITORY / "infra" / "caddy" / "Caddyfile"
KAFKA_CACHE = REPOSITORY / ".cache" / "kafka"
FIRST_PORTS = ("gateway", "partnerships", "courses", "placements", "ambassadors")
"""Services that have had a port from the beginning keep it; others follow in alphabetical order."""


def services_in(repository: Path = REPOSITORY) -> tuple[str, ...]:
    """Every service: a folder of services/ with an app.py. In the order of their ports."""
    found = {app.parent.name for app in (repository / "services").glob("*/app.py")}
    known = [name for name in FIRST_PORTS if name in found]
    return (*known, *sorted(found - set(known)))


@dataclass(frozen=True, slots=True)
class Ports:
    """Who listens where. `services` holds one port a replica."""

    edge: int
    mongod: int
    kafka: int
    controller: int
    services: Mapping[str, tuple[int, ...]]

    @staticmethod
    def fixed(services: tuple[str, ...], replicas: Mapping[str, int], edge: int = 8080, base: int = 8100) -> Ports:
        """The usual ports: services from `base` on in their order, further replicas from `base` + 50, stores beside."""
        order = (*FIRST_PORTS, *(name for name in services if name not in FIRST_PORTS))
        spare = iter(range(base + 50, base + 100))
        taken = {
            name: (base + order.index(name), *(next(spare) for _ in range(replicas.get(name, 1) - 1)))
            for name in services
        }
        shift = base - 8100
        return Ports(edge, 27117 + shift, 9192 + shift, 9193 + shift, taken)

    @staticmethod
    def free(services: tuple[str, ...], replicas: Mapping[str, int]) -> Ports:
        """Ports that are free now."""
        edge, mongod, kafka, controller, *rest = free_ports(4 + sum(replicas.get(name, 1) for name in services))
        numbers = iter(rest)
        taken = {name: tuple(next(numbers) for _ in range(replicas.get(name, 1))) for name in services}
        return Ports(edge, mongod, kafka, controller, taken)


@dataclass(frozen=True)
class Plan:
    """One stack. `directory` holds everything it writes; `environment` is added to every service's settings, and
    `environments` to those of one service."""

    directory: Path
    ports: Ports
    repository: Path = REPOSITORY
    mongodb_uri: str | None = None
    external_kafka: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    environments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    mongod_parameters: tuple[tuple[str, str], ...] = ()

    @cached_property
    def logs(self) -> Path:
        """Where every process writes `<name>.jsonl` (what it says) and `<name>.err` (what escapes it)."""
        return self.directory / "logs"

    @cached_property
    def mongod(self) -> Mongod:
        """The store, with a user for root and one for each service."""
        return Mongod(
            self.directory / "mongod", self.ports.mongod, self._passwords(), parameters=self.mongod_parameters
        )

    @cached_property
    def kafka(self) -> Kafka:
        """The broker."""
        return Kafka(self.directory / "kafka", self.ports.kafka, self.ports.controller, KAFKA_CACHE)

    @property
    def kafka_bootstrap(self) -> str:
        """Where Kafka's clients begin."""
        return self.external_kafka or self.kafka.bootstrap

    @property
    def edge_url(self) -> str:
        """Where people and programs come in."""
        return f"http://{HOST}:{self.ports.edge}"

    def store_uri(self, service: str) -> str:
        """The address of a service's store, for its own user; for `root`, of all."""
        return self.mongodb_uri or self.mongod.uri(service)

    @cached_property
    def foundations(self) -> tuple[Part, ...]:
        """The store and the broker, as far as they are not there already."""
        own: list[Part] = []
        if self.mongodb_uri is None:
            own.append(self.mongod.part())
        if self.external_kafka is None:
            own.append(self.kafka.part())
        return tuple(own)

    def demand_given(self) -> None:
        """Raise Obstacle when a part that is said to be there already does not answer."""
        if self.mongodb_uri is not None:
            demand_store(self.mongodb_uri)
        if self.external_kafka is not None:
            demand_broker(self.external_kafka)

    def prepare(self) -> None:
        """What must be there before the services start, once the foundations run: topics and keys."""
        create_topics(self.kafka_bootstrap, [f"{name}.events" for name in self.ports.services])
        generate(self.private_key, self._public_keys)
        generate_private(self.credential_key)

    def services(self) -> tuple[Part, ...]:
        """Every replica of every service."""
        return tuple(
            Replica(name, number, port, self.repository).part(self._settings(name))
            for name, ports in self.ports.services.items()
            for number, port in enumerate(ports, start=1)
        )

    def edge(self) -> Part:
        """The one way in."""
        return edge_part(self.directory / "caddy", self.ports.edge, self.ports.services, CADDYFILE)

    def parts(self) -> tuple[Part, ...]:
        """All parts in the order of their start."""
        return (*self.foundations, *self.services(), self.edge())

    def _settings(self, service: str) -> dict[str, str]:
        settings = {
            "MONGODB_URI": self.store_uri(service),
            "MONGODB_DATABASE": service,
            "KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "TOKEN_JWKS_FILE": str(self._public_keys),
            "TOKEN_ISSUER": "stem-gateway",
            "TOKEN_AUDIENCE": "stem",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO").upper(),
        }
        if service == "gateway":
            settings |= {"TOKEN_SIGNING_KEY_FILE": str(self.private_key), "DEMO_ACCOUNTS": "1"}
        if service == "courses":
            settings |= {
                "CREDENTIAL_KEY_FILE": str(self.credential_key),
                "PUBLIC_URL": self.edge_url,
            }
        return {**settings, **self.environment, **self.environments.get(service, {})}

    @property
    def private_key(self) -> Path:
        """The key that tokens are signed with (a JWK), once it was made."""
        return self.directory / "keys" / "signing.json"

    @property
    def credential_key(self) -> Path:
        """The key that credentials are signed with (a JWK), once it was made."""
        return self.directory / "keys" / "credentials.json"

    @property
    def _public_keys(self) -> Path:
        return self.directory / "keys" / "public.json"

    def _passwords(self) -> dict[str, str]:
        """Passwords of the store's users, made once and kept, readable by nobody else."""
        file = self.directory / "passwords.json"
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        missing = {"root", *self.ports.services} - kept.keys()
        if missing:
            kept |= {name: secrets.token_urlsafe(24) for name in missing}
            self.directory.mkdir(parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(json.dumps(kept))
        return kept


def replicas_wanted(environment: Mapping[str, str]) -> dict[str, int]:
    """How many replicas of which service: `REPLICAS_courses=3`. Raises Obstacle for what is no number from 1 to 9."""
    wanted = {}
    for name, value in environment.items():
        if name.startswith("REPLICAS_"):
            if not (value.isdecimal() and 1 <= int(value) <= 9):
                raise Obstacle(f"{name}={value} is no number of replicas", "give a number from 1 to 9")
            wanted[name.removeprefix("REPLICAS_").lower()] = int(value)
    return wanted
