"""The few ASGI types and the one way in which complete answers are sent.

Names are the protocol's own: scope, receive, send. Streams are sent by `relay`; everything
that is known as a whole goes through `Reply`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]

_WITHOUT_BODY = (204, 304)

JSON_TYPE = (b"content-type", b"application/json")


class ClientDisconnectedError(Exception):
    """The client left before its answer was complete; there is nobody to tell."""


@dataclass(frozen=True)
class Reply:
    """A complete answer."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = (JSON_TYPE,)

    @classmethod
    def json(
        cls, content: Mapping[str, object], *, status: int = 200, headers: Headers | None = None
    ) -> Reply:
        """An answer with a JSON body."""
        return cls(status, orjson.dumps(content), (JSON_TYPE, *(headers or ())))


async def send_reply(send: Send, reply: Reply, extra: Headers) -> None:
    """Send `reply` with `extra` headers, which apply to every answer of one exchange."""
    headers = [*reply.headers, *extra]
    if reply.status not in _WITHOUT_BODY:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
