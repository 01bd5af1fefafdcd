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

    `is_well` says that its change was decided in the attempt under way, or was committed, or that its work ended well
    without a change.
    """

    __slots__ = ("_before", "_entered", "is_well")

    def __init__(self, before: Turn | None = None) -> None:
        self._before = before
        self._entered = asyncio.Event()
        self.is_well = False

    @property
    def may_go(self) -> bool:
        """Whether the change before this one has happened, as far as the transaction under way is concerned."""
        return self._before is None or self._before.is_well

    async def reach(self) -> None:
        """Wait until the one before is at the door, or will not come any more. Raises TurnTakenTwice."""
        if self._entered.is_set():
            raise TurnTakenTwice
        if self._before is not None:
            await self._before._entered.wait()

    def enter(self) -> None:
        """The change is at the door."""
        self._entered.set()

    def end(self, *, well: bool) -> None:
        """The work under this turn is over."""
        if not self._entered.is_set() or not well:
            self.is_well = well
        self._entered.set()
