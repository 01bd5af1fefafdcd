"""Kafka's jars: the locked ones, or none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.kafka import jars
from infra.local.obstacles import Obstacle

if TYPE_CHECKING:
    from collections.abc import Callable

GENUINE = b"what was locked"
COORDINATES = ("org.example", "thing", "1.0", "")


class Repository:
    """Stands for Maven: `resolve` puts whatever it is told to serve where the jar belongs."""

    def __init__(self, cache: Path, served: Callable[[], bytes]) -> None:
        self.cache = cache
        self.served = served
        self.asked = 0

    # The steps by which jgo names an artifact.
    def project(self, group: str, name: str) -> Repository:
        return self

    def at_version(self, version: str) -> Repository:
        return self

    def artifact(self, classifier: str) -> Repository:
        return self

    @property
    def component(self) -> Repository:
        return self

    path_prefix = Path("org/example/thing/1.0")
    filename = "thing-1.0.jar"

    def resolve(self) -> Path:
        self.asked += 1
        path = self.cache / self.path_prefix / self.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.served())
        return path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    genuine = tmp_path / "genuine"
    genuine.write_bytes(GENUINE)
    repository = Repository(tmp_path / "cache", lambda: GENUINE)
    monkeypatch.setattr(jars, "locked", lambda: (jars.Jar(*COORDINATES, jars.digest(genuine)),))
    monkeypatch.setattr(jars, "MavenContext", lambda **_: repository)
    return repository


def test_a_jar_is_downloaded_once(repository: Repository) -> None:
    (first,) = jars.fetch(repository.cache)
    assert jars.fetch(repository.cache) == [first]
    assert (first.read_bytes(), repository.asked) == (GENUINE, 1)


def test_a_jar_that_was_cut_short_is_downloaded_again(repository: Repository) -> None:
    (path,) = jars.fetch(repository.cache)
    path.write_bytes(GENUINE[:4])
    assert jars.fetch(repository.cache)[0].read_bytes() == GENUINE
    assert repository.asked == 2


def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(repository: Repository) -> None:
    repository.served = lambda: GENUINE + b"!"
    with pytest.raises(Obstacle, match=r"org\.example:thing:1\.0 is not the one that was locked"):
        jars.fetch(repository.cache)
    assert not list(repository.cache.rglob("*.jar"))


def test_a_jar_that_cannot_be_had_is_an_obstacle_without_an_address(repository: Repository) -> None:
    def unreachable() -> bytes:
        raise ConnectionError("https://registry.example refused")

    repository.served = unreachable
    with pytest.raises(Obstacle, match=r"could not be downloaded \(ConnectionError\)") as obstacle:
        jars.fetch(repository.cache)
    assert "https" not in str(obstacle.value)


def test_progress_tells_how_many_of_how_many(repository: Repository) -> None:
    told: list[tuple[int, int]] = []
    jars.fetch(repository.cache, lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]


def test_every_locked_jar_has_a_hash_and_the_lock_belongs_to_what_is_wanted() -> None:
    found = jars.locked()
    assert {len(jar.sha256) for jar in found} == {64}
    assert "org.apache.kafka:kafka_2.13:4.4.0" in {str(jar) for jar in found}


def test_a_lock_of_other_wishes_is_an_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "jgo.toml"
    other.write_text(jars.WANTED.read_text() + "# changed\n")
    monkeypatch.setattr(jars, "WANTED", other)
    with pytest.raises(Obstacle, match="does not belong to"):
        jars.locked()
