"""The inference endpoints: an explicit list of what the gateway passes to an engine.

vLLM serves much more than this on the same port: adapters that load files, sleep and memory
control, collective calls, its metrics, `/invocations` which reaches every endpoint under one
name. Nothing that is not listed here is ever passed on.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import Enum

from aicockpit.errors import MethodNotAllowedError, UnknownPathError
from aicockpit.gateway.fim_shapes import FimShape
from aicockpit.gateway.problems import Dialect
from aicockpit.gateway.sse import (
    MESSAGES_USAGE,
    NO_USAGE,
    OPENAI_USAGE,
    RESPONSES_USAGE,
    UsageStyle,
)


class BodyKind(Enum):
    """What a request to an endpoint carries."""

    JSON = "json"
    FORM = "form"
    """multipart/form-data, with the model's name in a field."""
    NONE = "none"


@dataclass(frozen=True)
class Endpoint:
    """One path that is passed on to an engine."""

    path: str
    """As clients write it, and as metrics call it."""
    method: str = "POST"
    body: BodyKind = BodyKind.JSON
    dialect: Dialect = Dialect.OPENAI
    usage: UsageStyle = NO_USAGE
    priority_field: bool = False
    """The body has vLLM's field `priority`."""
    priority_header: bool = False
    """The body has no such field, but vLLM reads the header of the same meaning."""
    stores: bool = False
    """Answers get an id under which they can be asked for later, from the same engine."""
    fim: FimShape | None = None
    """Requests are always to fill in the middle, and engines have no such endpoint."""


CHAT = Endpoint("/v1/chat/completions", usage=OPENAI_USAGE, priority_field=True)
COMPLETIONS = Endpoint("/v1/completions", usage=OPENAI_USAGE, priority_field=True)
RESPONSES = Endpoint(
    "/v1/responses",
    dialect=Dialect.RESPONSES,
    usage=RESPONSES_USAGE,
    priority_field=True,
    stores=True,
)
MESSAGES = Endpoint(
    "/v1/messages", dialect=Dialect.ANTHROPIC, usage=MESSAGES_USAGE, priority_header=True
)
STORED_RESPONSE = Endpoint("/v1/responses/{id}", method="GET", body=BodyKind.NONE)
CANCEL_RESPONSE = Endpoint("/v1/responses/{id}/cancel", body=BodyKind.NONE)

ENDPOINTS: dict[str, Endpoint] = {
    endpoint.path: endpoint
    for endpoint in (
        CHAT,
        COMPLETIONS,
        Endpoint(
            "/v1/fim/completions", usage=OPENAI_USAGE, priority_field=True, fim=FimShape.MISTRAL
        ),
        Endpoint("/infill", usage=OPENAI_USAGE, priority_field=True, fim=FimShape.LLAMA),
        RESPONSES,
        MESSAGES,
        Endpoint("/v1/messages/count_tokens", dialect=Dialect.ANTHROPIC),
        Endpoint("/v1/embeddings", priority_field=True),
        Endpoint("/v2/embed", priority_field=True),
        Endpoint("/pooling", priority_field=True),
        Endpoint("/classify", priority_field=True),
        Endpoint("/score", priority_field=True),
        Endpoint("/v1/score", priority_field=True),
        Endpoint("/rerank", priority_field=True),
        Endpoint("/v1/rerank", priority_field=True),
        Endpoint("/v2/rerank", priority_field=True),
        Endpoint("/tokenize"),
        Endpoint("/detokenize"),
        Endpoint("/v1/audio/transcriptions", body=BodyKind.FORM),
        Endpoint("/v1/audio/translations", body=BodyKind.FORM),
    )
}
"""The endpoints without a variable part, by path."""

OWN_PATHS = {
    "/health": ("GET", "HEAD"),
    "/ready": ("GET", "HEAD"),
    "/metrics": ("GET",),
    "/v1/models": ("GET",),
    "/extension.vsix": ("GET", "HEAD"),
}
"""What the gateway answers itself, and the methods of each."""

_STORED = re.compile(r"/v1/responses/(?P<id>[A-Za-z0-9_-]{1,128})(?P<cancel>/cancel)?")


def stored_response(path: str) -> tuple[Endpoint, str] | None:
    """The endpoint and the response's id when `path` is about a stored response."""
    match = _STORED.fullmatch(path)
    if match is None:
        return None
    return (CANCEL_RESPONSE if match["cancel"] else STORED_RESPONSE), match["id"]


def check_method(path: str, method: str, allowed: tuple[str, ...]) -> None:
    """Refuse a method that `path` does not take.

    Raises:
        MethodNotAllowedError: it is none of `allowed`.
    """
    if method not in allowed:
        raise MethodNotAllowedError(
            f"{path} does not take {method} requests.",
            why=f"It takes {' and '.join(allowed)}.",
            remedy=f"Send a {allowed[0]} request.",
            allowed=allowed,
        )


def unknown_path(path: str) -> UnknownPathError:
    """The error for a path that does not exist, with the nearest one that does."""
    known = [*ENDPOINTS, *OWN_PATHS]
    near = difflib.get_close_matches(path, known, n=1, cutoff=0.75) or [
        candidate for candidate in known if candidate.endswith(path.rstrip("/")) and len(path) > 1
    ]
    remedy = f"Did you mean {near[0]}?" if near else f"The endpoints are {', '.join(known)}."
    return UnknownPathError(
        f"The gateway has no path {path[:200]!r}.",
        why="It serves OpenAI's and Anthropic's endpoints and what is listed in the README.",
        remedy=remedy,
    )
