"""What a plan is for, and what of it is already decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aicockpit.planner.speculation import NgramDrafts

Objective = Literal["latency", "throughput"]


@dataclass(frozen=True)
class Pins:
    """Options that were decided by someone else; None for what the planner chooses."""

    tensor_parallel: int | None = None
    pipeline_parallel: int | None = None
    utilization: float | None = None
    batched_tokens: int | None = None
    sequences: int | None = None
    dtype: str | None = None
    kv_cache_dtype: str | None = None
    quantization: str | None = None
    """`none` for no quantisation while loading."""
    free: int | None = None
    """Bytes that are free on each GPU when the engine starts."""
    available_kv: int | None = None
    """Bytes that each GPU has for the KV cache, taken as given."""
    flags: tuple[str, ...] = ()
    """Further flags of the engine that may change its memory and that no rule knows."""


@dataclass(frozen=True)
class Intent:
    """What the engine is wanted for."""

    context: int | None = None
    """Tokens that one request must be able to have; the model's own most when not given."""
    concurrency: int | None = None
    """Requests of `context` tokens that must fit at a time."""
    objective: Objective = "latency"
    role: Literal["completion", "edit", "chat"] | None = None
    """None for an engine that does all of it."""
    share: float | None = None
    """Share of each GPU that the engine may have, when others want some."""
    pins: Pins = field(default=Pins())
    speculation: NgramDrafts | Literal["auto", "off"] = "auto"
    """What the engine drafts; `auto` follows from its role and what it runs on."""
