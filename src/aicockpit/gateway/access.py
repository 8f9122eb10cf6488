"""Who may ask: the Host and Origin checks and the API key.

Host protects against DNS rebinding: a web page that makes its own name resolve to this machine
still sends that name. An address literal cannot be rebound, which is why any literal is fine on
a gateway that listens on all addresses. Origin keeps other sites' pages from using the gateway
with the reader's network position. Both checks need no state; verdicts are remembered because
the same few values come with every request.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from aicockpit.config.model import ServerSettings
from aicockpit.errors import ConfigError, ForbiddenOriginError, UnauthorizedError

_REMEMBERED = 256

KEY_COMMAND = (
    "export AICOCKPIT_SERVER__API_KEY="
    """$(python3 -c "import secrets; print('sk-' + secrets.token_urlsafe(32))")"""
)
"""Creates a key and hands it to the next `aicockpit serve` of the same shell."""


def check_binding(settings: ServerSettings) -> None:
    """Refuse to listen beyond this machine without a key.

    Raises:
        ConfigError: `host` is not a loopback address and there is no `api_key`.
    """
    if settings.api_key is None and not is_loopback(settings.host):
        raise ConfigError(
            f"The gateway does not listen on {settings.host} without an API key.",
            why="Everybody who reaches that address could use the models.",
            remedy=f"Create a key with `{KEY_COMMAND}` and start again, or listen on 127.0.0.1.",
        )


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address literal, can only mean this machine."""
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


class Access:
    """The checks of one gateway, made once from its settings.

    Args:
        settings: key, allowed hosts and allowed origins.
        bound_host: the name or address the gateway listens on.
    """

    def __init__(self, settings: ServerSettings, bound_host: str) -> None:
        key = settings.api_key
        self._key_digest = _digest(key.get_secret_value().encode()) if key is not None else None
        self._origins = frozenset(_normal_origin(origin) for origin in settings.allowed_origins)
        address = _address(bound_host)
        self._any_literal = key is not None and address is not None and address.is_unspecified
        self._loopback = key is None or self._any_literal or is_loopback(bound_host)
        names = {bound_host, *settings.allowed_hosts, *_machine_names()} if key else set()
        self._names = frozenset(name.lower().strip("[]").rstrip(".") for name in names)
        self._hosts: dict[bytes, bool] = {}

    def check_host(self, host: bytes | None) -> None:
        """Refuse a Host header that this gateway does not answer to.

        Raises:
            ForbiddenOriginError: the header is missing or names another host.
        """
        allowed = self._hosts.get(host) if host is not None else False
        if allowed is None and host is not None:
            allowed = self._host_allowed(host)
            if len(self._hosts) < _REMEMBERED:
                self._hosts[host] = allowed
        if not allowed:
            shown = (host or b"").decode("latin-1") or "(none)"
            raise ForbiddenOriginError(
                f"The gateway does not answer to the host {shown!r}.",
                why="A Host header that is not the gateway's own can come from a web page that "
                "pretends to be it.",
                remedy="Use the address that the gateway printed when it started, or, with an "
                "API key configured, add the name to server.allowed_hosts.",
            )

    def check_origin(self, origin: bytes | None, host: bytes | None) -> bool:
        """Refuse pages of other sites; True when `origin` needs cross-origin headers.

        Raises:
            ForbiddenOriginError: the page's origin is neither the gateway's own nor allowed.
        """
        if origin is None:
            return False
        shown = _normal_origin(origin.decode("latin-1"))
        if shown in self._origins:
            return True
        if _is_same_origin(shown, (host or b"").decode("latin-1")):
            return False
        raise ForbiddenOriginError(
            f"Web pages from {shown!r} may not use this gateway.",
            why="Their Origin header is neither the gateway's own nor in server.allowed_origins.",
            remedy="Add the origin to server.allowed_origins if you trust its pages.",
        )

    def check_key(self, headers: Mapping[bytes, bytes]) -> None:
        """Ask for the key, as `Authorization: Bearer …` or `x-api-key`.

        Raises:
            UnauthorizedError: a key is configured and the request has none or another one.
        """
        if self._key_digest is None:
            return
        presented = _presented_key(headers)
        if presented is None:
            raise UnauthorizedError(
                "This gateway needs an API key.",
                why="The request has neither an Authorization: Bearer nor an x-api-key header.",
                remedy="Send the key that the gateway was started with.",
            )
        if not hmac.compare_digest(_digest(presented), self._key_digest):
            raise UnauthorizedError(
                "The API key is not valid here.",
                why="It is not the key that the gateway was started with.",
                remedy="Check the key for typing errors or ask whoever runs the gateway.",
            )

    def _host_allowed(self, header: bytes) -> bool:
        name = _host_name(header.decode("latin-1").lower())
        if name is None:
            return False
        if name in self._names or (self._loopback and is_loopback(name)):
            return True
        return self._any_literal and _address(name) is not None


def _machine_names() -> set[str]:
    """What others call this machine: its name with and without domain, and as mDNS has it."""
    name = socket.gethostname()
    short = name.partition(".")[0]
    return {name, short, f"{short}.local"}


def _presented_key(headers: Mapping[bytes, bytes]) -> bytes | None:
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scheme, _, key = authorization.partition(b" ")
        if scheme.lower() == b"bearer":
            return key.strip()
    return headers.get(b"x-api-key")


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


def _host_name(header: str) -> str | None:
    """The name or address in a Host header, without port, brackets and a final dot."""
    if header.startswith("["):
        name, bracket, rest = header[1:].partition("]")
        port = rest.removeprefix(":")
        valid = bracket and (not rest or rest.startswith(":"))
    else:
        name, _, port = header.partition(":")
        valid = True
    if not valid or not name or (port and not port.isdecimal()):
        return None
    return name.rstrip(".")


def _normal_origin(origin: str) -> str:
    return origin.strip().lower().rstrip("/")


def _is_same_origin(origin: str, host: str) -> bool:
    scheme, separator, place = origin.partition("://")
    if not separator or scheme not in {"http", "https"}:
        return False
    return _with_port(place, scheme) == _with_port(host.lower(), scheme)


def _with_port(place: str, scheme: str) -> str | None:
    try:
        parts = urlsplit(f"//{place}")
        port = parts.port or {"http": 80, "https": 443}[scheme]
    except ValueError:
        return None
    return f"{parts.hostname}:{port}"


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
