"""One booking's chain of causes, over all services, read from their logs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from infra.cli.trace import Link, chain, drawn
from infra.local.obstacles import Obstacle
from infra.story.answers import BookingAnswer
from infra.story.booking import Rush
from infra.story.cast import NAMES
from infra.story.stage import Stage, eventually, expect

SAGA: Final = ["place-held", "funds-reserved", "booking-confirmed"]


def show_chain(stage: Stage, rush: Rush) -> None:
    """Show what the request for the first confirmed booking led to."""
    booking = rush.confirmed[0]
    request_id = rush.request_ids[booking.booking_id]
    stage.teller.chapter(
        "The whole chain of one booking",
        f"Everything that the request of {NAMES[booking.school_urn]} led to, across the services. Only its "
        "correlation id ties it together; it is read from the logs.",
    )
    if stage.logs is None:
        stage.teller.done(f"the logs are not on this machine; ask where they are for {request_id}")
        return
    stage.teller.show(drawn(expect_saga(stage.logs, booking, request_id, stage.within)))
    stage.teller.done(f"see it again with: [bold].venv/bin/stem trace {request_id}[/]")


def expect_saga(logs: Path, booking: BookingAnswer, request_id: str, within: float) -> Link:
    """The chain of a booking that was funded and confirmed, once the logs tell all of it."""
    found = eventually(
        f"the chain of {request_id} in the logs",
        lambda: _found(logs, request_id),
        lambda seen: seen is not None and SAGA[-1] in _events(seen),
        within,
    )
    assert found is not None  # noqa: S101 - for the type checker: the lines above wait for it
    expect("the events of the chain, in order", SAGA, [event for event in _events(found) if event in SAGA])
    about = [link.about for link in found.all() if link.what == SAGA[0]]
    expect("what the first event is about", [f"occurrences/{booking.occurrence_id}"], about)
    return found


def _found(logs: Path, request_id: str) -> Link | None:
    try:
        return chain(logs, request_id)
    except Obstacle:
        return None


def _events(root: Link) -> list[str]:
    return [link.what for link in root.all()[1:]]
