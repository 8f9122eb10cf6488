"""The one table from error codes to HTTP answers.

Core classes know no HTTP status; here a code gets a status, the `type` that OpenAI's clients
read, the `type` that Anthropic's clients read, and the request field it is about. A class
without a line of its own is answered like its nearest base class; a test walks the error tree
and fails when a family has none at all.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

import orjson

from aicockpit.errors import (
    CockpitError,
    MethodNotAllowedError,
    ModelLoadingError,
    UnauthorizedError,
)
from aicockpit.gateway.asgi import JSON_TYPE, Headers, Reply

ORIGIN_HEADER = b"x-aicockpit-origin"
"""Names who made an error: `gateway`, or `engine` when the body is the engine's own."""


class Dialect(Enum):
    """Whose error shape the client of an endpoint reads."""

    OPENAI = "openai"
    RESPONSES = "responses"
    ANTHROPIC = "anthropic"


class Problem(NamedTuple):
    """How one code looks in HTTP."""

    status: int
    openai_type: str
    anthropic_type: str
    param: str | None = None


_INVALID = ("invalid_request_error", "invalid_request_error")
_SERVER = ("server_error", "api_error")
_BUSY = ("server_error", "overloaded_error")

PROBLEMS: dict[str, Problem] = {
    "internal_error": Problem(500, *_SERVER),
    "config_invalid": Problem(500, *_SERVER),
    "platform_unsupported": Problem(500, *_SERVER),
    "does_not_fit": Problem(507, *_SERVER, "model"),
    "environment_error": Problem(500, *_SERVER),
    "environment_unknown": Problem(404, "invalid_request_error", "not_found_error"),
    "environment_unsupported": Problem(500, *_SERVER),
    "environment_install_failed": Problem(500, *_SERVER),
    "environment_busy": Problem(409, *_INVALID),
    "engine_error": Problem(500, *_SERVER, "model"),
    "engine_start_failed": Problem(503, *_BUSY, "model"),
    "engine_flag_invalid": Problem(500, *_SERVER, "model"),
    "engine_lost": Problem(503, *_BUSY, "model"),
    "model_error": Problem(500, *_SERVER, "model"),
    "model_source_not_found": Problem(404, "invalid_request_error", "not_found_error", "model"),
    "model_gated": Problem(403, "invalid_request_error", "permission_error", "model"),
    "hub_unreachable": Problem(502, *_SERVER, "model"),
    "model_needs_remote_code": Problem(403, "invalid_request_error", "permission_error", "model"),
    "model_broken": Problem(500, *_SERVER, "model"),
    "integrity_mismatch": Problem(500, *_SERVER, "model"),
    "disk_full": Problem(507, *_SERVER),
    "invalid_request": Problem(400, *_INVALID),
    "malformed_request": Problem(400, *_INVALID),
    "model_not_found": Problem(404, "invalid_request_error", "not_found_error", "model"),
    "invalid_api_key": Problem(401, "invalid_request_error", "authentication_error"),
    "origin_not_allowed": Problem(403, "invalid_request_error", "permission_error"),
    "request_too_large": Problem(413, "invalid_request_error", "request_too_large"),
    "unsupported_media_type": Problem(415, *_INVALID),
    "unknown_path": Problem(404, "invalid_request_error", "not_found_error"),
    "method_not_allowed": Problem(405, *_INVALID),
    "fim_unsupported": Problem(400, *_INVALID, "model"),
    "context_length_exceeded": Problem(400, *_INVALID, "prompt"),
    "endpoint_unsupported": Problem(404, "invalid_request_error", "not_found_error", "model"),
    "model_unavailable": Problem(503, *_BUSY, "model"),
    "model_loading": Problem(503, *_BUSY, "model"),
    "model_failed": Problem(503, *_BUSY, "model"),
    "gateway_stopping": Problem(503, *_BUSY),
    "cannot_listen": Problem(500, *_SERVER),
    "gateway_unreachable": Problem(502, *_SERVER),
    "upstream_error": Problem(502, *_SERVER),
    "offline_error": Problem(500, *_SERVER),
    "offline_unsupported": Problem(400, *_INVALID),
    "batch_error": Problem(400, *_INVALID),
    "editor_error": Problem(500, *_SERVER),
    "extension_not_built": Problem(404, "invalid_request_error", "not_found_error"),
}


def problem_reply(error: CockpitError, dialect: Dialect = Dialect.OPENAI) -> Reply:
    """The whole HTTP answer for `error`."""
    headers = (JSON_TYPE, (ORIGIN_HEADER, b"gateway"), *_own_headers(error))
    body = orjson.dumps(_error_object(error, dialect))
    return Reply(problem_status(error), body, headers)


def problem_status(error: CockpitError) -> int:
    """The HTTP status of `error`."""
    return _problem(error).status


def problem_event(error: CockpitError, dialect: Dialect) -> bytes:
    """A server-sent event that ends a stream which cannot go on, in the endpoint's shape.

    The OpenAI and Anthropic SDKs raise on it; a client that ignores it still misses the
    stream's regular last event, because none follows.
    """
    content = _error_object(error, dialect)
    if dialect is Dialect.OPENAI:
        return b"data: " + orjson.dumps(content) + b"\n\n"
    if dialect is Dialect.RESPONSES:
        content |= {"type": "error", "code": error.code, "message": str(error), "param": None}
    return b"event: error\ndata: " + orjson.dumps(content) + b"\n\n"


def unexpected_error() -> CockpitError:
    """What a client hears about a fault of ours; the log has the rest."""
    return CockpitError(
        "The gateway failed to answer.",
        why="This is a fault in the gateway itself; its log has the details.",
        remedy="Ask again, and report the fault with the log if it stays.",
    )


def _error_object(error: CockpitError, dialect: Dialect) -> dict[str, object]:
    problem = _problem(error)
    if dialect is Dialect.ANTHROPIC:
        inner = {"type": problem.anthropic_type, "message": str(error), "code": error.code}
        return {"type": "error", "error": inner}
    return {
        "error": {
            "message": str(error),
            "type": problem.openai_type,
            "param": problem.param,
            "code": error.code,
        }
    }


def _problem(error: CockpitError) -> Problem:
    for kind in type(error).__mro__:
        problem = PROBLEMS.get(getattr(kind, "code", ""))
        if problem is not None:
            return problem
    return PROBLEMS["internal_error"]


def _own_headers(error: CockpitError) -> Headers:
    match error:
        case ModelLoadingError():
            return [(b"retry-after", str(error.retry_after).encode())]
        case MethodNotAllowedError():
            return [(b"allow", ", ".join(error.allowed).encode())]
        case UnauthorizedError():
            return [(b"www-authenticate", b"Bearer")]
        case _:
            return []
