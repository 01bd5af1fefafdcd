"""Whether the lock files belong to pyproject.toml, told without asking a package index; and how to make them anew.

A lock is complete when everything that pyproject.toml asks for, and everything those packages ask for in turn, is in it
at a version that suits, and nothing else is. Each entry names one version and its hashes; no index's address is in it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parent.parent
EXTRAS: Mapping[str, tuple[str, ...]] = {"requirements.lock": (), "requirements-dev.lock": ("local", "dev")}
"""Each lock, and the optional dependencies of pyproject.toml that it holds."""

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^ ;\\]+)")
ADDRESS = re.compile(r"https?://|--(extra-)?index-url|--find-links| @ ")


@dataclass(frozen=True, slots=True)
class Locked:
    """One entry of a lock file."""

    name: str
    version: str
    hashes: int


def entries(text: str) -> dict[str, Locked]:
    """The entries of a lock file, by normalised name."""
    found = {}
    for block in re.split(r"(?m)^(?=[A-Za-z])", text):
        if match := PIN.match(block):
            name = str(canonicalize_name(match["name"]))
            found[name] = Locked(name, match["version"], block.count("--hash=sha256:"))
    return found


def wanted(lock: str) -> list[Requirement]:
    """What pyproject.toml asks to be in this lock."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"]]
    for extra in EXTRAS[lock]:
        lines += project["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def faults(lock: str) -> list[str]:
    """What is wrong with a lock file of this repository, one sentence each; empty when it is fresh and complete."""
    return list(shortcomings((REPOSITORY / lock).read_text(), wanted(lock)))


def shortcomings(text: str, asked: Iterable[Requirement]) -> Iterator[str]:
    """What is wrong with a lock of this text for a project that asks for these packages."""
    locked = entries(text)
    yield from (f"line {number} names an address" for number, line in _lines(text) if ADDRESS.search(line))
    yield from (f"{entry.name} has no hash" for entry in locked.values() if not entry.hashes)
    reached: set[str] = set()
    waiting = [(requirement, "pyproject.toml") for requirement in asked]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement, asker = waiting.pop()
        name = str(canonicalize_name(requirement.name))
        entry = locked.get(name)
        if entry is None:
            yield f"{name}, which {asker} asks for, is missing"
        elif not requirement.specifier.contains(entry.version, prereleases=True):
            yield f"{name} is locked at {entry.version}, but {asker} asks for {requirement.specifier}"
        else:
            reached.add(name)
            key = (name, frozenset(requirement.extras))
            if key not in seen:
                seen.add(key)
                waiting += [(inner, name) for inner in _asked_by(name, requirement.extras)]
    yield from (f"{name} is locked, but nothing asks for it" for name in locked.keys() - reached)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.splitlines(), start=1)


def _asked_by(name: str, extras: Iterable[str]) -> list[Requirement]:
    """What an installed package asks for on this machine."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return []
    found = [Requirement(line) for line in lines]
    chosen = ("", *extras)
    return [one for one in found if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in chosen)]


def compile_all() -> None:
    """Resolve pyproject.toml anew into every lock. Needs the package index. Raises CalledProcessError."""
    uv = Path(sys.executable).with_name("uv")
    for lock, extras in EXTRAS.items():
        options = [word for extra in extras for word in ("--extra", extra)]
        quiet = ("--quiet", "--no-annotate", "--no-header", "--no-emit-index-url")
        command = (str(uv), "pip", "compile", *quiet, "--python-version", "3.11", "--generate-hashes", *options)
        subprocess.run((*command, "pyproject.toml", "-o", lock), cwd=REPOSITORY, check=True)  # noqa: S603
