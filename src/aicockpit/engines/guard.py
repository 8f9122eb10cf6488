"""The small process between the gateway and one engine, which lets no orphan survive.

Run as `python -I -S guard.py --log FILE --log-size BYTES --log-files N --grace SECONDS -- ARGV…`
in a session of its own. It is a child subreaper, so whatever the engine starts stays its
descendant even when the processes in between die. It starts ARGV with its own environment and:

* standard input is the owner's control pipe. The line `stop`, or its end (the owner died, however
  suddenly), ends the engine: SIGTERM for the main process, for everything else once that is gone or
  half of the grace has passed, SIGKILL after the grace. The line `kill` skips the grace.
* standard output tells what happens, one JSON object per line:
  `{"event": "started", "pid": N}`, `{"event": "line", "text": "…"}` for every line that the engine
  prints, `{"event": "exited", "returncode": N}` when the last descendant is gone.
* the engine's output goes into a rotated log file. A reader of events that stalls, or a full disk,
  never stalls the engine: events and log lines are dropped instead.
* when the engine's main process ends, so does everything else that it started, at once.

Only the standard library is imported and nothing of this package, because the file is run by path.
Linux only. If the guard itself is killed, the main process gets SIGTERM from the kernel.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "AICOCKPIT_ENGINE"
"""Environment variable that every process of an engine carries: the engine's id."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_READ_SIZE = 65536
_LONGEST_LINE = 16384
_EVENT_BACKLOG = 2**20
_SPAWN_FAILED = 127
_OOM_SCORE = "500"
"""When memory runs out, the kernel shall take the engine and not the gateway."""
_LEFTOVER_GRACE = 2.0
"""Seconds that the rest gets between SIGTERM and SIGKILL once the main process is gone."""
_TRACKER_GRACE = 1.0
"""Seconds that Python's resource trackers get beyond everything else: they ignore SIGTERM, and
remove the shared memory of those that were killed as soon as the last of these is gone."""
_RESCAN = 0.1
_LAST_FLUSH = 2.0


class Stat(NamedTuple):
    """One process as the kernel's table shows it."""

    pid: int
    parent: int
    start: int
    """Clock ticks between boot and the start of the process; with the pid, a unique name."""
    zombie: bool


def read_stat(pid: int) -> Stat | None:
    """What /proc says about a process, or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The command name, in parentheses, may hold spaces and parentheses itself.
    fields = text[text.rindex(")") + 2 :].split()
    return Stat(pid, int(fields[1]), int(fields[19]), fields[0] in "ZX")


def all_processes() -> list[Stat]:
    """Every process that this user can see."""
    pids = (int(name) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208
    return [stat for stat in map(read_stat, pids) if stat is not None]


def descendants(root: int) -> list[int]:
    """Living descendants of a process, parents before their children."""
    children: dict[int, list[Stat]] = {}
    for stat in all_processes():
        children.setdefault(stat.parent, []).append(stat)
    found: list[int] = []
    pending = [root]
    while pending:
        for stat in children.get(pending.pop(0), []):
            pending.append(stat.pid)
            if not stat.zombie:
                found.append(stat.pid)
    return found


def environment_of(pid: int) -> dict[str, str]:
    """The environment that a process was started with; empty when it cannot be read."""
    try:
        raw = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return {}
    pairs = (item.partition(b"=") for item in raw.split(b"\0") if item)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def is_resource_tracker(pid: int) -> bool:
    """Whether the process is the resource tracker of a Python program."""
    try:
        return b"multiprocessing.resource_tracker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


class RotatedLog:
    """A log file that is moved aside when it reaches a size, and keeps a number of files."""

    def __init__(self, path: Path, *, size: int, files: int) -> None:
        self._path = path
        self._limit = size
        self._files = files
        self._descriptor = -1
        self._written = 0

    def write(self, data: bytes) -> None:
        """Append bytes; what the disk does not take is lost."""
        with contextlib.suppress(OSError):
            if self._descriptor >= 0 and self._written + len(data) > self._limit:
                self._rotate()
            if self._descriptor < 0:
                self._open()
            self._written += os.write(self._descriptor, data)

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._descriptor = os.open(self._path, flags, 0o600)
        self._written = os.fstat(self._descriptor).st_size
        if self._written >= self._limit:
            self._rotate()
            self._descriptor = os.open(self._path, flags, 0o600)

    def _rotate(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1
        self._written = 0
        for number in range(self._files - 1, 0, -1):
            source = self._path if number == 1 else Path(f"{self._path}.{number - 1}")
            with contextlib.suppress(FileNotFoundError):
                source.replace(f"{self._path}.{number}")
        if self._files == 1:
            self._path.unlink(missing_ok=True)


class EventPipe:
    """Standard output, written without ever waiting for its reader."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending = bytearray()
        self._open = True
        os.set_blocking(descriptor, False)

    @property
    def pending(self) -> bool:
        """Whether something waits for the reader."""
        return self._open and bool(self._pending)

    def tell(self, *, droppable: bool = False, **event: object) -> None:
        """Queue one event; a droppable one is lost when the reader is far behind."""
        if not self._open or (droppable and len(self._pending) > _EVENT_BACKLOG):
            return
        self._pending += json.dumps(event).encode() + b"\n"
        self.flush()

    def flush(self) -> None:
        """Write as much as the pipe takes now."""
        try:
            while self._pending:
                del self._pending[: os.write(self._descriptor, self._pending)]
        except BlockingIOError:
            return
        except OSError:
            self._open = False

    def drain(self, seconds: float) -> None:
        """Wait at most this long for the reader to take what is left."""
        until = time.monotonic() + seconds
        while self.pending and (left := until - time.monotonic()) > 0:
            select.select([], [self._descriptor], [], left)
            self.flush()


class LineSplitter:
    """Cuts a stream of bytes into lines; a carriage return (progress bars) ends one too."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """The lines completed by these bytes, without empty ones."""
        *lines, self._rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        return [line[:_LONGEST_LINE].decode("utf-8", "replace") for line in lines if line.strip()]

    def finish(self) -> list[str]:
        """The unfinished last line, if there is one."""
        return self.feed(b"\n")


class Guard:
    """Owns one engine from its start until its last process is gone."""

    def __init__(self, argv: list[str], *, log: RotatedLog, grace: float) -> None:
        self._argv = argv
        self._log = log
        self._grace = grace
        self._events = EventPipe(1)
        self._lines = LineSplitter()
        self._control = b""
        self._control_open = True
        self._output = -1
        self._main = 0
        self._returncode: int | None = None
        self._childless = False
        self._deadlines: list[tuple[float, str]] = []
        """What to do when, soonest first: `rest`, `kill`, `trackers`."""
        self._ending = False
        self._wakeup = _wakeup_pipe()

    def run(self) -> None:
        """Start the engine, stay until everything it started is gone, report that."""
        try:
            self._start()
        except OSError as error:
            self._childless = True
            self._returncode = _SPAWN_FAILED
            text = f"cannot run {self._argv[0]}: {error.strerror or error}"
            self._log.write(text.encode() + b"\n")
            self._events.tell(event="line", text=text)
        while not self._childless:
            self._turn()
        self._end_strays()
        self._read_output(until_end=True)
        for line in self._lines.finish():
            self._events.tell(event="line", text=line, droppable=True)
        self._events.tell(event="exited", returncode=self._returncode)
        self._events.drain(_LAST_FLUSH)

    def _start(self) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        self._log.write(f"--- {stamp} engine {os.environ.get(MARK, '')} starts\n".encode())
        self._output, engine_end = os.pipe()
        prctl = _prctl()
        guard = os.getpid()

        def become_engine() -> None:
            # Runs between fork and exec. SIGTERM and not SIGKILL, because vLLM's API process then
            # takes its own children with it, which SIGKILL would leave behind.
            prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != guard:
                os._exit(_SPAWN_FAILED)
            with contextlib.suppress(OSError):
                Path("/proc/self/oom_score_adj").write_text(_OOM_SCORE, encoding="ascii")

        try:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=engine_end,
                stderr=engine_end,
                process_group=0,
                preexec_fn=become_engine,  # noqa: PLW1509 - this process has one thread
            )
        finally:
            os.close(engine_end)
        os.set_blocking(self._output, False)
        self._main = process.pid
        process.returncode = 0  # we reap; keeps Popen from trying to
        self._events.tell(event="started", pid=self._main)

    def _turn(self) -> None:
        """Wait for the next thing to happen and handle everything that did."""
        readable = [self._wakeup]
        if self._output >= 0:
            readable.append(self._output)
        if self._control_open:
            readable.append(0)
        writable = [1] if self._events.pending else []
        timeout = None
        if self._deadlines:
            timeout = max(0.0, self._deadlines[0][0] - time.monotonic())
        ready, write_ready, _ = select.select(readable, writable, [], timeout)
        if write_ready:
            self._events.flush()
        if self._output in ready:
            self._read_output()
        if 0 in ready:
            self._read_control()
        if self._wakeup in ready:
            self._take_signals()
        self._act_on_deadlines()

    def _read_output(self, *, until_end: bool = False) -> None:
        while self._output >= 0:
            try:
                data = os.read(self._output, _READ_SIZE)
            except BlockingIOError:
                # With every descendant gone nobody can write any more.
                if until_end:
                    self._close_output()
                return
            if not data:
                self._close_output()
                return
            self._log.write(data)
            for line in self._lines.feed(data):
                self._events.tell(event="line", text=line, droppable=True)
            if not until_end:
                return

    def _close_output(self) -> None:
        os.close(self._output)
        self._output = -1

    def _read_control(self) -> None:
        try:
            data = os.read(0, _READ_SIZE)
        except OSError:
            data = b""
        if not data:
            self._control_open = False
            self._stop()
            return
        *commands, self._control = (self._control + data).split(b"\n")
        for command in commands:
            if command.strip() == b"stop":
                self._stop()
            elif command.strip() == b"kill":
                self._kill_soon(time.monotonic())

    def _take_signals(self) -> None:
        with contextlib.suppress(BlockingIOError):
            if signal.SIGTERM in os.read(self._wakeup, 4096):
                self._stop()
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                self._childless = True
                return
            if pid == 0:
                return
            if pid == self._main:
                self._returncode = os.waitstatus_to_exitcode(status)
                self._end_rest()

    def _stop(self) -> None:
        if self._ending:
            return
        self._ending = True
        if self._returncode is None and self._main:
            _send(self._main, signal.SIGTERM)
            now = time.monotonic()
            self._deadlines = [(now + self._grace / 2, "rest")]
            self._kill_soon(now + self._grace)

    def _end_rest(self) -> None:
        self._ending = True
        for pid in descendants(os.getpid()):
            _send(pid, signal.SIGTERM)
        self._kill_soon(time.monotonic() + min(self._grace, _LEFTOVER_GRACE))

    def _kill_soon(self, when: float) -> None:
        """Bring the time of SIGKILL forward to `when`, if it is not sooner already."""
        self._ending = True
        planned = [at for at, action in self._deadlines if action == "kill"]
        if planned and planned[0] <= when:
            return
        self._deadlines = [entry for entry in self._deadlines if entry[1] == "rest"]
        self._deadlines += [(when, "kill"), (when + _TRACKER_GRACE, "trackers")]
        self._deadlines.sort()

    def _act_on_deadlines(self) -> None:
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            _, action = self._deadlines.pop(0)
            for pid in descendants(os.getpid()):
                if action == "rest":
                    _send(pid, signal.SIGTERM)
                elif action == "trackers" or not is_resource_tracker(pid):
                    _send(pid, signal.SIGKILL)
            # Until the last one is reaped, look again for what was started in the meantime.
            if action != "rest":
                self._deadlines.append((now + _RESCAN, action))
                self._deadlines.sort()

    def _end_strays(self) -> None:
        """End what carries our mark without being a descendant; there should be nothing."""
        engine = os.environ.get(MARK)
        if not engine:
            return
        for stat in all_processes():
            if stat.pid != os.getpid() and environment_of(stat.pid).get(MARK) == engine:
                _send(stat.pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _prctl() -> Callable[..., int]:
    function: Callable[..., int] = ctypes.CDLL(None, use_errno=True).prctl
    return function


def _wakeup_pipe() -> int:
    """A descriptor that becomes readable with every signal we handle."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    # Handlers and not SIG_IGN: a child would inherit that. SIGINT and SIGHUP are the owner's
    # to decide about.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reader


def main(arguments: list[str] | None = None) -> None:
    """Guard one engine, as told by the command line."""
    parser = argparse.ArgumentParser(prog="guard")
    parser.add_argument("--log", required=True, type=Path)
    parser.add_argument("--log-size", required=True, type=int)
    parser.add_argument("--log-files", required=True, type=int)
    parser.add_argument("--grace", required=True, type=float)
    parser.add_argument("argv", nargs="+")
    options = parser.parse_args(arguments)
    with contextlib.suppress(PermissionError):
        os.setsid()  # refused when the owner made the session for us
    if _prctl()(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("guard: the kernel refused to make this process a child subreaper")
    log = RotatedLog(options.log, size=options.log_size, files=options.log_files)
    Guard(options.argv, log=log, grace=options.grace).run()


if __name__ == "__main__":
    main()
