"""A gateway in front of one fixed upstream: `python -m aicockpit.bench.gateway_process URL`.

Prints one JSON line with its own URL once it listens, and ends with SIGTERM or SIGINT.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence

import anyio
from anyio.abc import TaskGroup

from aicockpit.bench.load import MODEL
from aicockpit.config.model import ServerSettings
from aicockpit.errors import UnknownModelError
from aicockpit.gateway import GatewayServer, Route, ServedModel, create_app


class FixedDirectory:
    """One model that is always ready."""

    def __init__(self, base_url: str) -> None:
        self._route = Route(MODEL, base_url, "bench", MODEL)

    def models(self) -> Sequence[ServedModel]:
        """The one model."""
        return (ServedModel(MODEL, default=True),)

    def route(self, name: str) -> Route:
        """Its only place."""
        if name not in (MODEL, "default"):
            raise UnknownModelError(
                f"There is no model {name!r}.",
                why=f"This gateway only measures {MODEL}.",
                remedy=f"Ask for {MODEL}.",
            )
        return self._route

    def status(self) -> Mapping[str, object]:
        """Nothing to tell."""
        return {}


async def serve(base_url: str) -> None:
    """Serve until a signal comes."""
    app = create_app(FixedDirectory(base_url), ServerSettings())
    with GatewayServer(app, "127.0.0.1", 0, shutdown_timeout=0) as server:
        async with anyio.create_task_group() as group:
            url = await group.start(server.serve)
            sys.stdout.write(json.dumps({"url": url}) + "\n")
            sys.stdout.flush()
            await _until_signal(group)


async def _until_signal(group: TaskGroup) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            group.cancel_scope.cancel()
            return


if __name__ == "__main__":
    anyio.run(serve, sys.argv[1], backend_options={"use_uvloop": True})
