"""vLLM's stream of a completion, told in the words of `/infill` of llama.cpp's server.

The engine always streams here, whether the client does or not: that gives the timings that the
plug-ins show, and lets the gateway end an answer at a line with too little indentation or, when
there is a whole line already, at the client's time limit. Ending closes the engine's connection,
which aborts the rest. Pure apart from the clock that is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from aicockpit.errors import UpstreamError
from aicockpit.gateway.fim_answers import EventReader
from aicockpit.gateway.fim_shapes import FimCall
from aicockpit.gateway.usage import Usage, usage_of

_LINE_START = re.compile(r"\n([ \t]*)(?=\S)")
_OPEN_LINES = re.compile(r"\n\s*\Z")
_DONE = b"[DONE]"
_SETTINGS = ("temperature", "top_k", "top_p", "min_p", "seed")


class IndentLimit:
    """Ends a text before its first line that is indented less than the cursor's line was.

    Line breaks and the blanks after them wait until it is known what follows.
    """

    def __init__(self, least: int) -> None:
        self._least = least
        self._waiting = ""
        self.reached = False
        """The text is over."""

    def feed(self, text: str) -> str:
        """As much of what waits and of `text` as may be shown by now."""
        if not self._least:
            return text
        if self.reached:
            return ""
        self._waiting += text
        for line in _LINE_START.finditer(self._waiting):
            if len(line[1]) < self._least:
                self.reached = True
                passed, self._waiting = self._waiting[: line.start()].rstrip("\n"), ""
                return passed
        open_lines = _OPEN_LINES.search(self._waiting)
        cut = open_lines.start() if open_lines else len(self._waiting)
        passed, self._waiting = self._waiting[:cut], self._waiting[cut:]
        return passed

    def rest(self) -> str:
        """What still waits when the text is over."""
        waiting, self._waiting = self._waiting, ""
        return waiting


@dataclass
class _Choice:
    """One of the texts that are generated for a request."""

    limit: IndentLimit
    parts: list[str] = field(default_factory=list)
    events: int = 0
    finish: str | None = None
    stop_reason: object = None
    cut: bool = False
    """The gateway ended it."""
    probabilities: list[dict[str, object]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    @property
    def over(self) -> bool:
        return self.cut or self.finish is not None


class InfillAnswer:
    """llama.cpp's shape: an object with content, counts and timings, or one per choice.

    Args:
        call: the request.
        context_length: tokens of the model's window, which the plug-ins show.
        truncated: context was dropped from the prompt.
        clock: seconds, monotonic.
    """

    def __init__(
        self, call: FimCall, *, context_length: int, truncated: bool, clock: Callable[[], float]
    ) -> None:
        self.streams = call.stream and not call.warm_up
        self.usage: Usage | None = None
        self._call = call
        self._context_length = context_length
        self._truncated = truncated
        self._clock = clock
        self._began = clock()
        self._first: float | None = None
        self._last = self._began
        self._model: object = None
        self._reader = EventReader()
        indent = call.infill.indent
        self._choices = {i: _Choice(IndentLimit(indent)) for i in range(call.choices)}

    @property
    def enough(self) -> bool:
        """The gateway has ended every choice that the engine has not."""
        choices = self._choices.values()
        return any(choice.cut for choice in choices) and all(choice.over for choice in choices)

    def whole(self, body: bytes) -> bytes:
        """An answer that is no stream is not expected of the engine, and passes as it is."""
        return body

    def feed(self, chunk: bytes) -> bytes:
        """Events with the next content, for a client that streams."""
        return b"".join(self._take(data) for data in self._reader.read(chunk))

    def finish(self) -> bytes:
        """The events that end each choice, or the whole answer."""
        out = b"".join(self._take(data) for data in self._reader.rest())
        for index, choice in self._choices.items():
            if rest := choice.limit.rest():
                out += self._pass_on(index, choice, rest)
        finals = [self._final(index, choice) for index, choice in self._choices.items()]
        if self.streams:
            return out + b"".join(map(_event, finals))
        return orjson.dumps(finals if len(finals) > 1 else finals[0])

    def _take(self, data: bytes) -> bytes:
        if data == _DONE:
            return b""
        event = orjson.loads(data)
        if "choices" not in event:
            raise _broke_off(event)
        self._model = event.get("model", self._model)
        self.usage = usage_of(event.get("usage")) or self.usage
        out = b""
        for told in event["choices"]:
            out += self._grow(told)
        return out

    def _grow(self, told: Mapping[str, Any]) -> bytes:
        index = told.get("index", 0)
        choice = self._choices.get(index)
        if choice is None or choice.over:
            return b""
        self._last = self._clock()
        if self._first is None:
            self._first = self._last
        choice.events += 1
        choice.probabilities += _probabilities(told.get("logprobs"))
        choice.finish, choice.stop_reason = told.get("finish_reason"), told.get("stop_reason")
        shown = choice.limit.feed(told.get("text") or "")
        out = self._pass_on(index, choice, shown)
        limit = self._call.infill.predict_ms
        late = limit > 0 and (self._last - self._first) * 1000 > limit
        if choice.finish is None and (choice.limit.reached or (late and "\n" in choice.text)):
            choice.cut = True
        return out

    def _pass_on(self, index: int, choice: _Choice, text: str) -> bytes:
        if self._call.warm_up or not text:
            return b""
        choice.parts.append(text)
        if not self.streams:
            return b""
        return _event(
            {
                "index": index,
                "content": text,
                "tokens": [],
                "stop": False,
                "id_slot": 0,
                "tokens_predicted": choice.events,
                "tokens_evaluated": self.usage.prompt if self.usage else 0,
            }
        )

    def _final(self, index: int, choice: _Choice) -> dict[str, object]:
        usage = self.usage or Usage(0, 0)
        predicted = usage.completion if len(self._choices) == 1 else choice.events
        predicted = 0 if self._call.warm_up else predicted
        word = choice.stop_reason if isinstance(choice.stop_reason, str) else ""
        kind = "limit" if choice.cut or choice.finish == "length" else "word" if word else "eos"
        told: dict[str, object] = {
            "index": index,
            "content": "" if self.streams else choice.text,
            "tokens": [],
            "id_slot": 0,
            "stop": True,
            "model": self._model,
            "tokens_predicted": predicted,
            "tokens_evaluated": usage.prompt,
            "generation_settings": self._settings(),
            "has_new_line": "\n" in choice.text,
            "truncated": self._truncated,
            "stop_type": kind,
            "stopping_word": word,
            "tokens_cached": usage.cached,
            "timings": self._timings(usage, predicted),
        }
        if choice.probabilities:
            told["completion_probabilities"] = choice.probabilities
        return _only(told, self._call.infill.fields)

    def _settings(self) -> dict[str, object]:
        given = {name: self._call.fields[name] for name in _SETTINGS if name in self._call.fields}
        return {
            **given,
            "n_ctx": self._context_length,
            "n_predict": 0 if self._call.warm_up else self._call.new_tokens,
            "stop": list(self._call.stops),
            "stream": self._call.stream,
        }

    def _timings(self, usage: Usage, predicted: int) -> dict[str, object]:
        first = self._last if self._first is None else self._first
        prompt, prompt_ms = usage.prompt - usage.cached, (first - self._began) * 1000
        predicted_ms = (self._last - first) * 1000
        return {
            "cache_n": usage.cached,
            "prompt_n": prompt,
            "prompt_ms": prompt_ms,
            "prompt_per_token_ms": _ratio(prompt_ms, prompt),
            "prompt_per_second": _ratio(prompt * 1000.0, prompt_ms),
            "predicted_n": predicted,
            "predicted_ms": predicted_ms,
            "predicted_per_token_ms": _ratio(predicted_ms, predicted),
            "predicted_per_second": _ratio(predicted * 1000.0, predicted_ms),
        }


def _probabilities(logprobs: object) -> list[dict[str, object]]:
    if not isinstance(logprobs, dict):
        return []
    tokens, own = logprobs.get("tokens") or [], logprobs.get("token_logprobs") or []
    likeliest = logprobs.get("top_logprobs") or [None] * len(tokens)
    return [
        {
            "token": token,
            "logprob": logprob,
            "top_logprobs": [{"token": t, "logprob": p} for t, p in (top or {}).items()],
        }
        for token, logprob, top in zip(tokens, own, likeliest, strict=False)
    ]


def _only(told: dict[str, object], paths: tuple[str, ...] | None) -> dict[str, object]:
    """The members that `response_fields` names; a nested one comes out under its whole path."""
    if paths is None:
        return told
    chosen: dict[str, object] = {}
    for path in paths:
        value: object = told
        for key in path.split("/"):
            value = value.get(key, _MISSING) if isinstance(value, dict) else _MISSING
        if value is not _MISSING:
            chosen[path] = value
    return chosen


_MISSING = object()


def _ratio(value: float, by: float) -> float:
    return value / by if by else 0.0


def _event(content: Mapping[str, object]) -> bytes:
    return b"data: " + orjson.dumps(content) + b"\n\n"


def _broke_off(event: Mapping[str, Any]) -> UpstreamError:
    said = event.get("error")
    message = said.get("message") if isinstance(said, dict) else None
    return UpstreamError(
        "The engine broke off in the middle of its answer.",
        why=f"It says: {message or orjson.dumps(event).decode()[:200]}",
        remedy="Ask again; if it stays like this, look into the engine's log.",
    )
