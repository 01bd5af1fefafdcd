"""Makes the virtual environment from requirements-dev.lock, every package checked against its hash.

Run by the Makefile with the system's Python 3.11 and nothing else (`python3 -I infra/local/bootstrap.py`): it uses the
standard library alone. When the lock has not changed since the last time it does nothing.
"""

import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = REPOSITORY / ".venv"
LOCK = REPOSITORY / "requirements-dev.lock"
MARK = ENVIRONMENT / "installed-from"
COMMAND = ENVIRONMENT / "bin" / "stem"
NEEDED_MEGABYTES = 1500
LAST_LINES = 15


def main() -> None:
    """Leave a complete .venv behind, or say what stands in the way and exit with 1."""
    if is_fresh():
        return
    demand_machine()
    (REPOSITORY / ".cache").mkdir(exist_ok=True)
    with (REPOSITORY / ".cache" / "installing").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not is_fresh():
            make_environment()
            install()
            write_command()
            MARK.write_text(digest())


def digest() -> str:
    """What the environment is made from."""
    return hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()


def is_fresh() -> bool:
    """Whether the environment was made from this very lock, with this very Python, and stands where it was made."""
    wrapper = COMMAND.read_text() if COMMAND.exists() else ""
    return MARK.exists() and MARK.read_text() == digest() and str(ENVIRONMENT) in wrapper


def demand_machine() -> None:
    """Stop where this machine lacks something that cannot be installed from here."""
    if sys.version_info[:2] != (3, 11):
        stop(f"this is Python {platform.python_version()}", "Python 3.11 is needed: apt-get install python3.11")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        stop(f"this is {platform.system()} on {platform.machine()}", "Linux on x86-64 is needed; or docker compose up")
    if importlib.util.find_spec("ensurepip") is None:
        stop("Python's venv module is not complete", "install it with: apt-get install python3-venv")
    free = shutil.disk_usage(REPOSITORY).free // 2**20
    if free < NEEDED_MEGABYTES:
        stop(f"{free} MiB of disk are free", f"{NEEDED_MEGABYTES} MiB are needed: make room")


def make_environment() -> None:
    """A virtual environment of this Python, unless there is one already, in this very place."""
    python = ENVIRONMENT / "bin" / "python"
    wrapper = COMMAND.read_text() if COMMAND.exists() else str(ENVIRONMENT)
    is_usable = python.exists() and str(ENVIRONMENT) in wrapper and run([str(python), "-m", "pip", "--version"])[0] == 0
    if not is_usable:
        say("making the virtual environment .venv")
        code, said = run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
        if code:
            stop(f"the virtual environment could not be made:\n{said}", "install it with: apt-get install python3-venv")


def install() -> None:
    """Every locked package, refused when its hash differs."""
    packages = sum(line[:1].isalpha() for line in LOCK.read_text().splitlines())
    say(f"installing {packages} packages into .venv (once, a minute or two)")
    options = ["--require-hashes", "--only-binary", ":all:", "--disable-pip-version-check", "--progress-bar", "off"]
    python = str(ENVIRONMENT / "bin" / "python")
    code, said = run([python, "-m", "pip", "install", *options, "-r", str(LOCK)], shown=packages)
    if code:
        stop(f"the packages could not be installed:\n{said}", "is the package index reachable from here? Try again")


def write_command() -> None:
    """The `stem` command: the command line of infra/cli with this environment."""
    COMMAND.write_text(
        f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}${{PYTHONPATH:+:$PYTHONPATH}}" exec "{ENVIRONMENT}/bin/python" '
        '-m infra.cli "$@"\n'
    )
    COMMAND.chmod(0o755)


def run(command: list[str], shown: int = 0) -> tuple[int, str]:
    """Run a command; its exit code and its last lines. With `shown`, count its packages on the terminal."""
    process = subprocess.Popen(  # noqa: S603 - the commands are ours
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines: list[str] = []
    collected = 0
    for line in process.stdout or ():
        lines.append(line.rstrip())
        collected += line.startswith("Collecting ")
        if shown and sys.stderr.isatty():
            sys.stderr.write(f"\r  {min(collected, shown)}/{shown} {line.strip()[:60]:60}")
            sys.stderr.flush()
    if shown and sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 80 + "\r")
    return process.wait(), "\n".join(lines[-LAST_LINES:])


def say(what: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(f"{what}\n")


def stop(what: str, remedy: str) -> None:
    """Say what is wrong and how to mend it, and end."""
    say(f"✗ {what}\n  → {remedy}")
    sys.exit(1)


if __name__ == "__main__":
    os.chdir(REPOSITORY)
    main()
