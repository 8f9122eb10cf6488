"""Generating load and reading its latencies."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aicockpit.errors import PlatformError

if TYPE_CHECKING:
    from aicockpit.bench.processes import Tools

MODEL = "bench"
LOAD_PATH = "/v1/chat/completions"
STREAM_PATH = "/v1/completions"

_PROMPT_BYTES = 1900
"""Makes a chat request of 2 kB, as an editor's short question is."""
_TIMEOUT_SECONDS = 10.0

_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
done = function(summary, latency, requests)
  local e = summary.errors
  local form = '{"requests": %%d, "duration_us": %%d, "p50_us": %%f, "p99_us": %%f, "errors": %%d}'
  io.write(string.format('\\nRESULT ' .. form .. '\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """One run of the load generator."""

    requests: int
    errors: int
    requests_per_second: float
    p50_us: float
    p99_us: float


def measure_load(tools: Tools, url: str, *, connections: int, seconds: float) -> Load:
    """Ask for chat answers over `connections` keep-alive connections for `seconds`."""
    with tempfile.TemporaryDirectory(prefix="aicockpit-bench-") as folder:
        script = Path(folder, "chat.lua")
        script.write_text(_SCRIPT % _chat_body())
        # wrk takes whole seconds, and at least one.
        duration = max(1, round(seconds))
        output = subprocess.run(
            [
                tools.wrk,
                "--threads=1",
                f"--connections={connections}",
                f"--duration={duration}s",
                f"--script={script}",
                url + LOAD_PATH,
            ],
            capture_output=True,
            text=True,
            timeout=duration + _TIMEOUT_SECONDS,
            check=False,
        )
    for line in output.stdout.splitlines():
        if line.startswith("RESULT "):
            found = json.loads(line.removeprefix("RESULT "))
            rate = found["requests"] / (found["duration_us"] / 1e6)
            return Load(found["requests"], found["errors"], rate, found["p50_us"], found["p99_us"])
    raise PlatformError(
        "wrk did not measure anything.",
        why=f"It said: {(output.stderr or output.stdout).strip()[:300]}.",
        remedy="Run the benchmark again on a machine that is less busy.",
    )


def measure_first_bytes(url: str, streams: int) -> list[float]:
    """Microseconds to the first event of each of `streams` streams, one after the other."""
    place = urlsplit(url)
    body = json.dumps({"model": MODEL, "prompt": "x" * _PROMPT_BYTES, "stream": True}).encode()
    head = (
        f"POST {STREAM_PATH} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    times = []
    address = (place.hostname or "", place.port or 80)
    with socket.create_connection(address, timeout=_TIMEOUT_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(streams):
            begun = perf_counter()
            connection.sendall(head + body)
            received = b""
            while b"data: " not in received:
                received += _received(connection)
            times.append((perf_counter() - begun) * 1e6)
            while not received.endswith((b"[DONE]\n\n", b"\r\n0\r\n\r\n")):
                received += _received(connection)
            if b"chunked" in received.partition(b"\r\n\r\n")[0].lower():
                while not received.endswith(b"\r\n0\r\n\r\n"):
                    received += _received(connection)
    return times


def _received(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise PlatformError(
            "A stream of the benchmark broke off.",
            why="The server closed the connection.",
            remedy="Run the benchmark again; if it stays like this, report it.",
        )
    return received


def _chat_body() -> str:
    message = {"role": "user", "content": "x" * _PROMPT_BYTES}
    return json.dumps({"model": MODEL, "messages": [message], "max_tokens": 16})
