"""The gateway's own Prometheus metrics, in a registry of their own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

if TYPE_CHECKING:
    from aicockpit.gateway.usage import Usage

disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

_FIRST_TOKEN_BUCKETS = (
    0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0,
)  # fmt: skip
_DURATION_BUCKETS = (
    0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0,
)  # fmt: skip

UpstreamFailure = Literal["connect", "before_answer", "mid_answer"]
DisconnectPhase = Literal["before_answer", "mid_answer"]


@dataclass
class Exchanged:
    """One finished request, as metrics see it."""

    endpoint: str
    model: str = ""
    """The public id; empty when the request was refused before a model was found."""
    task: str = ""
    status: int = 0
    """The status that was sent, or 499 when the client left before there was one."""
    duration: float = 0.0
    """Seconds from the request's headers to the end of the answer."""
    first_token: float | None = None
    """Seconds to the first bytes of a streamed answer."""
    usage: Usage | None = None
    disconnected: DisconnectPhase | None = None
    """When the client left, if it did."""
    upstream_failure: UpstreamFailure | None = None


class Metrics:
    """Counters and histograms of one gateway; recording takes microseconds."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        shape = ("model", "endpoint", "task")
        self._requests = Counter(
            "aicockpit_requests",
            "Finished requests.",
            (*shape, "status"),
            registry=registry,
        )
        self._in_flight = Gauge(
            "aicockpit_requests_in_flight", "Requests being answered now.", registry=registry
        )
        self._first_token = Histogram(
            "aicockpit_time_to_first_token_seconds",
            "From a request's headers to the first bytes of its streamed answer.",
            shape,
            buckets=_FIRST_TOKEN_BUCKETS,
            registry=registry,
        )
        self._duration = Histogram(
            "aicockpit_request_duration_seconds",
            "From a request's headers to the end of its answer.",
            shape,
            buckets=_DURATION_BUCKETS,
            registry=registry,
        )
        tokens = ("model", "task")
        self._prompt = Counter(
            "aicockpit_prompt_tokens", "Prompt tokens, cached ones included.", tokens,
            registry=registry,
        )  # fmt: skip
        self._cached = Counter(
            "aicockpit_cached_tokens", "Prompt tokens found in an engine's KV cache.", tokens,
            registry=registry,
        )  # fmt: skip
        self._completion = Counter(
            "aicockpit_completion_tokens", "Generated tokens.", tokens, registry=registry
        )
        self._disconnects = Counter(
            "aicockpit_client_disconnects",
            "Requests whose client left before the answer was complete.",
            ("model", "phase"),
            registry=registry,
        )
        self._failures = Counter(
            "aicockpit_upstream_errors",
            "Requests that an engine did not answer in full.",
            ("model", "kind"),
            registry=registry,
        )
        # Finding a series by its labels costs more than counting in it. There are few: models
        # come from the configuration, endpoints from our own table.
        self._requests_of = cache(self._requests.labels)
        self._duration_of = cache(self._duration.labels)
        self._first_token_of = cache(self._first_token.labels)
        self._prompt_of = cache(self._prompt.labels)
        self._completion_of = cache(self._completion.labels)
        self._cached_of = cache(self._cached.labels)

    def started(self) -> None:
        """A request has arrived."""
        self._in_flight.inc()

    def finished(self, done: Exchanged) -> None:
        """Its answer is over, whatever it was."""
        self._in_flight.dec()
        self._requests_of(done.model, done.endpoint, done.task, str(done.status)).inc()
        if done.model:
            self._duration_of(done.model, done.endpoint, done.task).observe(done.duration)
        if done.first_token is not None:
            self._first_token_of(done.model, done.endpoint, done.task).observe(done.first_token)
        if done.usage is not None:
            self._prompt_of(done.model, done.task).inc(done.usage.prompt)
            self._completion_of(done.model, done.task).inc(done.usage.completion)
            self._cached_of(done.model, done.task).inc(done.usage.cached)
        if done.disconnected is not None:
            self._disconnects.labels(done.model, done.disconnected).inc()
        if done.upstream_failure is not None:
            self._failures.labels(done.model, done.upstream_failure).inc()

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)
