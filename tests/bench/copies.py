"""Many documents in a store, fast: copies of real ones, written by the store's driver under ids of their own.

What is copied was made by the services. A copied occurrence begins its streams anew (nobody was told of it), and its
counts are those of the bookings that were copied for it, so everything that reads or decides finds valid documents.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import islice
from typing import Any

from pymongo import WriteConcern
from pymongo.collection import Collection

from services.courses.domain.template import words_of
from shared.ids import new_id
from tests.bench.stand import Stand

Stored = dict[str, Any]
AT_ONCE = 2_000
SUBJECTS = ("Physics", "Chemistry", "Biology", "Computing", "Mathematics", "Engineering", "Design and technology")
THINGS = ("energy", "forces", "circuits", "cells", "materials", "data", "climate", "space", "algorithms", "proof")
MANNERS = (
    "in practice",
    "for new teachers",
    "at the bench",
    "through stories",
    "without a laboratory",
    "from 11 to 14",
)
REGIONS = ("North East", "North West", "London", "South East", "South West", "East Midlands", "East of England")


def copy_occurrences(stand: Stand, count: int) -> list[str]:
    """Open occurrences over the next two years, of many titles, subjects and regions."""
    courses = stand.store["courses"]
    original = courses["occurrences"].find_one({"_id": stand.occurrence(1_000)})
    assert original is not None
    chance = random.Random(1)
    ids = [new_id() for _ in range(count)]
    _write(courses["occurrences"], (_occurrence(original, one, chance) for one in ids))
    return ids


def _occurrence(original: Stored, occurrence_id: str, chance: random.Random) -> Stored:
    later = timedelta(days=chance.randrange(1, 700))
    subject, title = chance.choice(SUBJECTS), f"{chance.choice(THINGS)} {chance.choice(MANNERS)}"
    listing = {
        **original["listing"],
        "subjects": [subject],
        "region": chance.choice(REGIONS),
        "title": title.capitalize(),
        "words": list(words_of(title, subject)),
    }
    sessions = [
        {**one, "starts_at": one["starts_at"] + later, "ends_at": one["ends_at"] + later}
        for one in original["sessions"]
    ]
    return {
        **_later(original, later),
        "_id": occurrence_id,
        "listing": listing,
        "sessions": sessions,
        "due_at": original["starts_at"] + later,
        "starts_on": (date.fromisoformat(original["starts_on"]) + later).isoformat(),
        "sequence": 0,
        "last_event": None,
    }


def _later(what: Stored, later: timedelta) -> Stored:
    return {**what, "starts_at": what["starts_at"] + later, "ends_at": what["ends_at"] + later}


def copy_bookings(
    stand: Stand,
    booking_id: str,
    occurrences: Sequence[str],
    each: int,
    schools: Sequence[str],
    told: Callable[[int], None],
) -> None:
    """So many confirmed bookings for each of the occurrences, with the seats of their delegates."""
    courses = stand.store["courses"]
    taken = {"$set": {"confirmed": each, "unsettled": each}}
    courses["occurrences"].update_many({"_id": {"$in": list(occurrences)}}, taken)
    original = courses["bookings"].find_one({"_id": booking_id})
    assert original is not None
    chance = random.Random(2)
    for first in range(0, len(occurrences), 100):
        some = [
            _booking(original, occurrence, chance.choice(schools))
            for occurrence in occurrences[first : first + 100]
            for _ in range(each)
        ]
        _write(courses["bookings"], iter(some))
        _write(courses["seats"], map(_seat, some))
        told((first + 100) * each)


def _booking(original: Stored, occurrence_id: str, school: str) -> Stored:
    delegates = [{**original["delegates"][0], "delegate_id": new_id()}]
    return {**original, "_id": new_id(), "occurrence_id": occurrence_id, "school_urn": school, "delegates": delegates}


def _seat(booking: Stored) -> Stored:
    delegate = booking["delegates"][0]["delegate_id"]
    return {"_id": f"{booking['occurrence_id']}/{delegate}", "booking_id": booking["_id"]}


def _write(collection: Collection[Stored], documents: Iterator[Stored]) -> None:
    quick = collection.with_options(write_concern=WriteConcern(1, j=False))
    with ThreadPoolExecutor(2) as writers:
        pending = []
        while some := list(islice(documents, AT_ONCE)):
            pending.append(writers.submit(quick.insert_many, some, ordered=False))
        for written in pending:
            written.result()
