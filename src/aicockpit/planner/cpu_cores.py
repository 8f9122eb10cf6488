"""What an engine makes of a machine's cores, and how fast it then is.

vLLM's scheduler is a process of its own that looks for work without a pause while there is any.
vLLM therefore leaves one core per worker free, where it has more (`utils/ompmultiprocessing.py`).
On two cores that is half of them: workers that share the scheduler's core do 1.5 times as much on
a machine with nothing else to do, and half as much beside a process that is always busy. Figures
are in docs/planner.md, the choice is decision 0012.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.speed import SpeedBounds, speed_bounds

CORE_ENVIRONMENT: Mapping[str, str] = MappingProxyType({"VLLM_CPU_OMP_THREADS_BIND": "auto"})
"""Variables by which an engine's process knows which cores to use."""

_SHARED = 0.82
"""Speed of cores of which one is shared with the scheduler: all wait for the slowest. Of two, 1.46
to 1.76 times as much as of one was measured."""
_FLOPS_PER_CORE = (150 * 10**9, 2600 * 10**9)
"""Operations per second of one core in 16 bits: without units for matrices (AVX-512), with them
(AMX, 1,024 per cycle). A prompt of 1,505 tokens reached 1,100, counting two per parameter."""
_BANDWIDTH_PER_CORE = 30 * 10**9
"""Bytes per second that one core reads from RAM; 14 were reached by decoding."""
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
    """How an engine uses the cores when nobody says how."""
    return CoreUse(workers, cores, workers if cores > workers else 0)


def binding_warning(cores: int, workers: int) -> str | None:
    """What several workers need that cannot be known here; None for one."""
    if workers == 1:
        return None
    each = max(1, cores // workers)
    ranges = [f"{i * each}-{(i + 1) * each - 1}" if each > 1 else str(i) for i in range(workers)]
    return (
        f"vLLM gives each of {workers} workers a NUMA node and does not start with fewer nodes. "
        f'There, name the cores of each: VLLM_CPU_OMP_THREADS_BIND="{"|".join(ranges)}".'
    )


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
    slow, fast = (
        speed_bounds(
            facts,
            weights=weights,
            bandwidth=int(min(bandwidth or _BANDWIDTH, use.working * _BANDWIDTH_PER_CORE)),
            flops=int(use.working * flops),
            tensor_parallel=1,
            link=None,
        )
        for flops in _FLOPS_PER_CORE
    )
    alone = SpeedBounds(fast.decode, (slow.prefill[0], fast.prefill[1]))
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
