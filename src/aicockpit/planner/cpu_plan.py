"""The plan of an engine on the CPU: RAM in place of GPUs, and a cache of the size that is set."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from aicockpit.planner.calibration import CPU, Known, MemoryParts
from aicockpit.planner.cpu_cores import (
    CORE_ENVIRONMENT,
    binding_warning,
    core_use,
    cpu_speed,
)
from aicockpit.planner.engine_memory import EngineRelease, StepLimits
from aicockpit.planner.exactness import exactness, exactness_note
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.fit import LEAST_CONTEXT, Fit, Limit, limits_problem
from aicockpit.planner.gpu_budget import EngineOptions, MemoryBudget, engine_start
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.knobs import Knob, speculation_knob
from aicockpit.planner.kv_cache import CPU_BLOCK, cache_layout
from aicockpit.planner.machine import Hardware
from aicockpit.planner.memory import CPU_OVERHEAD, GIB
from aicockpit.planner.parallelism import Arrangement, tensor_parallel_problem
from aicockpit.planner.placement import CPU_RESERVE
from aicockpit.planner.plan import EnginePlan, too_few
from aicockpit.planner.weights import DTYPE_BYTES, weight_share

_LIMITS = StepLimits(batched_tokens=2048, sequences=256)
"""vLLM's defaults for its server on a CPU."""

_AS_IT_IS = {None, "auto", "none"}
"""Values of an option that change no number format."""


def plan_on_cpu(
    model: str,
    facts: ModelFacts,
    hardware: Hardware,
    intent: Intent,
    release: EngineRelease,
    *,
    kv_cache: int = 2 * GIB,
) -> EnginePlan:
    """Plan an engine on a machine's processors.

    Args:
        model: name or folder, as the command line will have it.
        facts: the model.
        hardware: the machine; its GPUs are left alone.
        intent: what the engine is for and what is already decided.
        release: the engine's.
        kv_cache: bytes of RAM for the KV cache.
    """
    pins = intent.pins
    if pins.free is not None:
        hardware = replace(hardware, available_memory=pins.free)
    dtype = pins.dtype or facts.dtype
    tensor = pins.tensor_parallel or 1
    options = EngineOptions(
        release=release,
        utilization=1.0,
        limits=_limits(intent),
        dtype=dtype,
        tensor_parallel=tensor,
        flags=pins.flags,
    )
    weights = weight_share(facts, dtype=dtype if pins.dtype else "auto").size
    available = pins.available_kv or kv_cache
    budget = _budget(facts, options, weights, available, hardware)
    fit = _fit(facts, intent, options, budget)
    problems = tensor_parallel_problem(facts, tensor), limits_problem(options.limits)
    binding = binding_warning(hardware.cpu_cores, tensor)
    known = exactness(facts, measured=True)
    knobs = (*_knobs(fit, intent, available), speculation_knob(facts, intent, "cpu"))
    bound = (exactness_note(facts, release, known),) if known == "upper bound" else ()
    return EnginePlan(
        model=model,
        fits=fit.problem is None and not any(problems),
        fit=fit,
        gpus=(),
        knobs=knobs,
        environment=CORE_ENVIRONMENT,
        reasons=_reasons(fit, hardware, intent),
        warnings=tuple(filter(None, (*problems, binding, *bound, _left_out(pins)))),
        exactness=known,
        speed=cpu_speed(
            facts,
            weights=weights,
            use=core_use(hardware.cpu_cores, tensor),
            bandwidth=hardware.memory_bandwidth,
        ),
    )


def larger_cache(found: EnginePlan, intent: Intent) -> int:
    """Bytes of RAM, in whole GiB, whose KV cache would hold what is asked for."""
    fit = found.fit
    batched = fit.options.limits.batched_tokens
    wanted = intent.context or (fit.context if fit.problem == "concurrency" else LEAST_CONTEXT)
    blocks = fit.cache.blocks_per_request(wanted, batched) * (intent.concurrency or 1)
    needed = (blocks + fit.options.release.spare_blocks) * fit.cache.block_bytes
    return ceil(needed / GIB) * GIB


def _limits(intent: Intent) -> StepLimits:
    tokens = intent.pins.batched_tokens or _LIMITS.batched_tokens
    sequences = min(max(_LIMITS.sequences, intent.concurrency or 0), tokens)
    return StepLimits(tokens, intent.pins.sequences or sequences)


def _left_out(pins: Pins) -> str | None:
    """Options that were decided and that no figure of a CPU takes into account."""
    chosen = {
        "quantization": pins.quantization not in _AS_IT_IS,
        "kv-cache-dtype": pins.kv_cache_dtype not in _AS_IT_IS,
        "pipeline-parallel-size": (pins.pipeline_parallel or 1) > 1,
    }
    names = ", ".join(name for name, is_set in chosen.items() if is_set)
    return (
        f"What these do on a CPU is not known, and the plan leaves them out: {names}."
        if names
        else None
    )


def _budget(
    facts: ModelFacts, options: EngineOptions, weights: int, available: int, hardware: Hardware
) -> MemoryBudget:
    """Spend RAM; what an engine takes beside weights and cache is not told apart."""
    start = engine_start(facts, options, CPU)
    rules = MemoryParts(weights, CPU_OVERHEAD, 0, 0)
    parts, basis = options.release.calibration.correct(start, rules)
    total = parts.weights + parts.activations + available * options.tensor_parallel
    spare = hardware.available_memory - CPU_RESERVE - total
    known = Known(start, rules, basis)
    return MemoryBudget(total, parts.weights, parts.activations, 0, 0, available, spare, known)


def _fit(facts: ModelFacts, intent: Intent, options: EngineOptions, budget: MemoryBudget) -> Fit:
    cache = cache_layout(
        facts.cache,
        element_bytes=DTYPE_BYTES[options.dtype],
        tensor_parallel=options.tensor_parallel,
        block_size=CPU_BLOCK,
    )
    blocks = cache.blocks(budget.available)
    batched = options.limits.batched_tokens
    usable = blocks - options.release.spare_blocks
    most = cache.largest_context(usable, batched, max(facts.context_length, intent.context or 0))
    context = intent.context or most
    concurrency = cache.concurrency(blocks, context, batched) if context else 0.0
    wanted = intent.context or min(LEAST_CONTEXT, facts.context_length)
    problem: Limit | None = "KV cache" if most < wanted else None
    if wanted > facts.context_length:
        problem = "model"
    elif budget.spare < 0:
        problem = "memory at start"
    return Fit(
        Arrangement(options.tensor_parallel),
        options,
        budget,
        cache,
        blocks,
        context,
        most,
        concurrency,
        problem,
    ).judged(intent)


def _knobs(fit: Fit, intent: Intent, available: int) -> tuple[Knob, ...]:
    asked = "asked for" if intent.context is not None else "the longest that fits"
    limits = fit.options.limits
    steps = [
        Knob(flag, value, "asked for")
        for flag, value, default in (
            ("max-num-batched-tokens", limits.batched_tokens, _LIMITS.batched_tokens),
            ("max-num-seqs", limits.sequences, _LIMITS.sequences),
        )
        if value != default
    ]
    return (
        Knob("tensor-parallel-size", fit.arrangement.tensor, "processes that share each layer"),
        Knob("kv-cache-memory-bytes", available, "engines.cpu_kv_cache: RAM for the KV cache"),
        Knob("max-model-len", fit.context or None, asked),
        *steps,
        Knob("dtype", fit.options.dtype, "as in the checkpoint"),
        Knob("enable-prefix-caching", value=True, reason="editors send prompts again, longer"),
    )


def _reasons(fit: Fit, hardware: Hardware, intent: Intent) -> tuple[str, ...]:
    ram = f"{fit.budget.requested / GIB:.1f} GiB of RAM"
    free = f"{hardware.available_memory / GIB:.1f} GiB are free"
    told = [f"There is no GPU, so the engine runs on {hardware.cpu_cores} cores."]
    match fit.problem:
        case None | "concurrency":
            held = f"{fit.concurrency:.1f} requests of {fit.context:,} tokens at a time"
            told.append(f"It takes {ram} and holds {held}.")
            if fit.problem is not None:
                told.append(too_few(fit, intent))
        case "memory at start":
            told.append(f"It needs {ram} and {free}, of which 1 GiB stays for everything else.")
        case "model":
            told.append("The model was not made for a context that long.")
        case _:
            most = fit.largest_context
            wanted = fit.context if fit.context > most else LEAST_CONTEXT
            told.append(f"The KV cache holds {most:,} tokens of a request; {wanted:,} are wanted.")
    return tuple(told)
