"""Moments at which a service can be made to stand still: between two steps that have to survive being torn apart.

The lab asks for a moment; the first process of that service that comes to it stops itself there (SIGSTOP), and stays so
until it is killed or told to go on. Nothing is left to luck: whoever is killed then was just there.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any, Literal, get_args

import psutil

from tests.faults.protections import replaced

Moment = Literal[
    "decided, not written",
    "written, not committed",
    "committed, not answered",
    "about to send",
    "sent, not marked",
    "applied, position not written",
    "position written, offset not recorded",
]
MOMENTS: tuple[Moment, ...] = get_args(Moment)


class Moments:
    """The lab's side: a folder in which moments are asked for."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    @contextmanager
    def asked(self, service: str, moment: Moment) -> Iterator[None]:
        """One process of this service stops at this moment, if one comes to it while the block lasts."""
        wanted = self.folder / f"{service} {moment}"
        wanted.touch()
        try:
            yield
        finally:
            wanted.unlink(missing_ok=True)

    def is_at_one(self, pid: int) -> bool:
        """Whether this process stands still at a moment that was asked for."""
        if not (self.folder / str(pid)).exists():
            return False
        try:
            return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
        except psutil.NoSuchProcess:
            return False

    def forget(self, pid: int) -> None:
        """The process goes on, or is gone."""
        (self.folder / str(pid)).unlink(missing_ok=True)


def watch(folder: Path, service: str) -> None:
    """The service's side: from now on stop at moments that are asked for."""
    from aiokafka.conn import AIOKafkaConnection

    from shared.commit.door import Door
    from shared.messaging.consumer import Consumer
    from shared.messaging.following import Following
    from shared.messaging.relay import Relay
    from shared.mongo import MongoTransaction

    def at(moment: Moment) -> Callable[[], None]:
        wanted, here = str(folder / f"{service} {moment}"), str(folder / str(os.getpid()))
        return lambda: _stop_if(wanted, here)

    _around(MongoTransaction, "_write", before=at("decided, not written"), after=at("written, not committed"))
    _around(Door, "_attempt", after=at("committed, not answered"))
    _before_request(AIOKafkaConnection, "Produce", at("about to send"))
    _around(Relay, "_take_note", before=at("sent, not marked"))
    _around(Following, "_write", before=at("applied, position not written"))
    _around(Consumer, "_commit", before=at("position written, offset not recorded"))


def _stop_if(wanted: str, here: str) -> None:
    try:
        os.rename(wanted, here)
    except FileNotFoundError:
        return
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def _nothing() -> None:
    """What is done at the other end."""


def _around(
    owner: object, method: str, *, before: Callable[[], None] = _nothing, after: Callable[[], None] = _nothing
) -> None:
    """Look before a call or after it, whether it is awaited or not."""

    async def looking(*arguments: Any, **options: Any) -> Any:
        before()
        outcome = await original(*arguments, **options)
        after()
        return outcome

    def looking_at_once(*arguments: Any, **options: Any) -> Any:
        before()
        outcome = original(*arguments, **options)
        after()
        return outcome

    original = replaced(owner, method, looking if iscoroutinefunction(getattr(owner, method)) else looking_at_once)


def _before_request(connection: object, kind: str, look: Callable[[], None]) -> None:
    """At the last step before the bytes leave: no deadline of ours can call them back from there."""

    def send(self: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        if type(request).__name__.startswith(kind):
            look()
        return original(self, request, *arguments, **options)

    original = replaced(connection, "send", send)
