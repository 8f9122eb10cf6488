import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from aicockpit.doctor.port import check_port
from tests.support.examined import levels, machine, words

LISTEN = (
    "import socket, sys; s = socket.create_server(('127.0.0.1', 0));"
    "print(s.getsockname()[1], flush=True); sys.stdin.read()"
)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def at(port: int, host: str = "127.0.0.1"):
    return machine(config={"server": {"port": port, "host": host}})


def test_a_free_port_stays_free(taken):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        assert levels(check_port(at(port))) == ["ok"]


def test_whoever_took_the_port_is_named(taken):
    found = list(check_port(at(taken, "localhost")))
    assert levels(found) == ["problem"]
    assert f"(process {os.getpid()})" in words(found)
    assert f"kill {os.getpid()}" in words(found)
    assert "server.port" in words(found)


@pytest.mark.parametrize(
    ("words_of_it", "level", "said"),
    [
        (("bin/aicockpit", "serve"), "ok", "AiCockpit is serving on port"),
        (("bin/aicockpit", "bench"), "problem", "is taken by"),
        (("bin/other", "serve"), "problem", "is taken by"),
    ],
)
def test_only_a_gateway_of_ours_may_have_it(words_of_it, level, said):
    argv = [sys.executable, "-c", LISTEN, *words_of_it]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as listener:
        assert listener.stdout is not None
        found = list(check_port(at(int(listener.stdout.readline()))))
        listener.communicate()
    assert levels(found) == [level]
    assert said in words(found)


def test_an_address_of_another_machine():
    found = list(check_port(at(8000, "192.0.2.1")))
    assert levels(found) == ["problem"]
    assert "server.host" in words(found)


def test_a_name_is_not_looked_up(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", None)
    assert levels(check_port(at(8000, "gpu.example.org"))) == ["note"]
