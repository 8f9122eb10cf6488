"""Listening on a port, for as long as the surrounding task group wants.

uvicorn does the HTTP; everything around it is ours: the socket is claimed before anything slow
begins, signals belong to the caller, and stopping has a first, patient stage and a second,
immediate one.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, Self

import anyio
import uvicorn
from anyio.abc import TaskStatus

from aicockpit.errors import ListenError
from aicockpit.gateway.asgi import Receive, Scope, Send

if TYPE_CHECKING:
    from types import TracebackType

_BACKLOG = 2048
_IDLE_SECONDS = 75
"""How long a client's idle connection is kept; longer than most clients keep theirs, so that
it is the client who lets go."""
_LAST_WORD_SECONDS = 1.0
"""What requests that are given up may take to tell their clients."""


class StoppableApp(Protocol):
    """An ASGI application that can end what it is doing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""

    def give_up_running(self) -> None:
        """End every request that still runs, soon."""


class _Server(uvicorn.Server):
    """uvicorn without signal handlers, which tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = anyio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    def drop_connections(self) -> None:
        """Close every connection, finished or not."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()


class GatewayServer:
    """Serves one application on one address.

    Use as a context manager: entering claims the port, `serve` answers requests on it until
    `stop`, leaving lets the port go.

    Args:
        app: what answers.
        host: name or address to listen on.
        port: TCP port; 0 lets the system choose.
        shutdown_timeout: seconds that running requests may take after `stop`.
    """

    def __init__(
        self, app: StoppableApp, host: str, port: int, *, shutdown_timeout: float = 10.0
    ) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._shutdown_timeout = shutdown_timeout
        self._socket: socket.socket | None = None
        self._serving = False
        self._stopping = anyio.Event()
        self._giving_up = anyio.Event()

    def __enter__(self) -> Self:
        self.bind()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def bind(self) -> None:
        """Claim the port; connections wait in its queue until `serve` takes them.

        Raises:
            ListenError: the port is taken, or the address is not this machine's.
        """
        if self._socket is None:
            self._socket = _bound_socket(self._host, self._port)

    def close(self) -> None:
        """Let the port go; while `serve` runs it does that itself, in its own end."""
        if self._socket is not None and not self._serving:
            self._socket.close()
            self._socket = None

    @property
    def port(self) -> int:
        """The port in use, once `bind` has claimed it."""
        if self._socket is None or self._socket.fileno() < 0:
            return self._port
        port: int = self._socket.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """Where a client on this machine reaches the server, without a trailing slash."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._host, self._host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def stop(self) -> None:
        """Take no more requests and end when the running ones have, within the timeout."""
        self._stopping.set()

    def stop_now(self) -> None:
        """End without waiting for running requests."""
        self._stopping.set()
        self._giving_up.set()

    async def serve(self, *, task_status: TaskStatus[str] = anyio.TASK_STATUS_IGNORED) -> None:
        """Answer requests until `stop`; reports `url` as started once it does.

        Cancelling closes all connections at once. Call it once.

        Raises:
            ListenError: as `bind`, when that was not called before.
        """
        self.bind()
        server = _Server(self._config())
        self._serving = True
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._report, server, task_status)
                group.start_soon(self._end, server)
                await server.serve(sockets=[self._socket] if self._socket else None)
                group.cancel_scope.cancel()
        finally:
            await _clean_up(server)
            self._serving = False
            self.close()

    def _config(self) -> uvicorn.Config:
        return uvicorn.Config(
            self._app,
            http="httptools",
            ws="none",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            timeout_keep_alive=_IDLE_SECONDS,
        )

    async def _report(self, server: _Server, task_status: TaskStatus[str]) -> None:
        await server.listening.wait()
        task_status.started(self.url)

    async def _end(self, server: _Server) -> None:
        """Carry a stop through its stages."""
        await self._stopping.wait()
        server.should_exit = True
        with anyio.move_on_after(self._shutdown_timeout):
            await self._giving_up.wait()
        self._app.give_up_running()
        await anyio.sleep(_LAST_WORD_SECONDS)
        server.drop_connections()


async def _clean_up(server: _Server) -> None:
    """Leave nothing open, also when `serve` was cancelled."""
    if not server.started:
        return
    for listener in server.servers:
        listener.close()
    server.drop_connections()
    with anyio.CancelScope(shield=True), anyio.move_on_after(_LAST_WORD_SECONDS):
        await server.lifespan.shutdown()


def _bound_socket(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise ListenError(
            f"The gateway cannot listen on {host}.",
            why="The name has no address.",
            remedy="Choose an address of this machine with --host, such as 127.0.0.1.",
        ) from error
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        raise _listen_error(host, port, error) from error
    bound.setblocking(False)
    return bound


def _listen_error(host: str, port: int, error: OSError) -> ListenError:
    if error.errno == errno.EADDRINUSE:
        return ListenError(
            f"Port {port} is taken.",
            why=f"Another program already listens on {host}:{port}, perhaps another AiCockpit.",
            remedy="Stop that program, or choose another port with --port.",
        )
    if error.errno == errno.EACCES:
        return ListenError(
            f"The gateway may not listen on port {port}.",
            why="The system keeps ports below 1024 for its administrator.",
            remedy="Choose another port with --port.",
        )
    return ListenError(
        f"The gateway cannot listen on {host}:{port}.",
        why=f"The system says: {os.strerror(error.errno or 0)}.",
        remedy="Choose an address of this machine with --host, such as 127.0.0.1.",
    )
