"""The hot path: send a request to an engine and its answer back, byte for byte.

The engine's connection lives exactly as long as somebody waits for the answer. A task beside
the transfer listens for the client; when the client leaves, during prefill or while tokens
stream, the transfer is cancelled and the connection closed, at which vLLM aborts the request.

The task group is asyncio's own, not anyio's: entering and leaving it costs 9 µs instead of
60 µs, which is a third of all that the gateway adds to a request.
"""

from __future__ import annotations

import asyncio
import logging
from functools import lru_cache
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from aicockpit.errors import CockpitError, UnsupportedEndpointError, UpstreamError
from aicockpit.gateway.asgi import ClientDisconnectedError, Headers, Reply
from aicockpit.gateway.problems import ORIGIN_HEADER
from aicockpit.gateway.sse import OPENAI_USAGE, EventFilter
from aicockpit.gateway.usage import usage_in_answer

if TYPE_CHECKING:
    from aicockpit.gateway.directory import Route
    from aicockpit.gateway.exchange import Exchange
    from aicockpit.gateway.fim_answers import Translation
    from aicockpit.gateway.route_table import Endpoint
    from aicockpit.gateway.upstream_request import UpstreamRequest

logger = logging.getLogger(__name__)

_KEEPALIVE_SECONDS = 4.0
"""vLLM closes idle connections after 5 s. Letting go of them first means that no request is
ever written to a connection that is just being closed, so none needs a second try."""

_CONNECT_SECONDS = 10.0

_NOT_RELAYED = frozenset(
    {
        b"connection",
        b"content-length",
        b"date",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"server",
        b"set-cookie",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-request-id",
    }
)
"""Headers about the connection to the engine rather than about its answer."""

_REFUSED_KEY = (401, 403)

_NO_SUCH_PATH = b'{"detail":"Not Found"}'
"""How vLLM answers on the endpoints that a model of another kind would have."""


class Relay:
    """The gateway's connections to engines."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Get ready to connect. Call once, on the loop that will relay."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            auto_decompress=False,
            skip_auto_headers=("Accept", "Accept-Encoding", "User-Agent", "Content-Type"),
        )

    async def close(self) -> None:
        """Close all connections to engines."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def forward(
        self, exchange: Exchange, endpoint: Endpoint, route: Route, request: UpstreamRequest
    ) -> None:
        """Have `request` answered by the engine at `route`, for as long as the client waits.

        Raises:
            UpstreamError: the engine could not be reached, or broke off.
            UnsupportedEndpointError: the engine does not have the endpoint.
            ClientDisconnectedError: the client left; the engine has been told by then.
        """
        problem: CockpitError | None = None
        left = False
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(_wait_for_disconnect(exchange))
                try:
                    await self._transfer(exchange, endpoint, route, request)
                except CockpitError as error:
                    problem = error
                watch.cancel()
        except* ClientDisconnectedError:
            left = True
        if left:
            raise ClientDisconnectedError
        if problem is not None:
            raise problem

    async def _transfer(
        self, exchange: Exchange, endpoint: Endpoint, route: Route, request: UpstreamRequest
    ) -> None:
        if self._session is None:
            raise RuntimeError("the relay is not open")
        try:
            response = await self._session.request(
                request.method,
                _url(route.base_url, request.path),
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
            )
        except aiohttp.ClientConnectionError as error:
            connecting = isinstance(error, aiohttp.ClientConnectorError)
            exchange.done.upstream_failure = "connect" if connecting else "before_answer"
            raise _broken(exchange, route, error) from error
        except (aiohttp.ClientError, OSError) as error:
            exchange.done.upstream_failure = "before_answer"
            raise _broken(exchange, route, error) from error
        try:
            if response.status in _REFUSED_KEY:
                exchange.done.upstream_failure = "before_answer"
                raise _refused_key(route)
            if response.content_type == "text/event-stream":
                events = EventFilter(endpoint.usage, drop=request.drop_usage)
                if request.translation is None:
                    await _relay_stream(exchange, route, response, events)
                else:
                    await _translate_stream(exchange, route, response, request.translation)
            else:
                await _relay_whole(exchange, route, response, request.translation)
        finally:
            # After a whole answer the connection is already back in the pool, and this does
            # nothing; otherwise it closes the connection, which is what stops the engine.
            response.close()


async def _wait_for_disconnect(exchange: Exchange) -> None:
    while True:
        message = await exchange.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError


async def _relay_whole(
    exchange: Exchange,
    route: Route,
    response: aiohttp.ClientResponse,
    translation: Translation | None,
) -> None:
    """Relay an answer that is not a stream, once all of it is there.

    The engine has it whole before it sends its first byte, so waiting costs nothing, and a
    connection that breaks in the middle can still become an honest error.
    """
    try:
        body = await response.read()
    except (aiohttp.ClientError, OSError) as error:
        exchange.done.upstream_failure = "mid_answer"
        raise _broken(exchange, route, error) from error
    if response.status == 404 and body == _NO_SUCH_PATH:
        raise _unsupported(exchange, route)
    headers = tuple(_relayed_headers(response))
    if response.status >= 400:
        await exchange.reply(Reply(response.status, body, headers))
        return
    told = body if translation is None else translation.whole(body)
    await exchange.reply(Reply(response.status, told, headers))
    exchange.done.usage = usage_in_answer(body)


async def _relay_stream(
    exchange: Exchange, route: Route, response: aiohttp.ClientResponse, events: EventFilter
) -> None:
    await exchange.begin_stream(response.status, _relayed_headers(response))
    content = response.content
    try:
        while chunk := await content.readany():
            if passed := events.feed(chunk):
                await exchange.stream(passed)
    except (aiohttp.ClientError, OSError) as error:
        exchange.done.upstream_failure = "mid_answer"
        raise _broken(exchange, route, error) from error
    finally:
        exchange.done.usage = events.usage
    rest = events.finish()
    if not events.complete:
        exchange.done.upstream_failure = "mid_answer"
        if rest:
            await exchange.stream(rest.rstrip(b"\r\n") + b"\n\n")
        raise _ended_early(route)
    await exchange.end_stream(rest)


async def _translate_stream(
    exchange: Exchange,
    route: Route,
    response: aiohttp.ClientResponse,
    translation: Translation,
) -> None:
    """Tell a stream in another shape: as a stream too, or all of it when it is over."""
    events = EventFilter(OPENAI_USAGE, drop=False)
    if translation.streams:
        await exchange.begin_stream(response.status, _relayed_headers(response))
    content = response.content
    try:
        while not translation.enough and (chunk := await content.readany()):
            told = translation.feed(events.feed(chunk))
            if told and translation.streams:
                await exchange.stream(told)
    except (aiohttp.ClientError, OSError) as error:
        exchange.done.upstream_failure = "mid_answer"
        raise _broken(exchange, route, error) from error
    finally:
        exchange.done.usage = translation.usage
    told = b"" if translation.enough else translation.feed(events.finish())
    if not translation.enough and not events.complete:
        exchange.done.upstream_failure = "mid_answer"
        raise _ended_early(route)
    told += translation.finish()
    exchange.done.usage = translation.usage
    if translation.streams:
        await exchange.end_stream(told)
    else:
        await exchange.reply(Reply(response.status, told))


def _relayed_headers(response: aiohttp.ClientResponse) -> Headers:
    headers = [
        (name, value)
        for name, value in ((name.lower(), value) for name, value in response.raw_headers)
        if name not in _NOT_RELAYED and not name.startswith(b"access-control-")
    ]
    if response.status >= 400:
        headers.append((ORIGIN_HEADER, b"engine"))
    return headers


@lru_cache(maxsize=256)
def _url(base_url: str, path: str) -> URL:
    return URL(base_url + path, encoded=True)


def _broken(exchange: Exchange, route: Route, error: Exception) -> UpstreamError:
    failure = exchange.done.upstream_failure
    logger.warning(
        "engine failed a request: model=%s endpoint=%s failure=%s error=%s",
        route.model_id,
        exchange.done.endpoint,
        failure,
        type(error).__name__,
    )
    what = {
        "connect": f"The engine of {route.model_id} could not be reached.",
        "before_answer": f"The engine of {route.model_id} broke off before it answered.",
    }.get(failure or "", f"The engine of {route.model_id} broke off in the middle of its answer.")
    return UpstreamError(
        what,
        why=f"The connection to {route.base_url} failed ({type(error).__name__}).",
        remedy="Ask again; if it stays like this, look into the engine's log.",
    )


def _ended_early(route: Route) -> UpstreamError:
    return UpstreamError(
        f"The engine of {route.model_id} ended its answer too early.",
        why="The stream stopped without its regular last event.",
        remedy="Ask again; if it stays like this, look into the engine's log.",
    )


def _unsupported(exchange: Exchange, route: Route) -> UnsupportedEndpointError:
    return UnsupportedEndpointError(
        f"The model {route.model_id} does not answer on {exchange.done.endpoint}.",
        why="Its engine has no such endpoint; which ones there are depends on the kind of model.",
        remedy="Ask a model of the right kind; GET /v1/models lists those served.",
    )


def _refused_key(route: Route) -> UpstreamError:
    return UpstreamError(
        f"The engine of {route.model_id} refused the gateway.",
        why=f"Whatever listens at {route.base_url} does not know the key that the gateway uses.",
        remedy="Your own key is not the problem. Restart the engine, or the whole server.",
    )
