"""One supervised engine: started under its guard, watched, found ready, stopped.

`start_engine` puts the supervision into a task group of the caller's. When that group is
cancelled, the engine is ended before the cancellation goes on. Linux only.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from aicockpit.engines.client import EngineClient
from aicockpit.engines.guarded import GuardedLog, guard_command, marks, parse_event
from aicockpit.engines.resident import resident_memory
from aicockpit.engines.spec import render_command
from aicockpit.engines.startup_failures import FailureKind, FailureLog
from aicockpit.engines.startup_log import StartupLog, StartupPhase, StartupProgress
from aicockpit.engines.startup_report import StartupReport, read_line
from aicockpit.engines.sweep import end_engine
from aicockpit.errors import EngineLostError, EngineStartError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from anyio.abc import Process, TaskGroup

    from aicockpit.config import EngineSettings
    from aicockpit.engines.environments import InstalledEnvironment
    from aicockpit.engines.spec import EngineSpec
    from aicockpit.paths import DataFolder

_PORT_ATTEMPTS = 3
_PROBE_EARLY = 2.0
"""Seconds between probes while the log does not yet say that the server is up."""
_PROBE = 0.25
_NOT_RUN = 127
_GUARD_MARGIN = 8.0
"""Seconds beyond its grace after which a guard that does not end is itself ended."""


def new_engine_id(key: str) -> str:
    """An id for another engine of a model, unlike that of any engine before."""
    return f"{key}-{secrets.token_hex(4)}"


class EngineProcess:
    """One engine from its start until nothing of it is left.

    Its state may be read at any time; it only changes in its own supervision.
    """

    def __init__(
        self,
        spec: EngineSpec,
        environment: InstalledEnvironment,
        settings: EngineSettings,
        data: DataFolder,
    ) -> None:
        self.spec = spec
        self.api_key = secrets.token_urlsafe(32)
        self.port = 0
        self.pid: int | None = None
        """Process id of the engine's main process."""
        self.guard_pid: int | None = None
        self.returncode: int | None = None
        """Set once nothing of the engine is left; negative for a signal."""
        self._environment = environment
        self._settings = settings
        self._data = data
        self._startup = StartupLog()
        self._failures = FailureLog()
        self.report = StartupReport()
        """What it has said of its memory so far."""
        self._progress = StartupProgress()
        self._on_phase: Callable[[StartupProgress], None] = lambda _: None
        self._guard: Process | None = None
        self._stopping = False
        self._listening = anyio.Event()
        self._settled = anyio.Event()
        """Ready, or gone."""
        self._gone = anyio.Event()

    @property
    def base_url(self) -> str:
        """Where the engine listens. Only final once it is ready."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def progress(self) -> StartupProgress:
        """How far its start has come."""
        return self._progress

    @property
    def phase(self) -> StartupPhase:
        """What its start is busy with; `READY` from then on."""
        return self._progress.phase

    @property
    def ready(self) -> bool:
        """Whether it has been found ready and still runs."""
        return self.phase is StartupPhase.READY and not self._gone.is_set()

    def resident_memory(self) -> int:
        """Bytes of RAM that its processes hold now, what they share counted once.

        Blocks for some milliseconds. 0 where the system does not tell.
        """
        return 0 if self.pid is None else resident_memory(self.pid)

    @property
    def log(self) -> GuardedLog:
        """Where its output goes."""
        path = self._data.logs / "engines" / f"{self.spec.key}.log"
        return GuardedLog(path, self._settings.log_size, self._settings.log_files)

    async def wait_ready(
        self, on_phase: Callable[[StartupProgress], None] = lambda _: None
    ) -> None:
        """Return when the engine answers; `on_phase` is told every change until then.

        An engine that does not make it has been ended when this raises.

        Raises:
            EngineStartError: it ended, or took longer than `start_timeout`; says why.
        """
        self._on_phase = on_phase
        on_phase(self._progress)
        try:
            with anyio.move_on_after(self._settings.start_timeout) as limit:
                await self._settled.wait()
        finally:
            self._on_phase = lambda _: None
        if limit.cancelled_caught:
            busy_with = self.phase
            await self.stop()
            raise EngineStartError(
                f"The engine of {self.spec.key} did not start.",
                why=f"It was still {busy_with} after {self._settings.start_timeout:g} seconds.",
                remedy=f"Raise engines.start_timeout if it needs longer. Its log is "
                f"{self.log.path}.",
            )
        if not self.ready:
            await self._gone.wait()
            raise self._start_error()

    async def wait_exited(self) -> int:
        """Return the engine's return code when nothing of it is left."""
        await self._gone.wait()
        return self.returncode if self.returncode is not None else -signal.SIGKILL

    async def stop(self) -> int:
        """End the engine, gracefully and then by force, and return its return code.

        Takes `stop_timeout` at most, and a little more when even force does not help at once.
        """
        return await self._end(b"stop\n", self._settings.stop_timeout + _GUARD_MARGIN)

    async def kill(self) -> int:
        """End the engine by force, now."""
        return await self._end(b"kill\n", _GUARD_MARGIN)

    def lost_error(self) -> EngineLostError:
        """What to tell about an engine that was ready and then ended by itself."""
        failure = self._failures.failure(self.returncode)
        return EngineLostError(
            f"The engine of {self.spec.key} ended unexpectedly.",
            why=failure.why,
            remedy=f"{failure.remedy} Its log is {self.log.path}.",
        )

    def _start_error(self) -> EngineStartError:
        what = f"The engine of {self.spec.key} did not start."
        if self._stopping:
            return EngineStartError(
                what, why="It was stopped before it was ready.", remedy="Start it again."
            )
        failure = self._failures.failure(self.returncode)
        return EngineStartError(
            what, why=failure.why, remedy=f"{failure.remedy} Its log is {self.log.path}."
        )

    async def _end(self, command: bytes, limit: float) -> int:
        self._stopping = True
        await self._command(command)
        with anyio.move_on_after(limit):
            return await self.wait_exited()
        # The guard hangs or is stopped. Without it the supervision sweeps what is left.
        if self._guard is not None:
            with suppress(ProcessLookupError):
                self._guard.kill()
        return await self.wait_exited()

    async def _command(self, command: bytes) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
                await self._guard.stdin.send(command)

    async def supervise(self) -> None:
        """Run the engine to its end. Started once, by `start_engine`."""
        try:
            for _ in range(_PORT_ATTEMPTS):
                if self._stopping:
                    break
                await self._run_once()
                kind = self._failures.failure(self.returncode).kind
                if self.phase is StartupPhase.READY or kind is not FailureKind.PORT_TAKEN:
                    break
        finally:
            (self._data.run / f"{self.spec.id}.jinja").unlink(missing_ok=True)
            self._settled.set()
            self._gone.set()

    async def _run_once(self) -> None:
        self._startup = StartupLog()
        self._failures = FailureLog()
        self.report = StartupReport()
        self._listening = anyio.Event()
        self.returncode = None
        self.port = _free_port()
        try:
            guard = self._guard = await self._open_guard()
        except OSError as error:
            self._failures.feed(f"OSError: {error}")
            self.returncode = _NOT_RUN
            return
        self.guard_pid = guard.pid
        if self._stopping:  # asked for while there was nobody to tell
            await self._command(b"stop\n")
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._probe)
                await self._read_events(guard)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._finish(guard)

    async def _open_guard(self) -> Process:
        command = render_command(
            self.spec,
            self._environment,
            port=self.port,
            api_key=self.api_key,
            inherited=os.environ,
            marks=marks(self._data, self.spec.id),
        )
        log = self.log
        log.path.parent.mkdir(parents=True, exist_ok=True)
        self._data.run.mkdir(parents=True, exist_ok=True)
        guarded = guard_command(command.argv, log, grace=self._settings.stop_timeout)
        # The guard itself only prints when it fails.
        with log.path.open("ab") as errors:
            return await anyio.open_process(
                guarded,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                # `python -m` would import from the folder that the user happens to be in.
                cwd=self._data.run,
                env=command.environment,
                start_new_session=True,
            )

    async def _read_events(self, guard: Process) -> None:
        """Until the guard's output ends."""
        assert guard.stdout is not None  # noqa: S101 - we asked for a pipe
        rest = b""
        while True:
            try:
                data = await guard.stdout.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                return
            *lines, rest = (rest + data).split(b"\n")
            for event in filter(None, map(parse_event, lines)):
                if event.kind == "line":
                    self._take_line(event.text)
                elif event.kind == "started":
                    self.pid = event.number
                else:
                    self.returncode = event.number

    def _take_line(self, line: str) -> None:
        self._failures.feed(line)
        if self.phase is StartupPhase.READY:
            return
        self.report = read_line(self.report, line)
        if self._startup.feed(line):
            self._tell(self._startup.progress)
        if self._startup.listening:
            self._listening.set()

    def _tell(self, progress: StartupProgress) -> None:
        self._progress = progress
        self._on_phase(progress)

    async def _probe(self) -> None:
        """Until the engine answers for its model."""
        async with EngineClient(self.base_url, self.api_key) as client:
            while not await client.serves(self.spec.served_names[0]):
                if self._listening.is_set():
                    await anyio.sleep(_PROBE)
                else:
                    with anyio.move_on_after(_PROBE_EARLY):
                        await self._listening.wait()
        # What was said during the start no longer explains a later end.
        self._failures = FailureLog()
        self._tell(StartupProgress(StartupPhase.READY))
        self._settled.set()

    async def _finish(self, guard: Process) -> None:
        """Let the guard end everything, and do it in its place if it cannot."""
        if guard.stdin is not None:
            with suppress(anyio.BrokenResourceError, OSError):
                await guard.stdin.aclose()
        with anyio.move_on_after(self._settings.stop_timeout + _GUARD_MARGIN):
            if self.returncode is None:
                await self._read_events(guard)
            await guard.wait()
        if guard.returncode is None:
            with suppress(ProcessLookupError):
                guard.kill()
            await guard.wait()
        if guard.stdout is not None:
            await guard.stdout.aclose()
        if self.returncode is None:
            # It never said that everything is gone: somebody killed the guard.
            self.returncode = -signal.SIGKILL
            await anyio.to_thread.run_sync(end_engine, self._data, self.spec.id)


async def start_engine(
    spec: EngineSpec,
    environment: InstalledEnvironment,
    settings: EngineSettings,
    data: DataFolder,
    tasks: TaskGroup,
) -> EngineProcess:
    """Start an engine that a task group supervises; returns at once, see `wait_ready`."""
    engine = EngineProcess(spec, environment, settings, data)
    tasks.start_soon(engine.supervise)
    return engine


@asynccontextmanager
async def running_engine(
    spec: EngineSpec,
    environment: InstalledEnvironment,
    settings: EngineSettings,
    data: DataFolder,
) -> AsyncIterator[EngineProcess]:
    """An engine that is stopped when the block ends."""
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        engine = await start_engine(spec, environment, settings, data, tasks)
        try:
            yield engine
        except Exception as error:  # noqa: BLE001 - raised again below, outside of the group
            failure = error
        finally:
            with anyio.CancelScope(shield=True):
                await engine.stop()
    if failure is not None:
        raise failure


def _free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
