"""Real servers on real sockets, inside a test's own event loop."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import anyio

from aicockpit.config import ServerSettings
from aicockpit.gateway import Gateway, GatewayServer, create_app
from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine


@contextlib.asynccontextmanager
async def serving_engine(engine: FakeEngine) -> AsyncIterator[str]:
    """Serve `engine` on a free loopback port; gives its base URL."""
    # The engine cuts connections by raising, which uvicorn would report at length.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    async with anyio.create_task_group() as group:
        with GatewayServer(_Unstoppable(engine), "127.0.0.1", 0) as server:
            url = await group.start(server.serve)
            yield url
            server.stop_now()
            group.cancel_scope.cancel()


@contextlib.asynccontextmanager
async def serving_gateway(
    directory: FakeDirectory, settings: ServerSettings | None = None
) -> AsyncIterator[RunningGateway]:
    """Serve a gateway over `directory` on a free loopback port."""
    settings = settings or ServerSettings()
    app = create_app(directory, settings, bound_host="127.0.0.1")
    async with anyio.create_task_group() as group:
        with GatewayServer(app, "127.0.0.1", 0, shutdown_timeout=5) as server:
            url = await group.start(server.serve)
            yield RunningGateway(app, server, url)
            group.cancel_scope.cancel()


class RunningGateway:
    """A gateway that answers at `url`."""

    def __init__(self, app: Gateway, server: GatewayServer, url: str) -> None:
        self.app = app
        self.server = server
        self.url = url


class _Unstoppable:
    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app(scope, receive, send)

    def give_up_running(self) -> None:
        """A fake engine has nothing worth waiting for."""


__all__ = ["RunningGateway", "serving_engine", "serving_gateway"]
