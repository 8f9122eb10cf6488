"""Passing a server-sent event stream through while finding, and maybe dropping, one event.

vLLM tells token counts in an extra last event, and only when asked. The gateway always asks, so
it has to take that event out again for clients that did not. Every other byte passes unchanged
and nothing is parsed but events that look like the one sought: a chunk costs two searches.

An incomplete event is held until the rest arrives. vLLM writes whole events, so nothing waits
for long; in return a stream that breaks can be ended at a clean event boundary. The bytes that
come out do not depend on how the bytes going in were split, which a property test checks.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import orjson

from aicockpit.gateway.usage import Usage, usage_of

EVENT_LIMIT = 64 * 1024
"""Bytes above which an event is neither held nor looked into; usage events have hundreds."""

_BOUNDARY = re.compile(rb"\r?\n\r?\n")
_LONGEST_BOUNDARY = 4
_END_KEPT = 64


class UsageStyle(NamedTuple):
    """How the streams of one kind of endpoint tell their token counts."""

    mark: re.Pattern[bytes] | None
    """Found in each event that tells them, and in few others."""
    inside: str | None = None
    """The member of the event's object that holds `usage`; None when the object itself does."""
    own_event: bool = False
    """The counts have an event to themselves, which can be dropped."""
    final_data: bytes | None = None
    """The data of the event that ends each complete stream."""


OPENAI_USAGE = UsageStyle(
    re.compile(rb'"choices"\s*:\s*\[\s*\]'), own_event=True, final_data=b"[DONE]"
)
RESPONSES_USAGE = UsageStyle(
    re.compile(rb'"type"\s*:\s*"response\.(?:completed|incomplete|failed)"'), inside="response"
)
MESSAGES_USAGE = UsageStyle(re.compile(rb'"type"\s*:\s*"message_delta"'))
NO_USAGE = UsageStyle(None)


class EventFilter:
    """One stream on its way through.

    Args:
        style: how this stream tells token counts.
        drop: take the event out that tells nothing else, because the client did not ask for it.
    """

    def __init__(self, style: UsageStyle, *, drop: bool) -> None:
        self._style = style
        self._drop = drop and style.own_event
        self._held = b""
        self._oversized = False
        self._end = b""
        self.usage: Usage | None = None
        """The last counts seen."""

    @property
    def complete(self) -> bool:
        """Whether the stream had its regular last event, as far as its kind has one."""
        final = self._style.final_data
        return final is None or self._end.rstrip(b"\r\n").endswith(final)

    def feed(self, chunk: bytes) -> bytes:
        """Take upstream's next bytes and give those that may go on to the client."""
        if self._held:
            chunk = self._held + chunk
            self._held = b""
        out = b""
        if self._oversized:
            out, chunk = self._pass_oversized(chunk)
        if chunk:
            out += self._pass_events(chunk)
        if out:
            self._end = out if len(out) >= _END_KEPT else (self._end + out)[-_END_KEPT:]
        return out

    def finish(self) -> bytes:
        """What is still held when upstream ends in order: an event without its blank line."""
        rest, self._held = self._held, b""
        if not self._oversized and self._is_dropped(rest):
            return b""
        self._end = (self._end + rest)[-_END_KEPT:]
        return rest

    def _pass_events(self, chunk: bytes) -> bytes:
        if not chunk.endswith((b"\n\n", b"\n\r\n")):
            cut = max(chunk.rfind(b"\n\n") + 2, chunk.rfind(b"\n\r\n") + 3)
            cut = cut if cut > 2 else 0
            chunk, rest = chunk[:cut], chunk[cut:]
            if len(rest) > EVENT_LIMIT and len(rest.lstrip(b"\r\n")) > EVENT_LIMIT:
                self._oversized = True
                passed, rest = _keep_end(rest)
                self._held = rest
                return self._sifted(chunk) + passed
            self._held = rest
        return self._sifted(chunk)

    def _pass_oversized(self, chunk: bytes) -> tuple[bytes, bytes]:
        """Let the rest of a very long event through; give that and what follows the event."""
        boundary = _BOUNDARY.search(chunk)
        if boundary is None:
            passed, self._held = _keep_end(chunk)
            return passed, b""
        self._oversized = False
        return chunk[: boundary.end()], chunk[boundary.end() :]

    def _sifted(self, events: bytes) -> bytes:
        """Whole events without the one that is dropped."""
        mark = self._style.mark
        if mark is None or mark.search(events) is None:
            return events
        kept, start = [], 0
        for boundary in _BOUNDARY.finditer(events):
            event = events[start : boundary.end()]
            start = boundary.end()
            if self._is_dropped(event):
                event = event[: len(event) - len(event.lstrip(b"\r\n"))]
            kept.append(event)
        kept.append(events[start:])
        return b"".join(kept)

    def _is_dropped(self, event: bytes) -> bool:
        """Look into an event that may tell counts: remember them, and whether it must go."""
        mark = self._style.mark
        content = event.lstrip(b"\r\n")
        if mark is None or len(content) > EVENT_LIMIT or mark.search(content) is None:
            return False
        usage = _usage_in(content, self._style)
        if usage is None:
            return False
        self.usage = usage
        return self._drop


def _usage_in(event: bytes, style: UsageStyle) -> Usage | None:
    data = b"\n".join(line[5:].strip() for line in event.splitlines() if line.startswith(b"data:"))
    try:
        content = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or (style.own_event and content.get("choices") != []):
        return None
    holder = content if style.inside is None else content.get(style.inside)
    return usage_of(holder.get("usage")) if isinstance(holder, dict) else None


def _keep_end(chunk: bytes) -> tuple[bytes, bytes]:
    """`chunk` split so that a boundary which it may begin stays together."""
    cut = max(0, len(chunk) - (_LONGEST_BOUNDARY - 1))
    return chunk[:cut], chunk[cut:]
