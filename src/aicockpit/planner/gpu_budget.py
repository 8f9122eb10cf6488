"""What each GPU's memory is spent on when an engine has started."""

from __future__ import annotations

from dataclasses import dataclass

from aicockpit.planner.calibration import EngineStart, Known, MemoryParts, fingerprint
from aicockpit.planner.engine_memory import (
    EngineRelease,
    StepLimits,
    activation_peak,
    graph_memory,
    memory_at_start,
    other_memory,
    warm_up_need,
)
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.kv_cache import CacheLayout, cache_layout
from aicockpit.planner.weights import DTYPE_BYTES, weight_share

_EIGHT_BIT_ACTIVATIONS = frozenset({"fp8", "compressed-tensors", "modelopt"})


@dataclass(frozen=True)
class EngineOptions:
    """How an engine is started, as far as memory depends on it."""

    release: EngineRelease
    utilization: float
    limits: StepLimits
    dtype: str = "auto"
    kv_cache_dtype: str = "auto"
    quantization: str | None = None
    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    flags: tuple[str, ...] = ()
    """Further flags that may change the memory and that no rule knows."""


@dataclass(frozen=True)
class MemoryBudget:
    """Bytes of one GPU, or of RAM for an engine on the CPU, by what takes them."""

    requested: int
    """What the engine may take in all."""
    weights: int
    activations: int
    other: int
    graphs: int
    """CUDA graphs; beyond what was requested where the release does not deduct them."""
    available: int
    """Left for the KV cache; negative when nothing is."""
    spare: int
    """What the GPU still has when all of that is taken; negative where the first requests would
    run out of memory."""
    known: Known
    """What the parts were made from."""


def gpu_budget(
    facts: ModelFacts,
    gpu_memory: int,
    options: EngineOptions,
    *,
    free: int | None = None,
    device: str = "",
) -> MemoryBudget:
    """Spend one GPU's memory on an engine, as vLLM does at start.

    Args:
        facts: the model.
        gpu_memory: bytes that the GPU has in all.
        options: how the engine is started.
        free: bytes that nobody holds when the engine looks; what an idle GPU has when not given.
        device: the GPU's name.
    """
    requested = int(gpu_memory * options.utilization)
    start = engine_start(facts, options, device)
    rules = _by_rule(facts, options)
    parts, basis = options.release.calibration.correct(start, rules)
    spent = parts.weights + parts.activations + parts.other
    if options.release.deducts_graphs:
        spent += parts.graphs
    if free is None:
        free = gpu_memory - memory_at_start(options.tensor_parallel)
    beyond = 0 if options.release.deducts_graphs else parts.graphs
    spare = free - requested - beyond - warm_up_need(facts, options.limits.sequences)
    return MemoryBudget(
        requested,
        parts.weights,
        parts.activations,
        parts.other,
        parts.graphs,
        requested - spent,
        spare,
        Known(start, rules, basis),
    )


def engine_start(facts: ModelFacts, options: EngineOptions, device: str) -> EngineStart:
    """What tells this start from others on the same machine."""
    return EngineStart(
        release=options.release.version,
        device=device,
        model=fingerprint(facts),
        family=facts.architecture,
        tensor_parallel=options.tensor_parallel,
        pipeline_parallel=options.pipeline_parallel,
        dtype=_dtype(facts, options),
        quantization=options.quantization,
        batched_tokens=options.limits.batched_tokens,
        sequences=options.limits.sequences,
        flags=options.flags,
    )


def _by_rule(facts: ModelFacts, options: EngineOptions) -> MemoryParts:
    weights = weight_share(
        facts,
        dtype=options.dtype,
        quantization=options.quantization,
        tensor_parallel=options.tensor_parallel,
        pipeline_parallel=options.pipeline_parallel,
    ).size
    activations = activation_peak(
        facts,
        options.limits,
        dtype=_dtype(facts, options),
        tensor_parallel=options.tensor_parallel,
        eight_bit=(options.quantization or facts.quantization) in _EIGHT_BIT_ACTIVATIONS,
    )
    other = other_memory(options.tensor_parallel, options.pipeline_parallel)
    return MemoryParts(weights, activations, other, graph_memory(facts))


def layout(facts: ModelFacts, options: EngineOptions) -> CacheLayout:
    """How the engine lays out its KV cache."""
    if options.kv_cache_dtype == "auto":
        width = DTYPE_BYTES[_dtype(facts, options)]
    else:
        width = (
            1 if options.kv_cache_dtype.startswith("fp8") else DTYPE_BYTES[options.kv_cache_dtype]
        )
    return cache_layout(
        facts.cache,
        element_bytes=width,
        tensor_parallel=options.tensor_parallel,
        pipeline_parallel=options.pipeline_parallel,
    )


def _dtype(facts: ModelFacts, options: EngineOptions) -> str:
    return facts.dtype if options.dtype == "auto" else options.dtype
