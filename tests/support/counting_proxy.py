"""A transparent proxy between an extension and a real gateway that remembers every request.

Bytes are passed on as they come, unless it is told to hold them back for a while; a client that
hangs up is passed on too, by closing the connection to the gateway at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from aiohttp import web
from anyio.from_thread import start_blocking_portal

_OF_ONE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}
_MADE_ANEW = {"host", "content-length"}


@dataclass
class PassedRequest:
    """One request, as it was sent and as it ended; times are those of `time.monotonic`."""

    method: str
    path: str
    headers: dict[str, str]
    content: bytes
    started: float
    status: int = 0
    first_byte: float | None = None
    ended: float | None = None
    outcome: Literal["running", "answered", "client left", "failed"] = "running"
    answer: bytes = field(default=b"", repr=False)

    @property
    def body(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.content)
        return parsed


class CountingProxy:
    """Passes on to `target`, which may be changed while it runs."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.url = ""
        self.passed: list[PassedRequest] = []
        self.no_answer_before = 0.0
        """Seconds after a request before which no byte of its answer is passed on."""

    def to(self, path: str, *, since: float = 0.0) -> list[PassedRequest]:
        """The requests to a path, oldest first."""
        return [each for each in self.passed if each.path == path and each.started >= since]

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        passed = PassedRequest(
            request.method,
            request.path,
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
            time.monotonic(),
        )
        self.passed.append(passed)
        try:
            return await self._answer(request, passed)
        except (asyncio.CancelledError, ConnectionResetError):
            if passed.outcome == "running":
                passed.outcome = "client left"
            raise
        except aiohttp.ClientError:
            # What a client sees of a server that is not there: the connection breaks.
            passed.outcome = "failed"
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        finally:
            passed.ended = time.monotonic()

    async def _answer(self, request: web.Request, passed: PassedRequest) -> web.StreamResponse:
        async with (
            aiohttp.ClientSession(auto_decompress=False) as session,
            session.request(
                request.method,
                self.target + request.raw_path,
                data=passed.content or None,
                headers=_without(passed.headers, _OF_ONE_CONNECTION | _MADE_ANEW),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None),
            ) as upstream,
        ):
            passed.status = upstream.status
            headers = _without(upstream.headers, _OF_ONE_CONNECTION)
            response = web.StreamResponse(status=upstream.status, headers=headers)
            await response.prepare(request)
            async for chunk in upstream.content.iter_any():
                if passed.first_byte is None:
                    early = passed.started + self.no_answer_before - time.monotonic()
                    await asyncio.sleep(max(early, 0.0))
                    passed.first_byte = time.monotonic()
                passed.answer += chunk
                await response.write(chunk)
            # A client that has counted the bytes may be gone before the end is written.
            passed.outcome = "answered"
            await response.write_eof()
            return response


def _without(headers: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}


@contextlib.asynccontextmanager
async def _serving(proxy: CountingProxy) -> AsyncIterator[None]:
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_route("*", "/{path:.*}", proxy._pass_on)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    proxy.url = f"http://{host}:{port}"
    try:
        yield
    finally:
        await runner.cleanup()


@contextlib.contextmanager
def counting_proxy(target: str) -> Iterator[CountingProxy]:
    """A proxy in a thread of its own, until the block ends."""
    proxy = CountingProxy(target)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_serving(proxy)),
    ):
        yield proxy
