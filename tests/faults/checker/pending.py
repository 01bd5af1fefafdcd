"""What is still under way, found by asking for just that: cheap enough to be asked again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.faults.checker.snapshot import FOLLOWS, client_of
from tests.faults.checker.topics import PUBLISHERS

Client = Any
UNDECIDED = ("held", "pending-approval", "pending-cover", "pending-funding", "offered")
MOST_TOLD = 20


def pending(uri: str) -> Iterator[tuple[str, str]]:
    """What it is about, and what is left to do, in words. Nothing: the services are at rest."""
    with client_of(uri) as client:
        for publisher in PUBLISHERS:
            for row in client[publisher]["outbox"].find({"state": "waiting"}, limit=MOST_TOLD):
                yield f"{publisher}/{row['subject']}/{row['sequence']}", "not published"
        for service, stream, behind in followers_behind(client):
            yield f"{stream} at {service}", f"{behind} events behind"
        for booking in client["courses"]["bookings"].find({"status": {"$in": UNDECIDED}}, limit=MOST_TOLD):
            yield f"occurrences/{booking['occurrence_id']}/bookings/{booking['_id']}", booking["status"]
        for placement in client["placements"]["placements"].find({"status": "matched"}, limit=MOST_TOLD):
            yield f"placements/{placement['_id']}", "matched"


def followers_behind(client: Client) -> Iterator[tuple[str, str, int]]:
    """The follower, the stream, and how many of its events are still to come."""
    latest = [{"$sort": {"subject": 1, "sequence": 1}}, {"$group": {"_id": "$subject", "end": {"$last": "$sequence"}}}]
    for service, publishers in FOLLOWS.items():
        positions = {row["_id"]: row["sequence"] for row in client[service]["positions"].find()}
        for publisher in publishers:
            for row in client[publisher]["outbox"].aggregate(latest):
                stream = f"{publisher}/{row['_id']}"
                if (had := positions.get(stream, 0)) < row["end"]:
                    yield service, stream, row["end"] - had
