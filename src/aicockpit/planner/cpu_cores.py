"""What an engine makes of a machine's cores, and how fast it then is.

vLLM's scheduler is a process of its own that looks for work without a pause while there is any.
vLLM therefore leaves one core per worker free (`utils/ompmultiprocessing.py`). On two cores that is
half of them; there the workers do more when they share a core with the scheduler. docs/planner.md
has the measurement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.speed import SpeedBounds, speed_bounds

FEW_CORES = 4
"""Cores from which on vLLM's own reserve costs less than sharing does."""
_SHARED = 0.82
"""Speed of cores of which one is shared with the scheduler: all wait for the slowest. Of two, 1.53
to 1.69 times as much as of one was measured."""
_FLOPS_PER_CORE = 40 * 10**9
"""Operations per second of one core in 16 bits, for machines that do not say more."""
_BANDWIDTH_PER_CORE = 22 * 10**9
"""Bytes per second that one core reads from RAM."""
_BANDWIDTH = 45 * 10**9
"""Bytes per second that all cores read from RAM, for machines that do not say."""
_ALL_REDUCE_SECONDS = 10e-6
"""Price of an exchange between workers of one machine through shared memory."""
_REDUCES_PER_LAYER = 2


@dataclass(frozen=True)
class CoreUse:
    """How the workers of an engine use the cores."""

    workers: int
    """Tensor parallel size."""
    cores: int
    """Of the machine."""
    reserved: int
    """Left to the scheduler and everything else."""

    @property
    def working(self) -> float:
        """Cores' worth of work that the workers do together."""
        if 0 < self.reserved < self.cores:
            return self.cores - self.reserved
        return self.cores * _SHARED if self.cores > 1 else 1.0


def core_use(cores: int, workers: int) -> CoreUse:
    """How an engine that AiCockpit starts uses the cores."""
    return CoreUse(workers, cores, 0 if cores < FEW_CORES else workers)


def core_environment(cores: int | None) -> Mapping[str, str]:
    """Variables by which an engine's process knows which of so many cores to use."""
    if cores is not None and cores < FEW_CORES:
        return {"VLLM_CPU_OMP_THREADS_BIND": "auto", "VLLM_CPU_NUM_OF_RESERVED_CPU": "0"}
    return {"VLLM_CPU_OMP_THREADS_BIND": "auto"}


def cpu_speed(
    facts: ModelFacts, *, weights: int, use: CoreUse, bandwidth: int | None = None
) -> SpeedBounds:
    """Bounds for an engine on processors.

    Workers share the memory's bandwidth, so more of them neither read faster nor compute more than
    one with the same cores; they only pay for their exchanges.

    Args:
        facts: the model.
        weights: bytes of all weights.
        use: how the cores are used.
        bandwidth: bytes per second from RAM; None when not known.
    """
    alone = speed_bounds(
        facts,
        weights=weights,
        bandwidth=int(min(bandwidth or _BANDWIDTH, use.working * _BANDWIDTH_PER_CORE)),
        flops=int(use.working * _FLOPS_PER_CORE),
        tensor_parallel=1,
        link=None,
    )
    if use.workers == 1:
        return alone
    reduces = _REDUCES_PER_LAYER * facts.layers
    # Each worker writes its part of a token's hidden state and reads the others'.
    moved = reduces * facts.hidden_size * 2 * use.workers / _BANDWIDTH_PER_CORE
    return SpeedBounds(
        _slower(alone.decode, reduces * _ALL_REDUCE_SECONDS + moved), _slower(alone.prefill, moved)
    )


def _slower(bounds: tuple[float, float], seconds: float) -> tuple[float, float]:
    """Tokens per second when each token takes so much longer."""
    low, high = bounds
    return 1 / (1 / low + seconds), 1 / (1 / high + seconds)
