"""Waiting for the driver with a deadline, and what its errors mean for us."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError

from shared.database import Contention, DuplicateKey, StoreUnavailable

T = TypeVar("T")

ANSWER_SECONDS = 10.0

_DUPLICATE = 11000
_CONTENTION = {112, 24, 251}  # WriteConflict, LockTimeout, NoSuchTransaction
# What a store says while it goes, comes back or is busy with itself: a host out of reach, a time limit, shutting down,
# not primary, nothing known to a majority yet, no key or snapshot yet.
_NO_ANSWER = {6, 7, 50, 89, 91, 134, 189, 211, 246, 262, 9001, 10107, 11600, 11602, 13435, 13436}


def translated(error: PyMongoError) -> Exception:
    """What a driver error means for us; errors that are nobody's passing trouble come back as they are."""
    if isinstance(error, DuplicateKeyError):
        return DuplicateKey(_taken(error.details))
    if isinstance(error, BulkWriteError):
        for entry in (error.details or {}).get("writeErrors", ()):
            if entry.get("code") == _DUPLICATE:
                return DuplicateKey(_taken(entry))
    if isinstance(error, ConnectionFailure) or error.timeout:
        return StoreUnavailable(str(error))
    code = error.code if isinstance(error, OperationFailure) else None
    if code in _NO_ANSWER:
        return StoreUnavailable(str(error))
    if code in _CONTENTION or error.has_error_label("TransientTransactionError"):
        return Contention(str(error))
    return error


def _taken(details: Mapping[str, Any] | None) -> str:
    """Which key is taken, without its value: that may be personal and would end in a log."""
    return f"the key {', '.join((details or {}).get('keyPattern', ()))} is taken"


async def answered(call: Awaitable[T], seconds: float = ANSWER_SECONDS) -> T:
    """Wait for the driver, with a deadline, and translate its errors."""
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise StoreUnavailable(f"no answer in {seconds:.0f} s") from None
    except PyMongoError as error:
        raise translated(error) from error
