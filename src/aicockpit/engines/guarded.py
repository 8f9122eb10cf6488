"""Running a program under the guard: the command, the marks, the events.

`guard_command` and `marks` are what every guarded program needs. `run_guarded` is the blocking
form for programs that end by themselves, such as pip; engines use `process`.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from aicockpit.engines import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aicockpit.paths import DataFolder

ENGINE_MARK = guard.MARK
"""Carries the engine's id."""
OWNER_MARK = "AICOCKPIT_OWNER"
"""Carries `pid:start` of the process that started the engine."""
HOME_MARK = "AICOCKPIT_HOME"
"""Carries the data folder that the engine belongs to."""

_TICK = 0.5
_FORCED_END = 5.0
"""Seconds that a guard whose program must go at once may take for it."""


@dataclass(frozen=True)
class GuardedLog:
    """Where a guarded program's output goes and how much of it is kept."""

    path: Path
    size: int = 16 * 2**20
    """Bytes at which the file is rotated."""
    files: int = 3
    """Files kept, the current one included."""


@dataclass(frozen=True)
class GuardEvent:
    """One thing that the guard told."""

    kind: Literal["started", "line", "exited"]
    text: str = ""
    """The line, for a `line`."""
    number: int = 0
    """The process id for `started`, the return code for `exited`."""


def owner_mark(pid: int | None = None) -> str:
    """The `pid:start` of a process (this one by default), which names it for good."""
    pid = os.getpid() if pid is None else pid
    stat = guard.read_stat(pid)
    return f"{pid}:{stat.start if stat else 0}"


def marks(data: DataFolder, engine_id: str) -> dict[str, str]:
    """Environment variables by which a later sweep knows a process as ours."""
    return {
        ENGINE_MARK: engine_id,
        OWNER_MARK: owner_mark(),
        HOME_MARK: str(data.root),
    }


def guard_command(argv: Sequence[str], log: GuardedLog, *, grace: float) -> tuple[str, ...]:
    """The guard's command line around a program's; the log's folder must exist."""
    return (
        sys.executable,
        "-I",
        "-S",
        guard.__file__,
        "--log",
        str(log.path),
        "--log-size",
        str(log.size),
        "--log-files",
        str(log.files),
        "--grace",
        str(grace),
        "--",
        *argv,
    )


def parse_event(line: bytes) -> GuardEvent | None:
    """The event in one line of the guard's output; None for a kind that is not known."""
    event = json.loads(line)
    match event.get("event"):
        case "started":
            return GuardEvent("started", number=event["pid"])
        case "line":
            return GuardEvent("line", text=event["text"])
        case "exited":
            return GuardEvent("exited", number=event["returncode"])
    return None


def run_guarded(
    argv: Sequence[str],
    environment: Mapping[str, str],
    log: GuardedLog,
    *,
    on_line: Callable[[str], None] = lambda _: None,
    on_tick: Callable[[], None] = lambda: None,
) -> int:
    """Run a program to its end and return its return code (negative for a signal).

    `on_line` gets every line that it prints; `on_tick` is called twice a second and after every
    batch of lines. When either raises, or the caller is interrupted or killed, the program and
    everything it started are ended.
    """
    log.path.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        guard_command(argv, log, grace=2.0),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(environment),
        start_new_session=True,
    )
    assert process.stdin is not None  # noqa: S101 - we asked for pipes
    assert process.stdout is not None  # noqa: S101
    returncode: int | None = None
    rest = b""
    poll = select.poll()  # select() refuses the high descriptors of a busy server
    poll.register(process.stdout, select.POLLIN | select.POLLHUP)
    try:
        while True:
            ready = poll.poll(_TICK * 1000)
            data = os.read(process.stdout.fileno(), 65536) if ready else None
            if data == b"":
                break
            *lines, rest = (rest + (data or b"")).split(b"\n")
            for event in filter(None, map(parse_event, lines)):
                if event.kind == "line":
                    on_line(event.text)
                elif event.kind == "exited":
                    returncode = event.number
            on_tick()
    finally:
        process.stdin.close()
        try:
            process.wait(_FORCED_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
    return process.returncode if returncode is None else returncode
