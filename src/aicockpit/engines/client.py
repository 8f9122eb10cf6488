"""A small client for one engine's own endpoints: is it up, what does it serve, how busy is it.

Requests of users never pass here; the gateway relays those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import aiohttp

from aicockpit.errors import UpstreamError

if TYPE_CHECKING:
    from types import TracebackType

_TIMEOUT = aiohttp.ClientTimeout(total=5.0)
_SAMPLE = re.compile(r"^([\w:]+)(?:\{[^}]*\})?\s+(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class EngineLoad:
    """What an engine is doing right now, by its own account."""

    running: int
    """Requests that it decodes. vLLM counts a request only after its first prefill."""
    waiting: int
    """Requests in its queue."""
    kv_cache_usage: float
    """Share of the KV cache in use, between 0 and 1."""


class EngineClient:
    """Talks to one engine; use it as an async context manager."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def serves(self, name: str) -> bool:
        """Whether the engine is healthy and answers to a model name."""
        try:
            await self._get("/health")
            return f'"{name}"' in await self._get("/v1/models")
        except UpstreamError:
            return False

    async def load(self) -> EngineLoad:
        """How busy the engine is.

        Raises:
            UpstreamError: it did not say.
        """
        return parse_load(await self._get("/metrics"))

    async def _get(self, path: str) -> str:
        if self._session is None:
            raise RuntimeError("EngineClient is used outside of its context")
        try:
            async with self._session.get(self._base_url + path, headers=self._headers) as answer:
                answer.raise_for_status()
                return await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UpstreamError(
                f"The engine at {self._base_url} did not answer {path}.",
                why=f"{type(error).__name__}: {error}.",
                remedy="Look at the engine's log.",
            ) from error


def parse_load(metrics: str) -> EngineLoad:
    """The load in an engine's Prometheus metrics; what is missing counts as 0."""
    sums: dict[str, float] = {}
    for name, value in _SAMPLE.findall(metrics):
        if name.startswith("vllm:"):
            sums[name] = sums.get(name, 0.0) + float(value)
    return EngineLoad(
        running=int(sums.get("vllm:num_requests_running", 0)),
        waiting=int(sums.get("vllm:num_requests_waiting", 0)),
        kv_cache_usage=sums.get("vllm:kv_cache_usage_perc", 0.0),
    )
