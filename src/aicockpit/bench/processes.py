"""What a measurement of the gateway runs beside itself: nginx, wrk and a gateway, on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aicockpit.bench.load import LOAD_PATH, MODEL, STREAM_PATH
from aicockpit.errors import PlatformError

_START_SECONDS = 20.0
_STOP_SECONDS = 5.0

_CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = {load} {{ default_type application/json; return 200 '{answer}'; }}
    location = {stream} {{ default_type text/event-stream; return 200 '{events}'; }}
  }}
}}
"""


@dataclass(frozen=True)
class Tools:
    """Where the programs lie."""

    nginx: str
    wrk: str


def require_tools() -> Tools:
    """Find nginx and wrk.

    Raises:
        PlatformError: one of them is missing, with the command that installs both.
    """
    # Debian keeps nginx where only the administrator's PATH looks.
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
    found = {name: shutil.which(name, path=path) for name in ("nginx", "wrk")}
    nginx, wrk = found["nginx"], found["wrk"]
    if nginx is None or wrk is None:
        missing = " and ".join(name for name, place in found.items() if place is None)
        raise PlatformError(
            f"The benchmark needs {missing}.",
            why="nginx plays the engine and wrk makes the load.",
            remedy="Install both: sudo apt-get install nginx-light wrk.",
        )
    return Tools(nginx, wrk)


@contextlib.contextmanager
def running_upstream(tools: Tools) -> Iterator[str]:
    """nginx with one fixed answer and one fixed stream; gives its base URL."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="aicockpit-bench-") as folder:
        config = Path(folder, "nginx.conf")
        config.write_text(
            _CONFIG.format(
                folder=folder,
                port=port,
                load=LOAD_PATH,
                stream=STREAM_PATH,
                answer=_answer(),
                events=_events(),
            )
        )
        command = [tools.nginx, "-c", str(config), "-p", folder, "-e", f"{folder}/error.log"]
        with _running(command, stdout=subprocess.DEVNULL) as process:
            _wait_for_port(process, port)
            yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def running_gateway(upstream: str) -> Iterator[str]:
    """A gateway in a process of its own in front of `upstream`; gives its base URL."""
    command = [sys.executable, "-m", "aicockpit.bench.gateway_process", upstream]
    with _running(command, stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("the gateway's output was not piped")
        line = process.stdout.readline()
        if not line:
            raise _not_started("the gateway")
        yield str(json.loads(line)["url"])


@contextlib.contextmanager
def _running(command: list[str], *, stdout: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _wait_for_port(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise _not_started("nginx")


def _not_started(name: str) -> PlatformError:
    return PlatformError(
        f"The benchmark could not start {name}.",
        why="The process ended before it listened.",
        remedy="Run the benchmark again; what the process printed says more.",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answer() -> str:
    message = {"role": "assistant", "content": "def add(a, b):\n    return a + b\n" * 4}
    return json.dumps(
        {
            "id": "chatcmpl-bench",
            "object": "chat.completion",
            "created": 1,
            "model": MODEL,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 500, "completion_tokens": 40, "total_tokens": 540},
        }
    ).replace("\\", "\\\\")


def _events() -> str:
    base = {"id": "cmpl-bench", "object": "text_completion", "created": 1, "model": MODEL}
    chunks: list[dict[str, object]] = [
        {**base, "choices": [{"index": 0, "text": f" token{i}", "finish_reason": None}]}
        for i in range(16)
    ]
    usage = {"prompt_tokens": 500, "completion_tokens": 16, "total_tokens": 516}
    chunks.append({**base, "choices": [], "usage": usage})
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
