"""Applications that are lent to one running service after the other.

Building one takes half a second of work and says the same each time; what differs between runs is its state, which
`assemble` sets anew. An application serves one running service at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from shared.definition import Service
from shared.running import build_app

_idle: dict[int, list[FastAPI]] = {}


def borrow(service: Service) -> FastAPI:
    """An application of the service that nobody uses; a new one if there is none."""
    idle = _idle.setdefault(id(service), [])
    return idle.pop() if idle else build_app(service)


def give_back(service: Service, app: FastAPI) -> None:
    """Nobody uses it any more."""
    app.dependency_overrides.clear()
    app.state.running = None
    _idle.setdefault(id(service), []).append(app)


@contextmanager
def borrowed(service: Service) -> Iterator[FastAPI]:
    """An application for the length of a block."""
    app = borrow(service)
    try:
        yield app
    finally:
        give_back(service, app)
