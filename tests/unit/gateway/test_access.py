"""Host, Origin and key checks."""

from __future__ import annotations

import socket

import pytest

from aicockpit.config import ServerSettings
from aicockpit.errors import ConfigError, ForbiddenOriginError, UnauthorizedError
from aicockpit.gateway.access import Access, check_binding

KEY = "sk-long-enough"


def settings(**values: object) -> ServerSettings:
    return ServerSettings.model_validate(values)


def host_allowed(access: Access, host: str | None) -> bool:
    try:
        access.check_host(None if host is None else host.encode())
    except ForbiddenOriginError:
        return False
    return True


LOOPBACK = ("localhost", "LOCALHOST:8000", "127.0.0.1:9", "127.8.9.1", "[::1]", "[::1]:80")
NOT_LOOPBACK = (
    None,
    "",
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8000",
    "192.168.1.4",
    "[::2]",
    "[::1",
    "127.0.0.1:80:80",
    "localhost@evil.example",
    "127.0.0.1:evil",
)


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_hosts_are_served_without_a_key(host: str):
    assert host_allowed(Access(settings(), "127.0.0.1"), host)


@pytest.mark.parametrize("host", NOT_LOOPBACK)
def test_other_hosts_are_not(host: str | None):
    access = Access(settings(allowed_hosts=["evil.example"]), "127.0.0.1")
    assert not host_allowed(access, host)
    assert not host_allowed(access, host), "the remembered verdict is the same"


def test_with_a_key_the_gateways_own_names_are_served():
    access = Access(settings(api_key=KEY, allowed_hosts=["AI.example.org"]), "192.168.1.4")
    for host in ("192.168.1.4:8000", socket.gethostname(), "ai.example.org:443", "ai.example.org."):
        assert host_allowed(access, host)
    for host in ("192.168.1.5", "evil.example", "localhost"):
        assert not host_allowed(access, host)


def test_all_addresses_means_any_literal_but_no_foreign_name():
    access = Access(settings(api_key=KEY), "0.0.0.0")
    for host in ("10.1.2.3:8000", "[fe80::1]:8000", "localhost:8000", socket.gethostname()):
        assert host_allowed(access, host)
    assert not host_allowed(access, "evil.example")


@pytest.mark.parametrize(
    ("origin", "host", "foreign"),
    [
        (None, "127.0.0.1:8000", False),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", False),
        ("http://LOCALHOST", "localhost:80", False),
        ("https://ide.example", "127.0.0.1:8000", True),
    ],
)
def test_own_and_allowed_origins(origin: str | None, host: str, foreign: bool):
    access = Access(settings(allowed_origins=["https://ide.example/"]), "127.0.0.1")
    assert (
        access.check_origin(None if origin is None else origin.encode(), host.encode()) is foreign
    )


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://127.0.0.1:8001",
        "https://ide.example.evil",
        "http://ide.example",
        "file://",
        "vscode-webview://abc",
        "http://[",
    ],
)
def test_foreign_origins_are_refused(origin: str):
    access = Access(settings(allowed_origins=["https://ide.example"]), "127.0.0.1")
    with pytest.raises(ForbiddenOriginError):
        access.check_origin(origin.encode(), b"127.0.0.1:8000")


def test_keys():
    access = Access(settings(api_key=KEY), "127.0.0.1")
    access.check_key({b"authorization": f"Bearer {KEY}".encode()})
    access.check_key({b"x-api-key": KEY.encode()})
    for headers in (
        {},
        {b"authorization": KEY.encode()},
        {b"authorization": b"Bearer "},
        {b"authorization": b"Basic " + KEY.encode()},
        {b"x-api-key": KEY.encode() + b"x"},
    ):
        with pytest.raises(UnauthorizedError) as refused:
            access.check_key(headers)
        assert KEY not in str(refused.value)
    Access(settings(), "127.0.0.1").check_key({})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_loopback_needs_no_key(host: str):
    check_binding(settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "my-machine"])
def test_listening_beyond_loopback_needs_a_key(host: str):
    with pytest.raises(ConfigError) as refused:
        check_binding(settings(host=host))
    assert 'export AICOCKPIT_SERVER__API_KEY=$(python3 -c "' in refused.value.remedy
    check_binding(settings(host=host, api_key=KEY))
