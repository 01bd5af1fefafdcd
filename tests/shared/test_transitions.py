"""A status machine says what comes next, or refuses and says what would have been allowed."""

from __future__ import annotations

from enum import StrEnum

import pytest

from shared.transitions import Table, Transition, WrongState


class Door(StrEnum):
    OPEN = "open"
    SHUT = "shut"
    BRICKED_UP = "bricked-up"


ROWS = (
    Transition(Door.OPEN, "close", "anyone", Door.SHUT),
    Transition(Door.SHUT, "open", "anyone", Door.OPEN),
    Transition(Door.SHUT, "brick-up", "mason", Door.BRICKED_UP),
)
DOOR = Table(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.source}-{row.verb}")
def test_a_row_leads_where_it_says(row: Transition[Door]) -> None:
    assert DOOR.next(row.source, row.verb) is row.target
    assert DOOR.allows(row.source, row.verb)


@pytest.mark.parametrize(
    ("state", "verb"),
    [(Door.OPEN, "open"), (Door.OPEN, "brick-up"), (Door.SHUT, "close"), (Door.BRICKED_UP, "open"), (Door.OPEN, "")],
)
def test_what_is_in_no_row_is_refused(state: Door, verb: str) -> None:
    assert not DOOR.allows(state, verb)
    with pytest.raises(WrongState) as refused:
        DOOR.next(state, verb)

    assert (refused.value.kind, refused.value.slug) == ("conflict", "wrong-state")
    assert refused.value.facts == {"state": state.value, "verb": verb, "allowed": list(DOOR.verbs(state))}


def test_a_refusal_says_what_would_be_allowed() -> None:
    with pytest.raises(WrongState, match="'shut' does not allow close: it allows open, brick-up"):
        DOOR.next(Door.SHUT, "close")


def test_a_final_status_says_so() -> None:
    assert DOOR.verbs(Door.BRICKED_UP) == ()
    with pytest.raises(WrongState, match="it is final"):
        DOOR.next(Door.BRICKED_UP, "open")


def test_two_rows_that_disagree_are_no_table() -> None:
    with pytest.raises(ValueError, match="'close' leads from open to both shut and bricked-up"):
        Table((*ROWS, Transition(Door.OPEN, "close", "mason", Door.BRICKED_UP)))


def test_a_verb_may_be_open_to_several() -> None:
    table = Table((*ROWS, Transition(Door.OPEN, "close", "draught", Door.SHUT)))

    assert table.next(Door.OPEN, "close") is Door.SHUT
    assert table.verbs(Door.OPEN) == ("close",)


def test_an_empty_table_is_no_table() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Table[Door](())
