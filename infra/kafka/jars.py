"""Kafka's jars: fetched from Maven by jgo, and refused unless they are byte for byte the ones of the lock file.

`jgo.toml` says what is wanted, `jgo.lock.toml` (committed) names every jar with its SHA-256. Fetching never resolves
anything: it asks for exactly the locked jars, so a changed or added dependency upstream cannot slip in. jgo's own sync
rewrites a lock whose hashes differ; `fetch` compares and refuses instead.
"""

from __future__ import annotations

import fcntl
import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jgo.env import EnvironmentSpec
from jgo.env._lockfile import LockedDependency, LockFile, compute_spec_hash
from jgo.maven import MavenContext

from infra.local.obstacles import Obstacle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jgo.maven import Dependency

WANTED = Path(__file__).with_name("jgo.toml")
LOCK = Path(__file__).with_name("jgo.lock.toml")
DOWNLOADS_AT_ONCE = 8
DOWNLOAD_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Jar:
    """One locked jar: its Maven coordinates and the SHA-256 of its bytes."""

    group: str
    name: str
    version: str
    classifier: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.group}:{self.name}:{self.version}"


def locked() -> tuple[Jar, ...]:
    """The jars of the lock file. Raises Obstacle when one has no hash or the lock does not belong to jgo.toml."""
    lock = LockFile.load(LOCK)
    if lock.spec_hash != compute_spec_hash(WANTED):
        raise Obstacle(
            "infra/kafka/jgo.lock.toml does not belong to infra/kafka/jgo.toml",
            "run: .venv/bin/stem kafka lock",
        )
    return tuple(_jar(dependency) for dependency in lock.dependencies)


def _jar(locked: LockedDependency) -> Jar:
    if not locked.sha256:
        raise Obstacle(
            f"{locked.artifactId} has no hash in infra/kafka/jgo.lock.toml", "run: .venv/bin/stem kafka lock"
        )
    return Jar(locked.groupId, locked.artifactId, locked.version, locked.classifier or "", locked.sha256)


def fetch(cache: Path, progress: Callable[[int, int], None] = lambda done, total: None) -> list[Path]:
    """The paths of all locked jars under `cache`, downloaded where missing, each checked against its hash.

    `progress` is told (jars ready, jars in all). Safe to call from several processes at once. Raises Obstacle when a
    jar cannot be had or is not the one that was locked.
    """
    jars = locked()
    context = MavenContext(repo_cache=cache, timeout=DOWNLOAD_SECONDS)
    done: list[Path] = []
    with _alone(cache), ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        for path in pool.map(lambda jar: _checked(context, cache, jar), jars):
            done.append(path)
            progress(len(done), len(jars))
    return done


def _checked(context: MavenContext, cache: Path, jar: Jar) -> Path:
    artifact = context.project(jar.group, jar.name).at_version(jar.version).artifact(jar.classifier)
    path = cache / artifact.component.path_prefix / artifact.filename
    if path.exists() and digest(path) == jar.sha256:
        return path
    path.unlink(missing_ok=True)  # a download that was cut short, or worse: fetch it once more before judging
    try:
        path = artifact.resolve()
    except (OSError, RuntimeError) as error:
        raise Obstacle(
            f"Kafka's jar {jar} could not be downloaded ({type(error).__name__})",
            "this needs Maven Central once; the jars are kept in .cache afterwards. Try again once it is there",
        ) from error
    if digest(path) != jar.sha256:
        path.unlink()
        raise Obstacle(
            f"Kafka's jar {jar} is not the one that was locked: its SHA-256 differs",
            "do not use it. Something between here and Maven Central changes what is downloaded",
        )
    return path


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Only one process fetches at a time; the lock goes with the process that holds it."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".fetching").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def lock(cache: Path) -> tuple[Jar, ...]:
    """Resolve jgo.toml anew and write the lock file with the hashes of what was downloaded just now."""
    context = MavenContext(repo_cache=cache, timeout=DOWNLOAD_SECONDS)
    chosen: dict[tuple[str, str, str], Dependency] = {}
    for coordinate in EnvironmentSpec.load(WANTED).coordinates:
        # One at a time, the broker first: its choice of a version wins over that of its logging.
        inputs, others = context.resolver.resolve([context.create_dependency(coordinate)])
        for found in (*inputs, *others):
            chosen.setdefault((found.groupId, found.artifactId, found.artifact.classifier), found)
    resolved = LockFile.from_resolved_dependencies(
        [chosen[key] for key in sorted(chosen)], environment_name="kafka", spec_hash=compute_spec_hash(WANTED)
    )
    resolved.save(LOCK)
    return locked()
