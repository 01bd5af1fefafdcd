"""The stack that `make run` runs: where it keeps its state, which ports it was started with.

Other commands find it here: `edge_url()` is the address to call, wherever it came from. STEM_STATE puts the state
in another folder: so a second stack can run beside the first.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path

from infra.local.obstacles import Obstacle
from infra.local.plan import REPOSITORY, Plan, Ports, replicas_wanted, services_in
from infra.local.supervision import Supervisor

DIRECTORY = Path(os.environ.get("STEM_STATE") or REPOSITORY / ".state" / "run")
PORTS_FILE = DIRECTORY / "ports.json"
HIGHEST_PORT = 65535


def supervisor() -> Supervisor:
    """The supervisor of this checkout's stack, whether it runs or not."""
    return Supervisor(DIRECTORY)


def planned() -> Plan:
    """The plan that EDGE_PORT, PORT_BASE, REPLICAS_<service>, MONGODB_URI and KAFKA_BOOTSTRAP ask for."""
    services = services_in()
    if not services:
        raise Obstacle("there is no service to run: no services/*/app.py", "is this a complete checkout?")
    ports = Ports.fixed(
        services, replicas_wanted(os.environ), edge=_port("EDGE_PORT", 8080), base=_port("PORT_BASE", 8100)
    )
    return _plan(ports)


def remembered() -> Plan:
    """The plan that the running stack was started with. Raises Obstacle when none was."""
    if not PORTS_FILE.exists():
        raise Obstacle("there is no stack", "start it with: make run")
    kept = json.loads(PORTS_FILE.read_text())
    kept["services"] = {name: tuple(ports) for name, ports in kept["services"].items()}
    return _plan(Ports(**kept))


def remember(plan: Plan) -> None:
    """Keep the ports for the commands that come after."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    PORTS_FILE.write_text(json.dumps(asdict(plan.ports)))


def edge_url() -> str:
    """Where to call the stack: EDGE_URL, or the stack that runs here. Raises Obstacle when there is none."""
    if given := os.environ.get("EDGE_URL"):
        return given.rstrip("/")
    if not supervisor().is_running:
        raise Obstacle("the stack does not run", "start it with: make run (or give EDGE_URL of another)")
    return remembered().edge_url


def forget() -> None:
    """Remove everything the stack has written: data, logs, keys, passwords. Raises Obstacle while it runs."""
    if supervisor().is_running:
        raise Obstacle("the stack is running", "stop it first with: make stop")
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def _plan(ports: Ports) -> Plan:
    return Plan(
        DIRECTORY,
        ports,
        mongodb_uri=os.environ.get("MONGODB_URI") or None,
        external_kafka=os.environ.get("KAFKA_BOOTSTRAP") or None,
    )


def _port(name: str, usual: int) -> int:
    value = os.environ.get(name) or str(usual)
    if not (value.isdecimal() and 1 <= int(value) <= HIGHEST_PORT):
        raise Obstacle(f"{name}={value} is no port", f"give a number from 1 to {HIGHEST_PORT}")
    return int(value)
