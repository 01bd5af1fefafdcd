"""Runs parts as children of this process, for tests and tools.

Guarantee: when this process ends, however it ends (even by SIGKILL), its children are killed by the kernel. The death
signal belongs to the thread that started a child, so all children are started by one thread that lives as long as the
process does.
"""

from __future__ import annotations

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from infra.local.journal import last_words
from infra.local.obstacles import Obstacle
from infra.local.part import NotReady, Part, wait_until

if TYPE_CHECKING:
    from pathlib import Path

STARTER = ThreadPoolExecutor(1, thread_name_prefix="starts-children")
LEASH = ("setpriv", "--pdeathsig", "KILL", "--")


class Child:
    """A part that this process runs. Its output goes to `<name>.jsonl` and `<name>.err` in the log directory."""

    def __init__(self, part: Part, logs: Path) -> None:
        self.part = part
        self.output = logs / f"{part.name}.jsonl"
        self.errors = logs / f"{part.name}.err"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's number. Raises NotReady when it was never started."""
        if self._process is None:
            raise NotReady(f"{self.part.name} was not started")
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process exists (a paused one does)."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it without waiting."""
        self.part.prepare()
        self.output.parent.mkdir(parents=True, exist_ok=True)
        self._process = STARTER.submit(self._spawn).result()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output, self.errors.open("ab") as errors:
            return subprocess.Popen(  # noqa: S603 - the commands are ours
                (*LEASH, *self.part.command),
                cwd=self.part.directory,
                env={**os.environ, **self.part.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    def await_ready(self) -> None:
        """Wait until it can be used. Raises Obstacle with the end of its log when it does not come up."""
        try:
            wait_until(self.part.probe, self.part.ready_seconds, lambda: self.is_alive)
            self.part.introduce()
        except NotReady as reason:
            raise Obstacle(
                f"{self.part.name} did not become ready ({reason})", f"its last words:\n{self.last_words()}"
            ) from reason

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it is alive."""
        if self.is_alive:
            os.kill(self.pid, number)

    def stop(self) -> int | None:
        """Ask it to end, kill it when it does not in time; its exit code (negative: the signal that ended it)."""
        if self._process is None:
            return None
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self._process.wait(self.part.stop_seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int | None:
        """SIGKILL, and wait until it is gone."""
        if self._process is None:
            return None
        self.signal(signal.SIGKILL)
        return self._process.wait()

    def last_words(self) -> str:
        """The end of what it wrote."""
        return last_words(self.output.parent, self.part.name)
