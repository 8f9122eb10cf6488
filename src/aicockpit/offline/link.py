"""One worker process and the socket to it.

The worker runs under the engines' guard: whatever ends this process, also `kill -9`, closes the
guard's pipe, and the guard ends the worker and everything that it started. Two threads read, one
the guard's events and one the worker's messages, into one inbox, so that the caller waits in one
place and Ctrl-C can never tear a message.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aicockpit.engines.guarded import guard_command, marks, parse_event
from aicockpit.engines.startup_failures import FailureLog
from aicockpit.engines.startup_log import StartupLog
from aicockpit.engines.sweep import end_engine
from aicockpit.errors import EngineLostError, EngineStartError
from aicockpit.offline.launch import WorkerReady

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aicockpit.offline.launch import WorkerLaunch

TOKEN_VARIABLE = "AICOCKPIT_WORKER_TOKEN"  # noqa: S105 - the name of a variable, not a secret

Message = dict[str, Any]
"""One JSON object from the worker; `engines/offline_worker.py` lists the kinds."""

_LONGEST_SOCKET_PATH = 100
"""Bytes; the kernel takes 107."""
_LAST_EVENTS = 5.0
"""Seconds to wait for the guard's last words once its worker is gone."""


class WorkerLink:
    """A running worker. Made by `start`; `close` may be called from any thread, repeatedly."""

    def __init__(self, launch: WorkerLaunch, on_phase: Callable[[str], None]) -> None:
        self._launch = launch
        self._on_phase = on_phase
        self._owner = os.getpid()
        self._inbox: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._failures = FailureLog()
        self._startup = StartupLog()
        self._sending = threading.Lock()
        self._connection: socket.socket | None = None
        self._exited = threading.Event()
        self._returncode: int | None = None
        self._token = secrets.token_urlsafe(32)
        self._folder = _socket_folder(launch.data.run)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = self._folder / "worker"
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._process = self._spawn(path)
        for work in (self._read_events, self._read_messages):
            threading.Thread(target=work, name="aicockpit-offline", daemon=True).start()

    @classmethod
    def start(
        cls, launch: WorkerLaunch, *, on_phase: Callable[[str], None]
    ) -> tuple[WorkerLink, WorkerReady]:
        """Start a worker and wait until its engine is ready.

        `on_phase` is called from another thread with words for what the engine does meanwhile.
        Raises EngineStartError.
        """
        launch.log.path.parent.mkdir(parents=True, exist_ok=True)
        link = cls(launch, on_phase)
        try:
            return link, link._wait_ready()
        except BaseException:
            link.close(at_once=True)
            raise

    def send(self, message: Mapping[str, object]) -> None:
        """Send one message; raises EngineLostError when the worker is gone."""
        data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        try:
            with self._sending:
                if self._connection is None:
                    raise OSError
                self._connection.sendall(data)
        except OSError as error:
            raise self._lost() from error

    def receive(self) -> Message:
        """The next message; waits for it and raises EngineLostError when there will be none."""
        message = self._inbox.get()
        if message is None:
            self._inbox.put(None)
            raise self._lost()
        if message["type"] == "fatal":
            raise self._lost(str(message["message"]))
        return message

    def close(self, *, at_once: bool = False) -> None:
        """End the worker and wait until every process of it is gone.

        Does nothing in a process that was forked off the one that started it.
        """
        if os.getpid() != self._owner:
            return
        if not at_once and not self._exited.is_set():
            with contextlib.suppress(EngineLostError):
                self.send({"type": "finish"})
            self._exited.wait(self._launch.stop_timeout)
        if self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(self._launch.stop_timeout + _LAST_EVENTS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            end_engine(self._launch.data, self._launch.engine_id)
        self._exited.wait(_LAST_EVENTS)
        self._listener.close()
        if self._connection is not None:
            self._connection.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _spawn(self, path: Path) -> subprocess.Popen[bytes]:
        launch = self._launch
        argv = (*launch.command, "--socket", str(path), *launch.arguments)
        return subprocess.Popen(
            guard_command(argv, launch.log, grace=launch.stop_timeout),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **launch.environment,
                **marks(launch.data, launch.engine_id),
                TOKEN_VARIABLE: self._token,
            },
            start_new_session=True,
        )

    def _read_events(self) -> None:
        stream = self._process.stdout
        assert stream is not None  # noqa: S101 - we asked for a pipe
        with contextlib.suppress(ValueError, OSError):
            for line in stream:
                event = parse_event(line)
                if event is None:
                    continue
                if event.kind == "line":
                    self._take_line(event.text)
                elif event.kind == "exited":
                    self._returncode = event.number
        self._exited.set()
        # Wakes the other thread when the worker never connected.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        stream.close()

    def _take_line(self, line: str) -> None:
        self._failures.feed(line)
        if self._startup.feed(line):
            progress = self._startup.progress
            self._on_phase(f"{progress.phase}, {progress.detail}".removesuffix(", "))

    def _read_messages(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            connection = self._accept()
            self._connection = connection
            with connection.makefile("rb") as lines:
                for number, line in enumerate(lines):
                    if number:
                        self._inbox.put(json.loads(line))
        self._inbox.put(None)

    def _accept(self) -> socket.socket:
        """The connection of the worker; anyone else who finds the socket is turned away."""
        while True:
            connection, _ = self._listener.accept()
            hello = connection.recv(4096, socket.MSG_PEEK)
            with contextlib.suppress(ValueError, TypeError, AttributeError):
                token = json.loads(hello.partition(b"\n")[0]).get("token")
                if secrets.compare_digest(str(token), self._token):
                    # Nobody needs the name any more, and after a `kill -9` nobody would remove it.
                    shutil.rmtree(self._folder, ignore_errors=True)
                    return connection
            connection.close()

    def _wait_ready(self) -> WorkerReady:
        deadline = time.monotonic() + self._launch.start_timeout
        try:
            message = self._inbox.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise EngineStartError(
                f"The offline engine for {self._launch.name} did not become ready.",
                why=f"It was given {self._launch.start_timeout:.0f} seconds.",
                remedy=f"Look into {self._launch.log.path}, or allow more time with "
                "engines.start_timeout.",
            ) from None
        if message is None or message["type"] != "ready":
            raise self._start_failure()
        # What was said during the start no longer explains a later end.
        self._failures = FailureLog()
        return WorkerReady(
            engine_version=message["engine_version"],
            max_model_len=message["max_model_len"],
            max_num_seqs=message["max_num_seqs"],
            default_sampling_params=message["default_sampling_params"],
        )

    def _start_failure(self) -> EngineStartError:
        self._exited.wait(_LAST_EVENTS)
        failure = self._failures.failure(self._returncode)
        return EngineStartError(
            f"The offline engine for {self._launch.name} did not start.",
            why=failure.why,
            remedy=f"{failure.remedy} Its log is {self._launch.log.path}.",
        )

    def _lost(self, reason: str | None = None) -> EngineLostError:
        self._exited.wait(_LAST_EVENTS)
        failure = self._failures.failure(self._returncode)
        return EngineLostError(
            f"The offline engine for {self._launch.name} ended in the middle of its work.",
            why=f"It said: {reason}" if reason else failure.why,
            remedy=f"{failure.remedy} Its log is {self._launch.log.path}.",
        )


def _socket_folder(preferred: Path) -> Path:
    """A new private folder for the socket, below `preferred` unless that path is too long."""
    preferred.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="offline-", dir=preferred))
    if len(os.fsencode(folder / "worker")) <= _LONGEST_SOCKET_PATH:
        return folder
    folder.rmdir()
    return Path(tempfile.mkdtemp(prefix="aicockpit-offline-"))
