"""How much memory a model needs at the least, before anything is started.

A first, coarse rule: weights as stored, the KV cache that was asked for, and a measured
overhead. It decides only whether a set of models can be started together.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.weights import weight_share

GIB = 2**30

CPU_OVERHEAD = int(2.75 * GIB)
"""Memory of a CPU engine beside weights and KV cache: interpreter, libraries, compiled graphs and
activations of three processes. Measured on vLLM 0.32.0 as the sum of proportional set sizes: 5.87
GiB in all for 1.17 GiB of weights and 2 GiB of KV cache, 5.70 GiB without compilation. Each start
on a machine corrects it there."""

GPU_OVERHEAD = 3 * GIB
"""Memory of a CUDA engine beside weights and KV cache: context, activations and CUDA graphs."""

GPU_LEAST_KV_CACHE = GIB
"""KV cache below which a GPU engine is not worth starting."""


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes that one engine takes, by what takes them."""

    weights: int
    kv_cache: int
    overhead: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv_cache + self.overhead


def cpu_need(facts: ModelFacts, *, dtype: str, kv_cache: int) -> MemoryNeed:
    """What an engine on the CPU takes from RAM."""
    return MemoryNeed(weight_share(facts, dtype=dtype).size, kv_cache, CPU_OVERHEAD)


def gpu_need(facts: ModelFacts, *, dtype: str, gpus: int) -> MemoryNeed:
    """What an engine takes from each of `gpus` GPUs at the least."""
    share = weight_share(facts, dtype=dtype, tensor_parallel=gpus)
    return MemoryNeed(share.size, GPU_LEAST_KV_CACHE, GPU_OVERHEAD)
