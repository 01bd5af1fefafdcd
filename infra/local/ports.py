"""Ports on this machine: which are free, and who holds one that is not."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator

import psutil

from infra.local.obstacles import Obstacle

HOST = "127.0.0.1"
GIVEN_OUT = range(20_000, 27_000)
"""Below the ports that the system gives to whoever connects. A client that keeps trying a port of those where nobody
listens, as all do while a part is down, may be given that very port, be connected to itself, and so hold it."""
AT_A_TIME = 20

_claims: list[socket.socket] = []
_giving = threading.Lock()


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, all different. No other process is given them while this one lives.

    That holds while nobody listens yet, or listens no more: whoever was killed may come back to its port.
    """
    with _giving:
        return [next(_free) for _ in range(count)]


def _free_ones() -> Iterator[int]:
    """Claim some after the other, in no order, and give them out one by one."""
    firsts = list(GIVEN_OUT[::AT_A_TIME])
    random.shuffle(firsts)
    for first in firsts:
        if _claim(first):
            yield from (port for port in range(first, first + AT_A_TIME) if is_free(port))
    raise Obstacle(f"all ports from {GIVEN_OUT[0]} to {GIVEN_OUT[-1]} are given out", "end some of what runs here")


_free = _free_ones()


def _claim(first: int) -> bool:
    """Claim these ports by a name that the system keeps for this process, and frees however the process ends."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0stem ports from {first}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


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
