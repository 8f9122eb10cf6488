"""What the gateway answers without an engine: health, readiness, models, preflights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aicockpit.errors import UnknownModelError
from aicockpit.gateway.asgi import Headers, Reply
from aicockpit.gateway.directory import DEFAULT_ALIAS, ServedModel

HEALTH = Reply.json({"status": "ok"})

_PREFLIGHT_SECONDS = b"600"
_EXPOSED = b"retry-after, x-aicockpit-dropped, x-aicockpit-origin, x-request-id"


def readiness(models: Sequence[ServedModel]) -> Reply:
    """200 when the default model answers, else 503 with what it is doing."""
    default = next((model for model in models if model.default), None)
    if default is None:
        return Reply.json({"status": "no_models"}, status=503)
    ready = default.state == "ready"
    content = {"status": default.state, "model": default.id}
    return Reply.json(content, status=200 if ready else 503)


def list_models(models: Sequence[ServedModel]) -> Reply:
    """The body of `/v1/models`."""
    return Reply.json({"object": "list", "data": [_card(model) for model in models]})


def show_model(models: Sequence[ServedModel], name: str) -> Reply:
    """The body of `/v1/models/{id}`; aliases and `default` are found too.

    Raises:
        UnknownModelError: no model has this name.
    """
    for model in models:
        if name in (model.id, *model.aliases) or (model.default and name == DEFAULT_ALIAS):
            return Reply.json(_card(model))
    raise UnknownModelError(
        f"There is no model {name[:200]!r}.",
        why=f"The served models are {', '.join(model.id for model in models) or 'none'}.",
        remedy="Use one of these, or default.",
    )


def cross_origin_headers(origin: bytes) -> Headers:
    """What lets an allowed origin's page read an answer."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]


def preflight(headers: Mapping[bytes, bytes]) -> Reply:
    """The answer to OPTIONS; its origin has been checked before."""
    answer: Headers = [(b"allow", b"GET, HEAD, OPTIONS, POST")]
    if b"origin" in headers and b"access-control-request-method" in headers:
        asked = headers.get(b"access-control-request-headers", b"authorization, content-type")
        answer += [
            (b"access-control-allow-methods", b"GET, POST, DELETE"),
            (b"access-control-allow-headers", asked),
            (b"access-control-max-age", _PREFLIGHT_SECONDS),
        ]
        if b"access-control-request-private-network" in headers:
            answer.append((b"access-control-allow-private-network", b"true"))
    return Reply(204, b"", tuple(answer))


def _card(model: ServedModel) -> dict[str, object]:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created,
        "owned_by": "aicockpit",
        "max_model_len": model.context_length,
        "aliases": list(model.aliases),
        "roles": list(model.roles),
        "fim": model.fim,
        "state": model.state,
        "default": model.default,
    }
