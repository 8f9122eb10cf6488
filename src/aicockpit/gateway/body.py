"""Reading a request's body once, and saying exactly what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from aicockpit.errors import (
    MalformedRequestError,
    RequestTooLargeError,
    UnsupportedMediaTypeError,
)
from aicockpit.gateway.asgi import ClientDisconnectedError, Receive


async def read_body(receive: Receive, headers: Mapping[bytes, bytes], limit: int) -> bytes:
    """The whole body, of at most `limit` bytes.

    Raises:
        RequestTooLargeError: it is longer, by its own word or in fact.
        ClientDisconnectedError: the client left while sending it.
    """
    declared = headers.get(b"content-length")
    if declared is not None and int(declared) > limit:
        raise _too_large(limit)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnectedError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    parts, size = [body], len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


def check_json_type(content_type: bytes | None) -> None:
    """Refuse what does not call itself JSON, as vLLM does.

    Raises:
        UnsupportedMediaTypeError: the media type is missing or another one.
    """
    if content_type == b"application/json":
        return
    media_type = (content_type or b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json":
        shown = media_type.decode("latin-1") or "none at all"
        raise UnsupportedMediaTypeError(
            "The request body must be JSON.",
            why=f"Its Content-Type is {shown}.",
            remedy="Send the header Content-Type: application/json.",
        )


def parse_object(body: bytes) -> dict[str, object]:
    """The body's JSON object.

    Raises:
        MalformedRequestError: it is no JSON, with the position, or JSON but no object.
    """
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _malformed(body, error) from None
    if not isinstance(payload, dict):
        kinds = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
        raise MalformedRequestError(
            "The request body must be a JSON object.",
            why=f"It is {kinds.get(type(payload), 'a number')}.",
            remedy="Send the parameters as the members of one object.",
        )
    return payload


def _too_large(limit: int) -> RequestTooLargeError:
    return RequestTooLargeError(
        "The request body is too large.",
        why=f"The gateway takes at most {limit:,} bytes.",
        remedy="Send less context, or raise server.max_request_size.",
    )


def _malformed(body: bytes, error: orjson.JSONDecodeError) -> MalformedRequestError:
    if not body.strip():
        return MalformedRequestError(
            "The request body is empty.",
            why="This endpoint reads its parameters from a JSON object.",
            remedy="Send the object as the body, with its Content-Length.",
        )
    try:
        text = body.decode()
    except UnicodeDecodeError as invalid:
        return MalformedRequestError(
            "The request body is not valid JSON.",
            why=f"Byte {invalid.start} is not valid UTF-8, which JSON must be.",
            remedy="Encode the body as UTF-8.",
        )
    reason = error.msg.rstrip(".")
    before = text[: error.pos]
    line = before.count("\n") + 1
    column = error.pos - (before.rfind("\n") + 1) + 1
    found = repr(text[error.pos]) if error.pos < len(text) else "the end of the body"
    return MalformedRequestError(
        "The request body is not valid JSON.",
        why=f"At line {line}, column {column} (byte {len(before.encode())}), at {found}: {reason}.",
        remedy="Correct the JSON there.",
    )
