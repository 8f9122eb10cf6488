"""Turning a client's request into the one an engine gets: only what must change changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from aicockpit.errors import MalformedRequestError
from aicockpit.gateway.directory import DEFAULT_ALIAS, Route
from aicockpit.gateway.route_table import Endpoint
from aicockpit.gateway.tasks import Task

if TYPE_CHECKING:
    from aicockpit.gateway.fim_answers import Translation

GATEWAY_FIELDS = (
    "cache_salt",
    "request_id",
    "session_id",
    "kv_transfer_params",
    "ec_transfer_params",
    "data_parallel_rank",
)
"""Fields that steer the engine rather than the answer: they name other requests, other users'
cache entries or other machines. Only the gateway sets them; a client's are dropped."""

_FORWARDED = (b"accept", b"content-type", b"traceparent", b"tracestate")
"""Request headers that an engine gets. vLLM takes orders from several others (priority, data
parallel rank, session, request id), so nothing passes that is not listed."""

PRIORITY_HEADER = "X-Vllm-Priority"
"""How vLLM takes a priority where the body has no field for it."""

_EXTRA_ARGUMENTS = "vllm_xargs"


@dataclass(frozen=True)
class UpstreamRequest:
    """What goes to the engine."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    drop_usage: bool = False
    """The gateway asked for token counts in the stream and the client did not."""
    translation: Translation | None = None
    """How the answer is told to a client that reads another shape; None passes it on."""


def model_name(payload: Mapping[str, object]) -> str:
    """The model that a body names; the default one when it names none, as vLLM does.

    Raises:
        MalformedRequestError: the name is not a string.
    """
    name = payload.get("model")
    if name is None:
        return DEFAULT_ALIAS
    if not isinstance(name, str):
        raise MalformedRequestError(
            "The field model must be a string.",
            why=f"It is {orjson.dumps(name).decode()[:80]}.",
            remedy="Send the id of a model that GET /v1/models lists.",
        )
    return name or DEFAULT_ALIAS


def upstream_headers(
    headers: Mapping[bytes, bytes], route: Route, request_id: str
) -> dict[str, str]:
    """The headers for the engine, its own key among them."""
    chosen = {
        name.decode(): headers[name].decode("latin-1") for name in _FORWARDED if name in headers
    }
    chosen["Authorization"] = f"Bearer {route.api_key}"
    chosen["X-Request-Id"] = request_id
    return chosen


def set_fields(
    payload: dict[str, object], endpoint: Endpoint, route: Route, task: Task, request_id: str
) -> bool:
    """Set, in place, what the gateway decides; True when it asks for usage unlike the client."""
    payload["model"] = route.upstream_model
    for name in GATEWAY_FIELDS:
        payload.pop(name, None)
    extra = payload.get(_EXTRA_ARGUMENTS)
    if isinstance(extra, dict):
        for name in GATEWAY_FIELDS:
            extra.pop(name, None)
    if endpoint.priority_field:
        payload["priority"] = task.priority
    else:
        payload.pop("priority", None)
    if endpoint.stores:
        payload["request_id"] = stored_id(request_id)
    return endpoint.usage.own_event and _ask_for_usage(payload)


def stored_id(request_id: str) -> str:
    """The id under which an engine keeps the answer to a request, where it keeps answers."""
    return f"resp_{request_id}"


def _ask_for_usage(payload: dict[str, object]) -> bool:
    if payload.get("stream") is not True:
        return False
    options = payload.get("stream_options")
    if options is None:
        payload["stream_options"] = {"include_usage": True}
        return True
    if not isinstance(options, dict) or options.get("include_usage"):
        return False
    # Without include_usage vLLM ignores continuous_usage_stats, so it must not start to work.
    payload["stream_options"] = {**options, "include_usage": True, "continuous_usage_stats": False}
    return True
