"""What this machine must have before anything is started, and how to get what is missing."""

from __future__ import annotations

import platform
import shutil
import subprocess
from typing import TYPE_CHECKING

from infra.local.mongod import executable
from infra.local.obstacles import Obstacle
from infra.local.ports import demand

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.plan import Plan

NEEDED_MEGABYTES = 1500
PACKAGES = {"libcurl.so.4": "libcurl4", "libcrypto.so.3": "libssl3", "libssl.so.3": "libssl3"}


def demand_machine(directory: Path) -> None:
    """Raise Obstacle for another kind of machine, missing system libraries or a full disk."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Obstacle(
            f"this is {platform.system()} on {platform.machine()}; the packaged MongoDB runs on Linux x86-64 only",
            "use docker compose up, or give MONGODB_URI of a MongoDB that runs elsewhere",
        )
    if shutil.which("setpriv") is None:
        raise Obstacle("the command setpriv is missing", "install it with: apt-get install util-linux")
    directory.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(directory).free // 2**20
    if free < NEEDED_MEGABYTES:
        raise Obstacle(
            f"{directory} has {free} MiB of free disk, {NEEDED_MEGABYTES} are needed", "make room, or run `make clean`"
        )


def demand_libraries() -> None:
    """Raise Obstacle when the packaged MongoDB misses a library of the system."""
    found = subprocess.run(["ldd", str(executable())], capture_output=True, text=True, check=False)  # noqa: S603, S607
    missing = [line.split()[0] for line in found.stdout.splitlines() if "not found" in line]
    if missing:
        packages = " ".join(sorted({PACKAGES.get(name, name) for name in missing}))
        raise Obstacle(f"MongoDB needs {', '.join(missing)}", f"install it with: apt-get install {packages}")


def demand_ports(plan: Plan) -> None:
    """Raise Obstacle when a port of the plan is taken, saying by whom."""
    wanted = {part.name: part.port for part in plan.parts()}
    if "kafka" in wanted:
        wanted["kafka's controller"] = plan.ports.controller
    demand(wanted, "choose others with EDGE_PORT=… (the edge) or PORT_BASE=… (all the rest), e.g. PORT_BASE=18100")
