"""One request and its answer, from the first header to the last byte."""

from __future__ import annotations

import secrets
from time import perf_counter
from typing import TYPE_CHECKING

import anyio

from aicockpit.gateway.asgi import Headers, Receive, Reply, Scope, Send, send_reply
from aicockpit.gateway.metrics import Exchanged
from aicockpit.gateway.problems import Dialect, problem_event, problem_reply

if TYPE_CHECKING:
    from aicockpit.errors import CockpitError

CLIENT_LEFT = 499
"""The status that metrics show when a client left before its answer began."""

_LAST_WORD_SECONDS = 2.0
"""How long a client that does not read may keep the end of a broken stream waiting."""


class Exchange:
    """What is known about a request while it is being answered."""

    __slots__ = (
        "dialect",
        "done",
        "extra_headers",
        "headers",
        "method",
        "path",
        "query",
        "receive",
        "request_id",
        "send",
        "started_at",
        "streaming",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.receive = receive
        self.send = send
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.request_id = secrets.token_hex(12)
        """Random, because stored answers can be asked for under it."""
        self.extra_headers: Headers = [(b"x-request-id", self.request_id.encode())]
        """Headers of the answer, whatever it will be."""
        self.dialect = Dialect.OPENAI
        self.streaming = False
        """The answer is a stream of events, and it has begun."""
        self.done = Exchanged(endpoint="other")
        self.started_at = perf_counter()

    async def reply(self, reply: Reply) -> None:
        """Answer as a whole."""
        self.done.status = reply.status
        await send_reply(self.send, reply, self.extra_headers)

    async def begin_stream(self, status: int, headers: Headers) -> None:
        """Answer with events from now on."""
        self.done.status = status
        self.streaming = True
        start = {"type": "http.response.start", "status": status}
        await self.send({**start, "headers": headers + self.extra_headers})

    async def stream(self, events: bytes) -> None:
        """Send some bytes of the stream; returns when the client can take more."""
        if self.done.first_token is None:
            self.done.first_token = perf_counter() - self.started_at
        await self.send({"type": "http.response.body", "body": events, "more_body": True})

    async def end_stream(self, events: bytes = b"") -> None:
        """Send the last bytes of the stream, if any."""
        await self.send({"type": "http.response.body", "body": events})

    async def fail(self, error: CockpitError) -> None:
        """Answer with an error, or end a stream that has begun with an error event.

        An answer with a known length that has begun cannot be taken back; the server closes
        its connection, so that nobody takes it for complete.
        """
        if self.streaming:
            with anyio.move_on_after(_LAST_WORD_SECONDS):
                await self.end_stream(problem_event(error, self.dialect))
        elif not self.done.status:
            await self.reply(problem_reply(error, self.dialect))

    def client_left(self) -> None:
        """Note that nobody waits for the answer any more."""
        began = self.done.first_token is not None
        self.done.disconnected = "mid_answer" if began else "before_answer"
        self.done.status = self.done.status or CLIENT_LEFT

    def over(self) -> Exchanged:
        """The record of this exchange, now that it has ended."""
        self.done.duration = perf_counter() - self.started_at
        return self.done
