"""`python -m tests.bench`: measure on real parts of one's own, show the figures and keep them."""

from __future__ import annotations

import argparse
import logging
import secrets
import tempfile
from pathlib import Path

import structlog
import uvloop
from rich.console import Console

from infra.local.children import Child
from infra.local.mongod import Mongod
from infra.local.ports import free_ports
from tests.bench import door
from tests.bench.figures import report


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    console = Console()
    with tempfile.TemporaryDirectory() as directory:
        mongod = Mongod(Path(directory) / "mongod", free_ports(1)[0], {"root": secrets.token_urlsafe()})
        child = Child(mongod.part(), Path(directory) / "logs")
        try:
            child.start()
            child.await_ready()
            console.print("[bold]The commit door, without HTTP")
            figures = uvloop.run(door.figures(mongod.uri(), console))
        finally:
            child.kill()
    report(console, figures)


if __name__ == "__main__":
    main()
