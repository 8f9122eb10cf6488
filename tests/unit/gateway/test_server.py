"""Listening, stopping, and how much it costs to be there at all."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request

import anyio
import psutil
import pytest

from aicockpit.config import ServerSettings
from aicockpit.errors import ListenError
from aicockpit.gateway import GatewayServer, create_app
from tests.support.fake_directory import FakeDirectory

RESIDENT_LIMIT = 150 * 2**20
STARTED_WITHIN = 1.0
"""Seconds of a processor: on a machine with nothing else to do, the time that goes by."""


def server_on(port: int, host: str = "127.0.0.1") -> GatewayServer:
    return GatewayServer(create_app(FakeDirectory(), ServerSettings()), host, port)


def test_a_taken_port_is_named_before_anything_starts():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ListenError, match=rf"Port {port} is taken.*--port"):
            server_on(port).bind()


def test_an_address_of_another_machine():
    with pytest.raises(ListenError, match=r"cannot listen on 192\.0\.2\.1"):
        server_on(0, "192.0.2.1").bind()
    with pytest.raises(ListenError, match="The name has no address"):
        server_on(0, "no-such-name.invalid").bind()


def test_the_port_is_claimed_at_once_and_let_go():
    with server_on(0) as server:
        with pytest.raises(ListenError):
            server_on(server.port).bind()
        port = server.port
    with server_on(port):
        pass


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8000"), ("0.0.0.0", "http://127.0.0.1:8000"),
     ("::", "http://[::1]:8000"), ("my-machine", "http://my-machine:8000")],
)  # fmt: skip
def test_urls(host: str, url: str):
    assert server_on(8000, host).url == url


@pytest.mark.anyio
async def test_stopping_an_idle_server_is_quick_and_frees_the_port():
    with server_on(0) as server:
        port = server.port
        with anyio.fail_after(2):
            async with anyio.create_task_group() as group:
                url = await group.start(server.serve)
                assert url == f"http://127.0.0.1:{port}"
                async with await anyio.connect_tcp("127.0.0.1", port):
                    server.stop()
    with server_on(port):
        pass


@pytest.mark.anyio
async def test_cancelling_leaves_nothing_open():
    async with anyio.create_task_group() as group:
        server = server_on(0)
        await group.start(server.serve)
        port = server.port
        group.cancel_scope.cancel()
    with server_on(port):
        pass


def test_the_gateway_alone_starts_fast_and_stays_small():
    """From process start to an answered /health, before any control page or tokenizer."""
    worked, resident = start_once()
    print(f"started with {worked:.2f} s of work, {resident / 2**20:.0f} MiB")
    assert worked < STARTED_WITHIN
    assert resident < RESIDENT_LIMIT


def start_once() -> tuple[float, int]:
    """Seconds that a gateway in a fresh process works until it answers, and its bytes then."""
    with subprocess.Popen(
        [sys.executable, "-m", "aicockpit.bench.gateway_process", "http://127.0.0.1:9"],
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        try:
            url = json.loads(process.stdout.readline())["url"]
            with urllib.request.urlopen(f"{url}/health", timeout=10) as response:
                assert response.status == 200
            started = psutil.Process(process.pid)
            times = started.cpu_times()
            return times.user + times.system, started.memory_info().rss
        finally:
            process.terminate()


def test_the_control_plane_is_not_loaded_before_it_is_asked_for():
    code = "import sys, aicockpit.gateway; sys.exit('fastapi' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
