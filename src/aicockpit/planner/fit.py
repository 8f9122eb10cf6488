"""Whether an engine fits an arrangement of GPUs, and what it can then hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor
from typing import Literal

from aicockpit.planner.engine_memory import (
    EngineRelease,
    StepLimits,
    graph_memory,
    memory_at_start,
    warm_up_need,
)
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.gpu_budget import EngineOptions, MemoryBudget, gpu_budget, layout
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.kv_cache import CacheLayout
from aicockpit.planner.machine import Gpu
from aicockpit.planner.number_formats import NumberFormats
from aicockpit.planner.parallelism import Arrangement

Limit = Literal["memory at start", "weights", "KV cache", "first requests", "model", "concurrency"]
"""What keeps an engine from starting, or from holding what was asked for."""

LEAST_CONTEXT = 4096
"""Tokens below which an engine is of no use to an editor, when nobody says how many are wanted."""

_LEAST_UTILIZATION = 0.05
_LARGE_GPU = 70 * 2**30
_HUGE_GPU = 160 * 2**30


@dataclass(frozen=True)
class Fit:
    """One engine on one arrangement of GPUs."""

    arrangement: Arrangement
    options: EngineOptions
    budget: MemoryBudget
    cache: CacheLayout
    blocks: int
    context: int
    """Tokens that one request may have: what was asked for, or the most that fits."""
    largest_context: int
    """Most tokens of one request that the cache holds, whatever the model was trained for."""
    concurrency: float
    """Requests of `context` tokens that the cache holds at a time."""
    problem: Limit | None
    """Why it does not fit; None when it does."""

    @property
    def tokens(self) -> int:
        """Tokens that the cache holds, as the engine reports it."""
        if self.options.release.counts_requests and self.context:
            return int(self.concurrency * self.context)
        return self.cache.tokens(self.blocks)

    @property
    def served(self) -> float:
        """Requests of `context` tokens that all copies together work on at a time."""
        return min(self.concurrency, self.options.limits.sequences) * self.arrangement.replicas

    def judged(self, intent: Intent) -> Fit:
        """The same, with a problem when it holds fewer requests than are wanted."""
        if self.problem is None and self.served < (intent.concurrency or 0):
            return replace(self, problem="concurrency")
        return self


def default_limits(gpu: Gpu, pins: Pins, concurrency: int = 0) -> StepLimits:
    """What vLLM's server computes in one step by default, by the size of the GPU.

    Args:
        gpu: each of the engine's.
        pins: options that are decided.
        concurrency: requests that one copy must be able to work on at a time.
    """
    if gpu.memory >= _HUGE_GPU:
        tokens, sequences = 16384, 1024
    elif gpu.memory >= _LARGE_GPU and "a100" not in gpu.name.lower():
        tokens, sequences = 8192, 1024
    else:
        tokens, sequences = 2048, 256
    tokens = pins.batched_tokens or tokens
    # vLLM refuses to start when a step has fewer tokens than there may be requests.
    return StepLimits(tokens, pins.sequences or min(max(sequences, concurrency), tokens))


def limits_problem(limits: StepLimits) -> str | None:
    """Why vLLM would not start with such limits; None when it would."""
    if limits.batched_tokens >= limits.sequences:
        return None
    return (
        f"A step of {limits.batched_tokens} tokens (max-num-batched-tokens) is less than the "
        f"{limits.sequences} requests that may run at a time (max-num-seqs); vLLM refuses that."
    )


def fit(
    facts: ModelFacts,
    gpu: Gpu,
    arrangement: Arrangement,
    formats: NumberFormats,
    intent: Intent,
    release: EngineRelease,
) -> Fit:
    """Put an engine on GPUs like `gpu` and see what it can hold."""
    pins = intent.pins
    limits = default_limits(gpu, pins, ceil((intent.concurrency or 0) / arrangement.replicas))
    options = EngineOptions(
        release=release,
        utilization=pins.utilization
        or intent.share
        or _utilization(facts, gpu, arrangement, limits, pins.free, release),
        limits=limits,
        dtype=formats.dtype,
        kv_cache_dtype=formats.kv_cache_dtype,
        quantization=formats.quantization,
        tensor_parallel=arrangement.tensor,
        pipeline_parallel=arrangement.pipeline,
        flags=pins.flags,
    )
    budget = gpu_budget(facts, gpu.memory, options, free=pins.free, device=gpu.name)
    if pins.available_kv is not None:
        budget = replace(budget, available=pins.available_kv)
    cache = layout(facts, options)
    blocks = cache.blocks(budget.available)
    batched = options.limits.batched_tokens
    usable = blocks - release.spare_blocks
    most = cache.largest_context(usable, batched, max(facts.context_length, intent.context or 0))
    context = intent.context or most
    concurrency = cache.concurrency(blocks, context, batched) if context else 0.0
    return Fit(
        arrangement,
        options,
        budget,
        cache,
        blocks,
        context,
        most,
        concurrency,
        _problem(facts, gpu, budget, intent, most),
    ).judged(intent)


def _utilization(
    facts: ModelFacts,
    gpu: Gpu,
    arrangement: Arrangement,
    limits: StepLimits,
    free: int | None,
    release: EngineRelease,
) -> float:
    """vLLM's default, or as much less as others hold of the GPU and the first requests need."""
    if free is None:
        idle = gpu.memory - memory_at_start(arrangement.tensor)
        free = min(gpu.free_memory, idle)
    after = warm_up_need(facts, limits.sequences)
    if not release.deducts_graphs:
        after += graph_memory(facts)
    room = floor((free - after) / gpu.memory * 100) / 100
    return max(_LEAST_UTILIZATION, min(release.default_utilization, room))


def _problem(
    facts: ModelFacts, gpu: Gpu, budget: MemoryBudget, intent: Intent, most: int
) -> Limit | None:
    pins = intent.pins
    if (intent.context or 0) > facts.context_length:
        return "model"
    if pins.available_kv is None:
        free = pins.free if pins.free is not None else gpu.free_memory
        if budget.requested > free:
            return "memory at start"
        if budget.available <= 0:
            return "weights"
    if most < (intent.context or min(LEAST_CONTEXT, facts.context_length)):
        return "KV cache"
    return "first requests" if pins.available_kv is None and budget.spare < 0 else None
