"""How the tests of all services walk a status table: every row, and every pair that is not a row."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

import pytest

from shared.transitions import Table, WrongState

State = TypeVar("State", bound=StrEnum)


def check(table: Table[State], state: State, verb: str, target: State | None) -> None:
    """The verb leads to the target; None: it is refused."""
    if target is None:
        with pytest.raises(WrongState):
            table.next(state, verb)
    else:
        assert table.next(state, verb) is target
