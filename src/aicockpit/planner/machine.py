"""What a machine has, as far as planning needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Accelerator = Literal["cpu", "cuda", "rocm", "tpu"]


@dataclass(frozen=True)
class Gpu:
    """One GPU as its driver reports it."""

    index: int
    name: str
    memory: int
    """Total bytes."""
    free_memory: int
    """Bytes not held by anyone when it was looked at."""
    compute_capability: tuple[int, int]


@dataclass(frozen=True)
class Hardware:
    """The parts of one machine that decide what it can serve."""

    cpu_cores: int
    """Cores this process may use."""
    memory: int
    """Total RAM in bytes, or the container's limit where that is lower."""
    available_memory: int
    """RAM in bytes that could be taken now without swapping."""
    gpus: tuple[Gpu, ...] = ()
    driver_version: str | None = None
    """NVIDIA driver, such as `580.95.05`; None without one."""
    cuda_version: tuple[int, int] | None = None
    """Newest CUDA version that the driver supports."""

    @property
    def accelerator(self) -> Accelerator:
        """What engines run on here."""
        return "cuda" if self.gpus else "cpu"
