"""Ways out when a model does not fit, cheapest first, each tried and with its price."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil

from aicockpit.planner.cpu_plan import larger_cache
from aicockpit.planner.engine_memory import GIB, EngineRelease
from aicockpit.planner.engine_plan import plan_engine
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.intent import Intent
from aicockpit.planner.machine import Gpu, Hardware
from aicockpit.planner.parallelism import Arrangement
from aicockpit.planner.plan import EnginePlan

_HOST_LINK = 25e9
"""Bytes per second that a GPU reads from RAM over PCIe 4.0 x16, as reached in practice."""
_LEAST_CONTEXT = 2048
_MOST_GPUS = 16


@dataclass(frozen=True)
class Alternative:
    """One change that would make the model fit."""

    change: str
    """What to do, with the option that does it."""
    price: str
    """What is given up for it."""
    context: int
    """Tokens that one request could then have."""
    concurrency: float
    """Requests of that length at a time."""


Plan = Callable[[Hardware, Intent], EnginePlan]


def alternatives(
    model: str, facts: ModelFacts, hardware: Hardware, intent: Intent, release: EngineRelease
) -> tuple[Alternative, ...]:
    """What would make a model fit that does not, cheapest first.

    Only what was tried and fits is named. Published quantised variants and other models come from
    the catalogue, which knows them.
    """

    def plan(hardware: Hardware, intent: Intent) -> EnginePlan:
        return plan_engine(model, facts, hardware, intent, release)

    on_gpus = (_quantise, _small_cache, _shorter, _both, _offload, _more_gpus)
    ways = on_gpus if hardware.gpus else (_larger_cache, _shorter)
    return tuple(found for way in ways for found in way(facts, hardware, intent, plan))


def _named(found: EnginePlan, change: str, price: str) -> Iterator[Alternative]:
    if found.fits:
        yield Alternative(change, price, found.fit.context, found.fit.concurrency)


def _larger_cache(
    facts: ModelFacts, hardware: Hardware, intent: Intent, plan: Plan
) -> Iterator[Alternative]:
    found = plan(hardware, intent)
    if found.fit.problem not in {"KV cache", "concurrency"}:
        return
    size = larger_cache(found, intent)
    fitting = plan(hardware, _pinned(intent, available_kv=size))
    change = f'a larger KV cache: engines.cpu_kv_cache = "{size // GIB}GiB"'
    yield from _named(fitting, change, "the RAM")


def _quantise(
    facts: ModelFacts, hardware: Hardware, intent: Intent, plan: Plan
) -> Iterator[Alternative]:
    if facts.quantization is not None or intent.pins.quantization is not None:
        return
    found = plan(hardware, _pinned(intent, quantization="fp8"))
    price = "a little accuracy; the whole checkpoint is still downloaded and read at each start"
    yield from _named(found, "quantise while loading: --quantization fp8", price)


def _small_cache(
    facts: ModelFacts, hardware: Hardware, intent: Intent, plan: Plan
) -> Iterator[Alternative]:
    if intent.pins.kv_cache_dtype is None:
        found = plan(hardware, _pinned(intent, kv_cache_dtype="fp8"))
        price = "a little accuracy over long contexts"
        yield from _named(found, "an 8-bit KV cache: --kv-cache-dtype fp8", price)


def _both(
    facts: ModelFacts, hardware: Hardware, intent: Intent, plan: Plan
) -> Iterator[Alternative]:
    pins = intent.pins
    if facts.quantization is None and pins.quantization is None and pins.kv_cache_dtype is None:
        both = _pinned(intent, quantization="fp8", kv_cache_dtype="fp8")
        found = plan(hardware, both)
        alone = plan(hardware, _pinned(intent, quantization="fp8"))
        if not alone.fits:
            change = "8-bit weights and cache: --quantization fp8 --kv-cache-dtype fp8"
            yield from _named(found, change, "accuracy, more than either alone")


def _shorter(
    facts: ModelFacts, hardware: Hardware, intent: Intent, plan: Plan
) -> Iterator[Alternative]:
    fit = plan(hardware, intent).fit
    if fit.problem != "concurrency":
        fit = plan(hardware, replace(intent, concurrency=None)).fit
    context = min(fit.largest_context, facts.context_length)
    if intent.concurrency is not None:
        each = fit.tokens * fit.arrangement.replicas // intent.concurrency
        # A request takes whole blocks.
        context = min(context, each // fit.cache.block_size * fit.cache.block_size)
    if context < _LEAST_CONTEXT or context >= (intent.context or facts.context_length):
        return
    found = plan(hardware, replace(intent, context=context))
    change = f"a shorter context: --context {context}"
    price = "long files and conversations are cut earlier"
    yield from _named(found, change, price)


def _offload(
    facts: ModelFacts, hardware: Hardware, intent: Intent, plan: Plan
) -> Iterator[Alternative]:
    found = plan(hardware, intent)
    lacking = _lacking(found)
    if lacking <= 0 or found.fit.problem not in {"weights", "KV cache"}:
        return
    gpus = found.fit.arrangement.gpus_per_node
    size = ceil(lacking / GIB)
    if size * gpus * GIB > hardware.available_memory or size * GIB >= found.fit.budget.weights:
        return
    free = found.fit.budget.available + size * GIB
    fitting = plan(hardware, _pinned(intent, available_kv=free))
    slower = _slow_down(found, size * GIB, hardware.gpus[0])
    price = f"every token waits for {size} GiB over PCIe: {slower}"
    yield from _named(fitting, f"weights in RAM: --cpu-offload-gb {size}", price)


def _lacking(found: EnginePlan) -> int:
    """Bytes per GPU that the KV cache lacks for one request of the wanted length."""
    fit = found.fit
    context = fit.context if fit.context > fit.largest_context else 4096
    needed = fit.cache.blocks_per_request(context, fit.options.limits.batched_tokens)
    needed += fit.options.release.spare_blocks
    return needed * fit.cache.block_bytes - fit.budget.available


def _slow_down(found: EnginePlan, offloaded: int, gpu: Gpu) -> str:
    if gpu.bandwidth is None:
        return "much slower"
    resident = found.fit.budget.weights
    before = resident / gpu.bandwidth
    after = (resident - offloaded) / gpu.bandwidth + offloaded / _HOST_LINK
    return f"about {after / before:.1f} times slower"


def _more_gpus(
    facts: ModelFacts, hardware: Hardware, intent: Intent, plan: Plan
) -> Iterator[Alternative]:
    if intent.pins.tensor_parallel is not None or any(gpu.mig for gpu in hardware.gpus):
        return
    count = len(hardware.gpus)
    pattern = hardware.gpus[0]
    while count < _MOST_GPUS:
        count *= 2
        more = tuple(
            replace(pattern, index=index, free_memory=pattern.memory - GIB // 2)
            for index in range(count)
        )
        found = plan(replace(hardware, gpus=more, links=()), intent)
        if found.fits:
            yield from _named(found, _gpus(found.fit.arrangement), "the GPUs")
            return


def _gpus(arrangement: Arrangement) -> str:
    if arrangement.nodes > 1:
        return f"{arrangement.nodes} nodes with {arrangement.gpus_per_node} GPUs of this kind each"
    return f"{arrangement.gpus * arrangement.replicas} GPUs of this kind"


def _pinned(intent: Intent, **changes: str | int) -> Intent:
    return replace(intent, pins=replace(intent.pins, **changes))  # type: ignore[arg-type]
