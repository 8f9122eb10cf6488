"""Whether the gateway could listen where it is configured to."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Iterator

import psutil

from aicockpit.config import ServerSettings
from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings

_ANOTHER = "choose another with server.port or --port"


def check_port(surroundings: Surroundings) -> Iterator[Finding]:
    """Claim the port for a moment, as the gateway would; nobody can connect to it."""
    server = surroundings.config.server
    address = literal(server.host)
    if address is None:
        yield Finding(
            "note",
            f"Whether port {server.port} of {server.host} is free was not checked.",
            "The name would have to be looked up in the network.",
        )
        return
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as claimed:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            claimed.bind((str(address), server.port))
        except OSError as error:
            yield _refused(server, error)
            return
    yield Finding("ok", f"Port {server.port} of {server.host} is free.")


def literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, None for a name that would have to be looked up."""
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None


def _refused(server: ServerSettings, error: OSError) -> Finding:
    if error.errno == errno.EADDRINUSE:
        return _taken(server.port)
    if error.errno == errno.EACCES:
        return Finding(
            "problem",
            f"Port {server.port} may not be used.",
            "The system keeps ports below 1024 for its administrator.",
            f"Use a port of 1024 or above: {_ANOTHER}.",
        )
    return Finding(
        "problem",
        f"The gateway cannot listen on {server.host}.",
        f"The system says: {os.strerror(error.errno or 0)}.",
        "Set server.host to an address of this machine, such as 127.0.0.1.",
    )


def _taken(port: int) -> Finding:
    process = _listener(port)
    if process is None:
        return Finding(
            "problem",
            f"Port {port} is taken.",
            "By a process that cannot be seen from here, perhaps another user's.",
            f"`sudo ss -ltnp 'sport = :{port}'` names it; {_ANOTHER}.",
        )
    try:
        words = process.cmdline()
        name = process.name()
    except psutil.Error:
        words, name = [], "a process"
    if "serve" in words and any("aicockpit" in word for word in words):
        return Finding("ok", f"AiCockpit is serving on port {port} (process {process.pid}).")
    return Finding(
        "problem",
        f"Port {port} is taken by {name} (process {process.pid}).",
        "",
        f"End it (`kill {process.pid}`), or {_ANOTHER}.",
    )


def _listener(port: int) -> psutil.Process | None:
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens and connection.pid is not None:
                return psutil.Process(connection.pid)
    except psutil.Error:
        pass
    return None
