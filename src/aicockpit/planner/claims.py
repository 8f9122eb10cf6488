"""Where a model could run on a machine, and how much of its memory it takes there at the least.

All of it is asked of `place`, one model alone and one choice of GPUs at a time, so that nothing
that is built on it can come to another verdict than `place` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from aicockpit.planner.machine import Accelerator, Hardware
from aicockpit.planner.placement import (
    CPU_RESERVE,
    MOST_GPU_UTILIZATION,
    Placement,
    PlacementRequest,
    place,
)

RAM = -1
"""Stands in place of a GPU's index where engines run on the processors."""


@dataclass(frozen=True)
class Claim:
    """One way to run a model."""

    where: tuple[int, ...]
    """Indices of GPUs, or `RAM` alone."""
    size: int
    """Bytes of each of them."""

    @property
    def gpus(self) -> tuple[int, ...]:
        """As in `Placement`: empty on the CPU."""
        return tuple(index for index in self.where if index != RAM)

    @property
    def total(self) -> int:
        """Bytes of all of them."""
        return self.size * len(self.where)

    def fits(self, room: Mapping[int, int]) -> bool:
        """Whether there is as much of each."""
        return all(room[index] >= self.size for index in self.where)


def free_room(hardware: Hardware, accelerator: Accelerator) -> dict[int, int]:
    """Bytes that engines may take of each GPU, or of RAM where they run on the processors."""
    if accelerator == "cpu":
        return {RAM: free_ram(hardware)}
    return {
        gpu.index: min(gpu.free_memory, int(gpu.memory * MOST_GPU_UTILIZATION))
        for gpu in hardware.gpus
    }


def free_ram(hardware: Hardware) -> int:
    """Bytes of RAM that engines may take, running or asleep; never below 0."""
    return max(0, hardware.available_memory - CPU_RESERVE)


def claims_of(
    request: PlacementRequest, hardware: Hardware, accelerator: Accelerator
) -> tuple[Claim, ...]:
    """Every way in which `place` would run a model that has the machine for itself."""
    sizes = {gpu.index: gpu.memory for gpu in hardware.gpus}
    found = []
    for gpus in _choices(request, hardware, accelerator):
        (alone,) = place([replace(request, gpus=gpus)], hardware, accelerator)
        if isinstance(alone, Placement):
            found.append(Claim(alone.gpus or (RAM,), _size(request, alone, sizes)))
    return tuple(found)


def _choices(
    request: PlacementRequest, hardware: Hardware, accelerator: Accelerator
) -> Iterator[tuple[int, ...] | None]:
    """What `place` chooses from: the named GPUs, else a power of two of them, but one slice."""
    if accelerator == "cpu" or request.gpus is not None:
        yield request.gpus
        return
    gpus = sorted(gpu.index for gpu in hardware.gpus)
    most = 1 if any(gpu.mig for gpu in hardware.gpus) else len(gpus)
    count = 1
    while count <= most:
        yield from combinations(gpus, count)
        count *= 2


def _size(request: PlacementRequest, alone: Placement, sizes: Mapping[int, int]) -> int:
    if request.gpu_memory_utilization is None or not alone.gpus:
        return alone.need.total
    return int(request.gpu_memory_utilization * min(sizes[index] for index in alone.gpus))
