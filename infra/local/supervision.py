"""Runs a plan's parts under supervisord, which restarts what dies; readiness and order are decided here.

supervisord starts nothing by itself: `bring_up` starts part after part, each once what it needs is ready. It runs in a
session of its own, so that Ctrl-C reaches only the command that waits for it. Should supervisord itself be killed, the
kernel asks its children to end: nothing is left behind to hold a port. It is spoken to over a socket that only its
owner may open, so its XML is not from strangers.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xmlrpc.client import Fault, ServerProxy  # nosec B411

import psutil
from supervisor.xmlrpc import SupervisorTransport

from infra.local.journal import last_words
from infra.local.obstacles import Obstacle
from infra.local.part import NotReady, Part, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from infra.local.plan import Plan

LEASH = ("setpriv", "--pdeathsig", "TERM", "--")
LONGEST_SOCKET_PATH = 100
SUPERVISOR_SECONDS = 15
STOP_SECONDS = 90
LIVES = 3
LOG_SIZE = "50MB"
LOG_BACKUPS = 2


@dataclass(frozen=True, slots=True)
class ProcessState:
    """What the supervisor knows of one process. `state` is its word: RUNNING, BACKOFF, STOPPED, FATAL…"""

    name: str
    state: str
    pid: int
    since: float
    said: str


class Supervisor:
    """The supervisor of the stack in one directory, whether it runs or not."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._socket = _socket_path(directory)

    def process_number(self) -> int | None:
        """The supervisor's own pid, or None when it does not run."""
        try:
            return int(str(self._call("supervisor.getPID")))
        except (OSError, Fault):
            return None

    @property
    def is_running(self) -> bool:
        """Whether there is a supervisor to talk to."""
        return self._socket.exists() and self.process_number() is not None

    def start(self, plan: Plan) -> None:
        """Start supervisord with the parts of this plan, none of them running yet."""
        plan.logs.mkdir(parents=True, exist_ok=True)
        self._socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings = self.directory / "supervisord.conf"
        settings.touch(mode=0o600)
        settings.write_text(_configuration(plan, self._socket, self.directory))
        with (plan.logs / "supervisord.err").open("ab") as errors:
            process = subprocess.Popen(  # noqa: S603 - the command is ours
                (sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "--configuration", str(settings)),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        try:
            wait_until(self._demand_answer, SUPERVISOR_SECONDS, lambda: process.poll() is None)
        except NotReady as reason:
            raise Obstacle(f"supervisord did not start ({reason})", f"see {plan.logs / 'supervisord.err'}") from reason

    def bring_up(self, parts: Iterable[Part], told: Callable[[str, float], None]) -> None:
        """Start these parts together and wait until each is ready; `told` is given (name, seconds) for each.

        Raises Obstacle with the last words of the one that does not come up.
        """
        began = time.monotonic()
        waiting = list(parts)
        for part in waiting:
            part.prepare()
            self._call("supervisor.startProcess", self._full_name(part.name), False)
        for part in waiting:
            try:
                wait_until(part.probe, part.ready_seconds, self._hope(part.name))
                part.introduce()
            except NotReady as reason:
                words = last_words(self.directory / "logs", part.name)
                raise Obstacle(f"{part.name} did not become ready ({reason})", f"its last words:\n{words}") from reason
            told(part.name, time.monotonic() - began)

    def _hope(self, name: str) -> Callable[[], bool]:
        """Tells, each time it is called, whether a part may still come up: not once it has ended several times."""
        lives: set[int] = set()

        def may_come_up() -> bool:
            state = self.states()[name]
            lives.add(state.pid)
            return state.state in ("STARTING", "RUNNING", "BACKOFF") and len(lives - {0}) < LIVES

        return may_come_up

    def _full_name(self, name: str) -> str:
        return next(f"{entry['group']}:{name}" for entry in self._all() if entry["name"] == name)

    def states(self) -> dict[str, ProcessState]:
        """Every process by name, in the order of their start."""
        return {
            entry["name"]: ProcessState(
                entry["name"], entry["statename"], entry["pid"], float(entry["start"]), entry["description"]
            )
            for entry in self._all()
        }

    def stop(self) -> None:
        """Stop everything, the edge first and the stores last, and wait until all of it is gone."""
        number = self.process_number()
        if number is None:
            return
        children = [psutil.Process(state.pid) for state in self.states().values() if _exists(state.pid)]
        supervisor = psutil.Process(number)
        with suppress(OSError, Fault):
            self._call("supervisor.shutdown")
        _, left = psutil.wait_procs([supervisor, *children], STOP_SECONDS)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(left, SUPERVISOR_SECONDS)

    def _demand_answer(self) -> None:
        if self.process_number() is None:
            raise NotReady("it does not answer")

    def _all(self) -> list[dict[str, Any]]:
        answer: Any = self._call("supervisor.getAllProcessInfo")
        order = {name: place for place, name in enumerate(GROUPS)}
        return sorted(answer, key=lambda entry: (order[entry["group"]], entry["name"]))

    def _call(self, method: str, *arguments: Any) -> Any:
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        server = ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return getattr(server, method)(*arguments)
        finally:
            transport.close()


GROUPS = ("foundations", "services", "edge")
"""Groups stop in the opposite order; the members of one stop together."""


def _configuration(plan: Plan, socket_path: Path, directory: Path) -> str:
    grouped: Mapping[str, tuple[Part, ...]] = dict(
        zip(GROUPS, (plan.foundations, plan.services(), (plan.edge(),)), strict=True)
    )
    sections = [
        "[supervisord]",
        f"logfile={_plain(directory / 'logs' / 'supervisord.log')}",
        "logfile_maxbytes=5MB",
        "logfile_backups=1",
        f"pidfile={_plain(directory / 'supervisord.pid')}",
        *(["user=root"] if os.geteuid() == 0 else []),
        "[unix_http_server]",
        f"file={_plain(socket_path)}",
        "chmod=0700",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]
    for priority, (group, parts) in enumerate(grouped.items(), start=1):
        if parts:
            members = ",".join(part.name for part in parts)
            sections += [f"[group:{group}]", f"programs={members}", f"priority={priority}"]
            sections += [line for part in parts for line in _program(part, plan.logs)]
    return "\n".join(sections) + "\n"


def _program(part: Part, logs: Path) -> list[str]:
    words = " ".join(_plain(shlex.quote(word)) for word in (*LEASH, *part.command))
    settings = ",".join(f"{name}={_quoted(name, value)}" for name, value in part.environment.items())
    return [
        f"[program:{part.name}]",
        f"command={words}",
        f"directory={_plain(part.directory)}",
        f"environment={settings}",
        "autostart=false",
        "autorestart=true",
        "startsecs=1",
        "startretries=1000",
        "stopsignal=TERM",
        f"stopwaitsecs={part.stop_seconds:.0f}",
        f"stdout_logfile={_plain(logs / (part.name + '.jsonl'))}",
        f"stdout_logfile_maxbytes={LOG_SIZE}",
        f"stdout_logfile_backups={LOG_BACKUPS}",
        f"stderr_logfile={_plain(logs / (part.name + '.err'))}",
        f"stderr_logfile_maxbytes={LOG_SIZE}",
        f"stderr_logfile_backups={LOG_BACKUPS}",
    ]


def _plain(value: object) -> str:
    """A value in which supervisord expands nothing."""
    return str(value).replace("%", "%%")


def _quoted(name: str, value: str) -> str:
    """A setting as supervisord reads it: in quotes of a kind that is not in the value, since none can be escaped."""
    quote = next((mark for mark in "\"'" if mark not in value), None)
    if quote is None or "\n" in value:
        raise Obstacle(f"the setting {name} holds both kinds of quotes, or a line break", "leave them out")
    return f"{quote}{_plain(value)}{quote}"


def _socket_path(directory: Path) -> Path:
    """Beside the state, unless that path is longer than a socket's may be."""
    path = directory.resolve() / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = sha256(str(path).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"stem-{os.geteuid()}-{digest}" / "supervisor.sock"


def _exists(pid: int) -> bool:
    return pid > 0 and psutil.pid_exists(pid)


@contextmanager
def starting(directory: Path) -> Iterator[None]:
    """Only one command at a time starts or stops the stack of a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".starting").open("w") as gate:
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Obstacle("another command is starting or stopping this stack", "wait for it to end") from error
        yield
