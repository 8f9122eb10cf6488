"""Runs `aicockpit serve` as a user does: a process of its own, found by its address."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aicockpit.paths import DataFolder

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Gateway:
    """One `aicockpit serve` process."""

    process: subprocess.Popen[bytes]
    port: int
    home: DataFolder
    output: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def text(self) -> str:
        """All that it has printed so far."""
        return self.output.read_text(errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        return self._ask(urllib.request.Request(self.url + path))

    def post(self, path: str, body: dict[str, object]) -> tuple[int, Any]:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        status, text = self._ask(request)
        return status, json.loads(text)

    def answers(self, path: str) -> bool:
        try:
            return self.get(path)[0] == 200
        except OSError:
            return False

    def wait_ready(self, *, timeout: float) -> None:
        self.wait_until_answered("/ready", timeout=timeout)

    def wait_until_answered(self, path: str, *, timeout: float) -> None:
        """Until the path answers 200; fails at once, with its words, when the process ends."""

        def answered() -> bool:
            assert self.process.poll() is None, self.text()
            return self.answers(path)

        wait_for(answered, timeout=timeout, what=path, detail=self.text)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def engine_pids(self) -> list[int]:
        """Every process that carries the mark of an engine which this gateway started."""
        owner = f"AICOCKPIT_OWNER={self.process.pid}:".encode()
        found = []
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(variable.startswith(owner) for variable in variables):
                found.append(int(folder.name))
        return found

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=300) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@contextlib.contextmanager
def running_gateway(home: DataFolder, folder: Path, config: str) -> Iterator[Gateway]:
    """`aicockpit serve` with `config`, ended at the latest with the block."""
    config_file, output = folder / "cockpit.toml", folder / "output.txt"
    config_file.write_text(config)
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("AICOCKPIT_")}
    environment = {**own, "AICOCKPIT_HOME": str(home.root), "PYTHONUNBUFFERED": "1"}
    command = str(Path(sys.executable).with_name("aicockpit"))
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [command, "serve", "--config", str(config_file), "--port", str(port)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        gateway = Gateway(process, port, home, output)
        try:
            yield gateway
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            wait_for(lambda: not gateway.engine_pids(), timeout=20, what="the engines' end")


def wait_for(
    predicate: Callable[[], bool],
    *,
    timeout: float,
    what: str,
    detail: Callable[[], str] = lambda: "",
) -> None:
    """Look until `predicate` holds, for at most `timeout` seconds."""
    end = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < end, f"waited {timeout:g} s for {what}\n{detail()}"
        time.sleep(_POLL_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
