"""Changes that take effect in order although none waits until the one before it is committed.

    first = Turn()
    second = Turn(first)

Whoever works under the second turn may get ready at once, enters the door after whoever works under the first, and is
decided on only if the first was decided well: in the same transaction, or committed before. If the first is refused or
fails, whatever the reason, the second is answered OutOfTurn and has changed nothing; so do all that follow.
"""

from __future__ import annotations

import asyncio


class OutOfTurn(Exception):
    """The change before this one has not happened, so this one has not either."""


class TurnTakenTwice(Exception):
    """A second change was to be made under a turn: what follows it may have been decided already."""


class Turn:
    """A place in a line of changes. One change is made under it, and it is the last thing that its work does.

    Work that ends well without a change leaves its place: what follows it stands behind whatever was before it.
    """

    __slots__ = ("_before", "_ended_well", "_has_changed", "_known")

    def __init__(self, before: Turn | None = None) -> None:
        self._before = before
        self._known = asyncio.Event()
        self._has_changed = False
        self._ended_well = False

    @property
    def is_well(self) -> bool:
        """Whether its change was decided in the attempt under way or was committed, or the one in whose place it is."""
        return self._ended_well and (self._has_changed or self.may_go)

    @property
    def may_go(self) -> bool:
        """Whether the change before this one has happened, as far as the transaction under way is concerned."""
        return self._before is None or self._before.is_well

    async def reach(self) -> None:
        """Wait until the change before is at the door, or will not come any more. Raises TurnTakenTwice."""
        if self._known.is_set():
            raise TurnTakenTwice
        before = self._before
        while before is not None:
            await before._known.wait()
            before = None if before._has_changed else before._before

    def enter(self) -> None:
        """The change is at the door."""
        self._has_changed = True
        self._known.set()

    def decided(self, *, well: bool) -> None:
        """What became of the change in the attempt under way."""
        self._ended_well = well

    def end(self, *, well: bool) -> None:
        """The work under this turn is over."""
        if not self._has_changed or not well:
            self._ended_well = well
        self._known.set()
