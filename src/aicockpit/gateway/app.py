"""The gateway's ASGI application: check, dispatch, and end every exchange properly."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread
import orjson

from aicockpit.editors import find_packed
from aicockpit.errors import CockpitError, GatewayStoppingError
from aicockpit.gateway.access import Access
from aicockpit.gateway.asgi import (
    ASGIApp,
    ClientDisconnectedError,
    Message,
    Receive,
    Reply,
    Scope,
    Send,
)
from aicockpit.gateway.body import check_json_type, parse_object, read_body
from aicockpit.gateway.directory import DEFAULT_ALIAS
from aicockpit.gateway.exchange import Exchange
from aicockpit.gateway.extension_file import ExtensionFile
from aicockpit.gateway.fim_prompts import FimPrompts
from aicockpit.gateway.fim_service import FimService
from aicockpit.gateway.fim_shapes import asks_fim
from aicockpit.gateway.metrics import CONTENT_TYPE, Metrics
from aicockpit.gateway.multipart import find_model_field
from aicockpit.gateway.own_answers import (
    HEALTH,
    cross_origin_headers,
    list_models,
    preflight,
    readiness,
    show_model,
)
from aicockpit.gateway.problems import unexpected_error
from aicockpit.gateway.relay import Relay
from aicockpit.gateway.route_table import (
    COMPLETIONS,
    ENDPOINTS,
    OWN_PATHS,
    BodyKind,
    Endpoint,
    check_method,
    stored_response,
    unknown_path,
)
from aicockpit.gateway.tasks import TASK_HEADER, Task, lowered_task, shape_task
from aicockpit.gateway.upstream_request import (
    PRIORITY_HEADER,
    UpstreamRequest,
    model_name,
    set_fields,
    stored_id,
    upstream_headers,
)

if TYPE_CHECKING:
    from aicockpit.config.model import ServerSettings
    from aicockpit.gateway.directory import Directory, Route

logger = logging.getLogger(__name__)

_MODEL_PATH = "/v1/models/"
_EXTENSION = "/extension.vsix"
_KEYLESS = ("/health", "/ready", _EXTENSION)
"""What tells or gives nothing that a key protects; the extension comes by a browser, too, which
has no key to send."""
_STORED_REMEMBERED = 10_000


def create_app(
    directory: Directory, settings: ServerSettings, *, bound_host: str | None = None
) -> Gateway:
    """The gateway over `directory`, listening on `bound_host` (the settings' host by default)."""
    return Gateway(directory, settings, bound_host or settings.host)


class Gateway:
    """An ASGI application with a lifespan, during which it holds its connections to engines."""

    def __init__(self, directory: Directory, settings: ServerSettings, bound_host: str) -> None:
        self._directory = directory
        self._body_limit = settings.max_request_size
        self._access = Access(settings, bound_host)
        self._relay = Relay()
        self._fim = FimService(directory, self._relay, FimPrompts())
        self._metrics = Metrics()
        self._extension = ExtensionFile(find_packed)
        self._control: ASGIApp | None = None
        self._control_lock = anyio.Lock()
        self._running: dict[Exchange, asyncio.Task[object]] = {}
        self._given_up: set[Exchange] = set()
        self._stored: OrderedDict[str, str] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http":
            await self._serve(Exchange(scope, receive, send), scope)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close"})

    def give_up_running(self) -> None:
        """End every exchange that still runs, each with an error that says so."""
        for exchange, task in self._running.items():
            if exchange not in self._given_up:
                self._given_up.add(exchange)
                task.cancel()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._relay.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._relay.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, exchange: Exchange, scope: Scope) -> None:
        """Answer, and see to it that every failure reaches the client in its own shape."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("an ASGI application runs in a task")
        self._running[exchange] = task
        self._metrics.started()
        try:
            await self._answer(exchange, scope)
        except CockpitError as error:
            await exchange.fail(error)
        except ClientDisconnectedError:
            exchange.client_left()
        except asyncio.CancelledError:
            if exchange not in self._given_up:
                raise
            task.uncancel()
            await exchange.fail(_stopping())
        except Exception:
            logger.exception("a request failed: path=%s", exchange.path)
            await exchange.fail(unexpected_error())
        finally:
            del self._running[exchange]
            self._given_up.discard(exchange)
            self._metrics.finished(exchange.over())

    async def _answer(self, exchange: Exchange, scope: Scope) -> None:
        path, headers = exchange.path, exchange.headers
        endpoint = ENDPOINTS.get(path)
        if endpoint is not None:
            exchange.dialect = endpoint.dialect
            exchange.done.endpoint = path
        self._access.check_host(headers.get(b"host"))
        origin = headers.get(b"origin")
        if origin is not None and self._access.check_origin(origin, headers.get(b"host")):
            exchange.extra_headers += cross_origin_headers(origin)
        if exchange.method == "OPTIONS":
            await exchange.reply(preflight(headers))
            return
        if path not in _KEYLESS:
            self._access.check_key(headers)
        if endpoint is not None:
            check_method(path, exchange.method, (endpoint.method,))
            await self._infer(exchange, endpoint)
        elif path in OWN_PATHS or path.startswith(_MODEL_PATH):
            await self._answer_self(exchange)
        elif path.startswith("/api/") or path == "/docs":
            await self._answer_control(exchange, scope)
        elif (stored := stored_response(path)) is not None:
            await self._ask_stored(exchange, *stored)
        else:
            raise unknown_path(path)

    async def _answer_self(self, exchange: Exchange) -> None:
        path = exchange.path
        check_method(path, exchange.method, OWN_PATHS.get(path, ("GET",)))
        exchange.done.endpoint = path if path in OWN_PATHS else f"{_MODEL_PATH}{{id}}"
        match path:
            case "/health":
                reply = HEALTH
            case "/ready":
                reply = readiness(self._directory.models())
            case "/metrics":
                types = ((b"content-type", CONTENT_TYPE),)
                reply = Reply(200, self._metrics.exposition(), types)
            case "/extension.vsix":
                reply = await self._extension.reply(exchange.headers)
            case "/v1/models":
                reply = list_models(self._directory.models())
            case _:
                name = path.removeprefix(_MODEL_PATH)
                reply = show_model(self._directory.models(), name)
        await exchange.reply(reply)

    async def _infer(self, exchange: Exchange, endpoint: Endpoint) -> None:
        """Pass a request on to the engine of the model that it names."""
        content_type = exchange.headers.get(b"content-type")
        if endpoint.body is BodyKind.JSON:
            check_json_type(content_type)
        body = await read_body(exchange.receive, exchange.headers, self._body_limit)
        header = exchange.headers.get(TASK_HEADER)
        drop_usage = False
        if endpoint.body is BodyKind.FORM:
            field = find_model_field(body, content_type)
            route = self._directory.route(field.name or DEFAULT_ALIAS)
            task = lowered_task(Task.CHAT, header)
            if field.name is not None:
                body = field.replaced(body, route.upstream_model)
        else:
            payload = parse_object(body)
            if endpoint.fim is not None or (endpoint is COMPLETIONS and asks_fim(payload)):
                await self._fim.answer(exchange, endpoint, payload)
                return
            route = self._directory.route(model_name(payload))
            shape = shape_task(payload) if endpoint is COMPLETIONS else Task.CHAT
            task = lowered_task(shape, header)
            drop_usage = set_fields(payload, endpoint, route, task, exchange.request_id)
            body = orjson.dumps(payload)
        exchange.done.model, exchange.done.task = route.model_id, task.value
        sent = upstream_headers(exchange.headers, route, exchange.request_id)
        if endpoint.priority_header:
            sent[PRIORITY_HEADER] = str(task.priority)
        if endpoint.stores:
            self._remember_stored(stored_id(exchange.request_id), route)
        request = UpstreamRequest(endpoint.method, endpoint.path, sent, body, drop_usage)
        await self._relay.forward(exchange, endpoint, route, request)

    async def _ask_stored(self, exchange: Exchange, endpoint: Endpoint, name: str) -> None:
        """Ask the engine that made a stored answer; one that nobody remembers, the default."""
        exchange.dialect, exchange.done.endpoint = endpoint.dialect, endpoint.path
        check_method(exchange.path, exchange.method, (endpoint.method,))
        route = self._directory.route(self._stored.get(name, DEFAULT_ALIAS))
        exchange.done.model = route.model_id
        query = f"?{exchange.query.decode('latin-1')}" if exchange.query else ""
        sent = upstream_headers(exchange.headers, route, exchange.request_id)
        request = UpstreamRequest(endpoint.method, exchange.path + query, sent, None)
        await self._relay.forward(exchange, endpoint, route, request)

    def _remember_stored(self, name: str, route: Route) -> None:
        self._stored[name] = route.model_id
        if len(self._stored) > _STORED_REMEMBERED:
            self._stored.popitem(last=False)

    async def _answer_control(self, exchange: Exchange, scope: Scope) -> None:
        exchange.done.endpoint = "control"
        async with self._control_lock:
            if self._control is None:
                self._control = await anyio.to_thread.run_sync(_load_control, self._directory)
        control = self._control

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.done.status = message["status"]
                message["headers"] = [*message.get("headers", ()), *exchange.extra_headers]
            await exchange.send(message)

        try:
            await control(scope, exchange.receive, send)
        except Exception:
            # FastAPI answers an unexpected failure first and raises it then.
            if not exchange.done.status:
                raise
            logger.exception("a control request failed: path=%s", exchange.path)


def _load_control(directory: Directory) -> ASGIApp:
    from aicockpit.gateway.control import create_control_app  # noqa: PLC0415

    return create_control_app(directory)


def _stopping() -> GatewayStoppingError:
    return GatewayStoppingError(
        "The gateway is stopping.",
        why="The time that running requests have to finish is over.",
        remedy="Ask again when it is back.",
    )
