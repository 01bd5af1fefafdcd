"""One part of the stack as data: the command that runs it, and how to see that it is ready.

Who runs the command is another matter: `children` for tests, `supervision` for `make run`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

BETWEEN_PROBES = 0.1


class NotReady(Exception):
    """Why a part cannot be used yet."""


def nothing() -> None:
    """No step needed."""


@dataclass(frozen=True, slots=True)
class Part:
    """What to run and how to tell that it runs.

    `prepare` makes what must exist before the first start and may be called again; `probe` raises NotReady until the
    part can be used; `introduce` then does what needs the part running (users, topics) and may be called again too.
    `stop_seconds` is how long a graceful stop may take before the part is killed.
    """

    name: str
    command: tuple[str, ...]
    directory: Path
    port: int
    probe: Callable[[], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = nothing
    introduce: Callable[[], None] = nothing
    ready_seconds: float = 120
    stop_seconds: float = 30


def wait_until(probe: Callable[[], None], seconds: float, alive: Callable[[], bool] = lambda: True) -> None:
    """Call `probe` until it no longer raises NotReady.

    Raises NotReady with the last reason after `seconds`, or at once when `alive` says there is nobody to wait for.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return probe()
        except NotReady as reason:
            if time.monotonic() > deadline:
                raise NotReady(f"not ready after {seconds:.0f} s: {reason}") from reason
            if not alive():
                raise NotReady("it has ended") from reason
        time.sleep(BETWEEN_PROBES)
