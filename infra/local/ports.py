"""Ports on this machine: which are free, and who holds one that is not."""

from __future__ import annotations

import socket
from contextlib import ExitStack

import psutil

from infra.local.obstacles import Obstacle

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, all different. The system gives them out in turn, so they stay free for a while."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Who listens on a port: "python3 (pid 4711)", or "another process" when the system does not say."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.NoSuchProcess:
                break
    return "another process"


def demand(ports: dict[str, int], setting: str) -> None:
    """Raise Obstacle when one of these ports (purpose → number) is taken. `setting` says how to choose others."""
    for purpose, port in ports.items():
        if not is_free(port):
            raise Obstacle(f"port {port}, wanted for {purpose}, is held by {holder(port)}", f"stop it, or {setting}")
