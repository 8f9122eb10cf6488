"""One streamed answer of a gateway, timed token by token."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import aiohttp
import orjson

from aicockpit.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aicockpit.bench.workloads import BenchRequest

_COUNTED = {"include_usage": True, "continuous_usage_stats": True}
"""Makes vLLM say with each event how many tokens there are so far."""


@dataclass(frozen=True)
class Drafts:
    """What became of an answer's drafted tokens, by the engine's own count."""

    drafted: int
    accepted: int


@dataclass(frozen=True)
class Answer:
    """One finished answer; times are in seconds."""

    text: str
    first_token: float
    """From sending the request to the first event with a token (TTFT)."""
    seconds: float
    """From sending the request to the end of the stream."""
    tokens: int
    decoded: int
    """Tokens after those of the first event."""
    decode_seconds: float
    """From the first event with a token to the last one."""
    steps: int
    """Events that brought tokens; each is one step of the engine, which brings more than one
    token only when drafts are accepted."""
    drafts: Drafts | None = None
    """None when the engine does not say."""


class Asker:
    """Sends requests to one gateway, over connections that stay open."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        api_key: str | None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._clock = clock
        self._headers = {"content-type": "application/json"}
        if api_key:
            self._headers["authorization"] = f"Bearer {api_key}"

    async def ask(self, request: BenchRequest, model: str, **changes: object) -> Answer:
        """Have one request answered; `changes` replace fields of its body.

        Raises:
            UpstreamError: it was refused or broke off, or the stream does not count its tokens.
        """
        body = {**request.body, "model": model, "stream": True, "stream_options": _COUNTED}
        headers = {**self._headers, "x-aicockpit-task": request.task}
        reading = _Reading(self._clock)
        try:
            async with self._session.post(
                self._base_url + request.path,
                data=orjson.dumps({**body, **changes}),
                headers=headers,
            ) as response:
                if response.status != 200:
                    raise _refused(request, response.status, await response.text())
                async for line in response.content:
                    reading.take(line)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise UpstreamError(
                f"The gateway at {self._base_url} did not finish an answer.",
                why=f"{type(error).__name__}: {error}.",
                remedy="Look at the engine's log, and measure again.",
            ) from error
        return reading.answer()


class _Reading:
    """A stream while it arrives."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._begun = clock()
        self._text: list[str] = []
        self._arrivals: list[tuple[float, int]] = []
        """When there were how many tokens."""
        self._drafts: Drafts | None = None

    def take(self, line: bytes) -> None:
        """Take one line of the stream."""
        if not line.startswith(b"data:") or line[5:].strip() == b"[DONE]":
            return
        event = orjson.loads(line[5:])
        for choice in event.get("choices", ()):
            self._text.append(choice.get("text") or choice.get("delta", {}).get("content") or "")
        tokens = (event.get("usage") or {}).get("completion_tokens", 0)
        if tokens > (self._arrivals[-1][1] if self._arrivals else 0):
            self._arrivals.append((self._clock(), tokens))
        self._drafts = _drafts(event) or self._drafts

    def answer(self) -> Answer:
        """What came, once the stream has ended."""
        ended = self._clock()
        if not self._arrivals:
            raise UpstreamError(
                "An answer did not say how many tokens it has.",
                why="The stream had no usage in its events.",
                remedy="Measure a model that AiCockpit runs itself.",
            )
        (first, first_tokens), (last, tokens) = self._arrivals[0], self._arrivals[-1]
        return Answer(
            text="".join(self._text),
            first_token=first - self._begun,
            seconds=ended - self._begun,
            tokens=tokens,
            decoded=tokens - first_tokens,
            decode_seconds=last - first,
            steps=len(self._arrivals),
            drafts=self._drafts,
        )


def _drafts(event: Mapping[str, Any]) -> Drafts | None:
    found = (event.get("metrics") or {}).get("speculative_decoding")
    if not found:
        return None
    return Drafts(found["num_draft_tokens"], found["num_accepted_draft_tokens"])


def _refused(request: BenchRequest, status: int, text: str) -> UpstreamError:
    try:
        said = str(orjson.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        said = text[:300]
    return UpstreamError(
        f"The gateway refused {request.path} of the benchmark.",
        why=f"Status {status}: {said}",
        remedy="Name a model with --model that is ready and fills in the middle.",
    )
