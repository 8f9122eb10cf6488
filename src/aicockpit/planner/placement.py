"""Which of the configured models can run together on this machine, and where.

Models are placed in the order given; one that does not fit beside those before it is refused
with the reason, and the rest go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.grouping import best_group
from aicockpit.planner.machine import Accelerator, Gpu, Hardware
from aicockpit.planner.memory import GIB, MemoryNeed, cpu_need, gpu_need

CPU_RESERVE = GIB
"""RAM that engines leave to everything else on the machine."""

MOST_GPU_UTILIZATION = 0.92
"""Largest share of a GPU that engines take together: vLLM's own default."""


@dataclass(frozen=True)
class PlacementRequest:
    """One model that should run."""

    key: str
    facts: ModelFacts
    dtype: str = "auto"
    cpu_kv_cache: int = 2 * GIB
    gpus: tuple[int, ...] | None = None
    """GPUs that were named in the configuration; None to choose."""
    gpu_memory_utilization: float | None = None
    """Share of each GPU that was named in the configuration; None to choose."""


@dataclass(frozen=True)
class Placement:
    """Where a model runs and what it may take."""

    key: str
    need: MemoryNeed
    gpus: tuple[int, ...] = ()
    """Empty on the CPU."""
    gpu_memory_utilization: float | None = None


@dataclass(frozen=True)
class Refusal:
    """A model that does not fit, and why."""

    key: str
    needed: int
    """Bytes: of RAM on a CPU, of one GPU otherwise."""
    available: int
    """Bytes that are left beside the models placed before it."""
    beside: tuple[str, ...]
    """Keys of the models placed before it that share the memory."""


def place(
    requests: Sequence[PlacementRequest], hardware: Hardware, accelerator: Accelerator
) -> list[Placement | Refusal]:
    """Decide for each request, in order, whether and where it runs."""
    if accelerator == "cpu":
        return _place_on_cpu(requests, hardware)
    return _place_on_gpus(requests, hardware)


def _place_on_cpu(
    requests: Sequence[PlacementRequest], hardware: Hardware
) -> list[Placement | Refusal]:
    left = hardware.available_memory - CPU_RESERVE
    placed: tuple[str, ...] = ()
    decisions: list[Placement | Refusal] = []
    for request in requests:
        need = cpu_need(request.facts, dtype=request.dtype, kv_cache=request.cpu_kv_cache)
        if need.total > left:
            decisions.append(Refusal(request.key, need.total, max(0, left), placed))
            continue
        decisions.append(Placement(request.key, need))
        left -= need.total
        placed += (request.key,)
    return decisions


def _place_on_gpus(
    requests: Sequence[PlacementRequest], hardware: Hardware
) -> list[Placement | Refusal]:
    free = {gpu.index: min(gpu.free_memory, _usable(gpu)) for gpu in hardware.gpus}
    sizes = {gpu.index: gpu.memory for gpu in hardware.gpus}
    placed: dict[str, tuple[int, ...]] = {}
    decisions: list[Placement | Refusal] = []
    for request in requests:
        chosen, need = _choose_gpus(request, free, hardware)
        least = min((free[index] for index in chosen), default=0)
        taken = _claim(request, need, chosen, sizes)
        if not chosen or taken > least:
            beside = tuple(key for key, used in placed.items() if set(used) & set(chosen))
            decisions.append(Refusal(request.key, taken, least, beside))
            continue
        for index in chosen:
            free[index] -= taken
        placed[request.key] = chosen
        decisions.append(Placement(request.key, need, chosen, request.gpu_memory_utilization))
    return _share_out(decisions, free, sizes)


def _usable(gpu: Gpu) -> int:
    return int(gpu.memory * MOST_GPU_UTILIZATION)


def _choose_gpus(
    request: PlacementRequest, free: dict[int, int], hardware: Hardware
) -> tuple[tuple[int, ...], MemoryNeed]:
    """The named GPUs, else the smallest power of two that is enough, of those that suit best."""
    if request.gpus is not None:
        known = tuple(index for index in request.gpus if index in free)
        return known, gpu_need(request.facts, dtype=request.dtype, gpus=max(1, len(known)))
    sizes = {gpu.index: gpu.memory for gpu in hardware.gpus}
    # Slices of GPUs cannot work together.
    most = 1 if any(gpu.mig for gpu in hardware.gpus) else len(free)
    count = 1
    while True:
        need = gpu_need(request.facts, dtype=request.dtype, gpus=count)
        chosen = best_group(free, count, hardware, least=need.total)
        fits = _claim(request, need, chosen, sizes) <= min(free[index] for index in chosen)
        if fits or count * 2 > most:
            return chosen, need
        count *= 2


def _claim(
    request: PlacementRequest, need: MemoryNeed, chosen: Sequence[int], sizes: dict[int, int]
) -> int:
    """Bytes of each GPU that the model takes: what was configured, else the least it needs."""
    if request.gpu_memory_utilization is None or not chosen:
        return need.total
    return int(request.gpu_memory_utilization * min(sizes[index] for index in chosen))


def _share_out(
    decisions: Sequence[Placement | Refusal], free: dict[int, int], sizes: dict[int, int]
) -> list[Placement | Refusal]:
    """Give what is left of each GPU to the models on it that have no share of their own."""
    takers = Counter(
        index
        for decision in decisions
        if isinstance(decision, Placement) and decision.gpu_memory_utilization is None
        for index in decision.gpus
    )
    shared: list[Placement | Refusal] = []
    for decision in decisions:
        if isinstance(decision, Placement) and decision.gpu_memory_utilization is None:
            utilization = min(
                (decision.need.total + free[index] / takers[index]) / sizes[index]
                for index in decision.gpus
            )
            # Rounded down, because vLLM refuses to start when less is free than it may take.
            shared.append(
                replace(decision, gpu_memory_utilization=floor(utilization * 1000 + 1e-6) / 1000)
            )
        else:
            shared.append(decision)
    return shared
