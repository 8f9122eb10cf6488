"""vLLM's completions, told in the words of Mistral and of llama.cpp's server.

Pure apart from a clock that is handed in: bytes of vLLM's answer in, bytes for the client out,
event by event. What comes out does not depend on how the bytes going in were split, which a
property test checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import orjson

from aicockpit.gateway.usage import Usage, usage_of

_BOUNDARY = re.compile(rb"\r?\n\r?\n")
_DONE = b"[DONE]"


class Translation(Protocol):
    """One answer on its way to a client that reads another shape."""

    streams: bool
    """The client gets events; otherwise all of it at the end."""
    usage: Usage | None
    """Token counts, as far as they are known."""

    @property
    def enough(self) -> bool:
        """Nothing that upstream may still say is wanted."""

    def whole(self, body: bytes) -> bytes:
        """The client's answer from a complete one."""

    def feed(self, chunk: bytes) -> bytes:
        """Take upstream's next bytes and give the client's next events."""

    def finish(self) -> bytes:
        """The last events, or all of the answer when it does not stream."""


class EventReader:
    """Splits a server-sent event stream into the data of its events."""

    def __init__(self) -> None:
        self._held = b""

    def read(self, chunk: bytes) -> Iterator[bytes]:
        """The data of each event that is complete by now."""
        self._held += chunk
        start = 0
        for boundary in _BOUNDARY.finditer(self._held):
            # A boundary at the very end may still grow: "\n\n" needs no more, "\r" is not one.
            event = self._held[start : boundary.end()]
            start = boundary.end()
            if data := _data(event):
                yield data
        self._held = self._held[start:]

    def rest(self) -> Iterator[bytes]:
        """The data of an event that the stream's end left without its blank line."""
        held, self._held = self._held, b""
        if data := _data(held):
            yield data


class MistralAnswer:
    """Mistral's shape: a chat completion, in chunks when it streams, with usage on the last."""

    def __init__(self, *, streams: bool) -> None:
        self.streams = streams
        self.usage: Usage | None = None
        self._reader = EventReader()
        self._held: dict[str, Any] | None = None
        self._begun: set[int] = set()

    @property
    def enough(self) -> bool:
        """The whole answer is always wanted."""
        return False

    def whole(self, body: bytes) -> bytes:
        """A `chat.completion` with the same ids, choices and usage."""
        answer = orjson.loads(body)
        self.usage = usage_of(answer.get("usage"))
        choices = [
            _mistral_choice(choice)
            | {"message": {"role": "assistant", "content": choice["text"], "tool_calls": None}}
            for choice in answer["choices"]
        ]
        told = _identity(answer, "chat.completion") | {"choices": choices}
        return orjson.dumps(told | {"usage": answer.get("usage")})

    def feed(self, chunk: bytes) -> bytes:
        """Chunks with a `delta`; one that ends a choice waits for the counts."""
        return b"".join(self._tell(data) for data in self._reader.read(chunk))

    def finish(self) -> bytes:
        """What still waits when upstream ends."""
        return b"".join(self._tell(data) for data in self._reader.rest()) + self._release()

    def _tell(self, data: bytes) -> bytes:
        if data == _DONE:
            return self._release() + b"data: [DONE]\n\n"
        event = orjson.loads(data)
        if "choices" not in event:
            return self._release() + _event(event)
        if not event["choices"]:
            self.usage = usage_of(event.get("usage"))
            return self._release(event.get("usage"))
        out = self._release()
        told = _identity(event, "chat.completion.chunk")
        told["choices"] = [self._delta(choice) for choice in event["choices"]]
        if any(choice.get("finish_reason") for choice in event["choices"]):
            self._held = told
            return out
        return out + _event(told)

    def _delta(self, choice: Mapping[str, Any]) -> dict[str, object]:
        delta = {"content": choice.get("text") or ""}
        index = choice.get("index", 0)
        if index not in self._begun:
            self._begun.add(index)
            delta = {"role": "assistant", **delta}
        return _mistral_choice(choice) | {"delta": delta}

    def _release(self, usage: object = None) -> bytes:
        held, self._held = self._held, None
        if held is None:
            return b""
        return _event(held | {"usage": usage} if usage is not None else held)


def _mistral_choice(choice: Mapping[str, Any]) -> dict[str, object]:
    told = {"index": choice.get("index", 0), "finish_reason": choice.get("finish_reason")}
    if told["finish_reason"] not in (None, "stop", "length"):
        told["finish_reason"] = "error"
    return told | ({"logprobs": choice["logprobs"]} if choice.get("logprobs") else {})


def _identity(answer: Mapping[str, Any], kind: str) -> dict[str, object]:
    return {
        "id": answer.get("id"),
        "object": kind,
        "created": answer.get("created"),
        "model": answer.get("model"),
    }


def _event(content: Mapping[str, object]) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"


def _data(event: bytes) -> bytes:
    lines = (line for line in event.splitlines() if line.startswith(b"data:"))
    return b"\n".join(line[5:].strip() for line in lines)
