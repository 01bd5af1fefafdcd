"""Passwords by Argon2id, off the event loop and never more at once than the machine can bear.

An unknown account costs the same as a wrong password: there is always a hash to compare with. Each hash takes about
19 MiB and 25 ms of one core; two are computed at a time, and who would have to wait behind too many others is told to
come back, so that a flood of sign-ins stalls nothing else.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from shared.refusals import Refusal

THREADS = 2
WAITING_ROOM = 64

T = TypeVar("T")


class TooManySignIns(Refusal):
    kind = "unavailable"
    slug = "too-many-sign-ins"
    title = "More people are signing in than can be checked at once. Try again in a second."


class Passwords:
    """Hashes and compares passwords. `memory_kib` and `rounds` are Argon2's costs."""

    def __init__(self, *, memory_kib: int = 19 * 1024, rounds: int = 2, waiting_room: int = WAITING_ROOM) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="passwords")
        self._waiting_room = waiting_room
        self._inside = 0
        self._nobodys_hash = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """A salted hash to keep. Raises TooManySignIns."""
        return await self._off_the_loop(lambda: self._hasher.hash(_normal(password)))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether it is the password of this hash; with None as slow, and False. Raises TooManySignIns."""
        same = await self._off_the_loop(lambda: self._is_same(kept or self._nobodys_hash, password))
        return same and kept is not None

    def _is_same(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _normal(password))
        except (VerificationError, InvalidHashError):
            return False

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        if self._inside >= self._waiting_room:
            raise TooManySignIns()
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._inside -= 1


@cache
def passwords() -> Passwords:
    """The one of this process."""
    return Passwords()


def _normal(password: str) -> bytes:
    """The same characters typed on another keyboard are the same password; lone surrogates are no text at all."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace")
