"""Identifiers: UUIDv7 as 36-character strings, which sort by the time they were made."""

import uuid_utils


def new_id() -> str:
    """A fresh identifier, greater than every earlier one of this process."""
    return str(uuid_utils.uuid7())


def new_id_after(last: str | None) -> str:
    """A fresh identifier that sorts after `last`, even when `last` came from a machine whose clock is ahead.

    The relay reads the outbox in identifier order: this keeps that order equal to the order of an aggregate's events
    when several replicas write it.
    """
    fresh = new_id()
    if last is None or fresh > last:
        return fresh
    milliseconds = int(last[:8] + last[9:13], 16) + 1
    prefix = f"{milliseconds:012x}"
    return f"{prefix[:8]}-{prefix[8:]}{fresh[13:]}"
