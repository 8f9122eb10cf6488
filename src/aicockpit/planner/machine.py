"""What a machine has, as far as planning needs it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Accelerator = Literal["cpu", "cuda", "rocm", "tpu"]

LinkKind = Literal["nvswitch", "nvlink", "pcie", "host", "numa"]
"""How two GPUs reach each other: through NVSwitch or NVLink; through PCIe bridges alone; through
the processor's host bridge; or across processors."""

SLOWNESS: tuple[LinkKind, ...] = ("nvswitch", "nvlink", "pcie", "host", "numa")
"""Links, the fastest first."""

FAST_LINKS: frozenset[LinkKind] = frozenset({"nvswitch", "nvlink"})
"""Links over which the GPUs may share each layer without a price worth a warning."""


@dataclass(frozen=True)
class Gpu:
    """One GPU as its driver reports it."""

    index: int
    """Number in the driver's order, which is CUDA's under CUDA_DEVICE_ORDER=PCI_BUS_ID; slices
    take numbers that no whole GPU has."""
    name: str
    memory: int
    """Total bytes."""
    free_memory: int
    """Bytes not held by anyone when it was looked at."""
    compute_capability: tuple[int, int]
    bandwidth: int | None = None
    """Bytes per second that the GPU reads from its memory; None when not known."""
    flops: int | None = None
    """Dense floating-point operations per second in 16 bits; None when not known."""
    uuid: str = ""
    """As the driver names it: `GPU-…`, or `MIG-…` for a slice; empty when not known."""
    mig: bool = False
    """A slice of a GPU; slices cannot work together on one model."""
    numa_node: int | None = None
    """The node of the processors that are nearest to it; None when not known."""


@dataclass(frozen=True)
class Link:
    """How two GPUs of one node are joined."""

    first: int
    second: int
    """Indices of the GPUs."""
    kind: LinkKind


@dataclass(frozen=True)
class Hardware:
    """The parts of one machine, or of several like it, that decide what it can serve."""

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
    links: tuple[Link, ...] = ()
    """How its GPUs are joined, each pair once; empty when not known."""
    nodes: int = 1
    """Machines of this kind; everything else here is of one of them."""
    memory_bandwidth: int | None = None
    """Bytes per second that the processors read from RAM; None when not known."""

    @property
    def accelerator(self) -> Accelerator:
        """What engines run on here."""
        return "cuda" if self.gpus else "cpu"

    def visible_devices(self, gpus: Collection[int]) -> str:
        """What CUDA_VISIBLE_DEVICES must be for a process that shall see these GPUs alone.

        Whole GPUs go by their number; a slice has none that CUDA knows and goes by its UUID.
        """
        slices = {gpu.index: gpu.uuid for gpu in self.gpus if gpu.mig}
        return ",".join(slices.get(index, str(index)) for index in gpus)

    def slowest_link(self, gpus: Collection[int]) -> LinkKind | None:
        """The slowest way between any two of `gpus`; None when not known, or for fewer."""
        kinds = [link.kind for link in self.links if link.first in gpus and link.second in gpus]
        return max(kinds, key=SLOWNESS.index, default=None)
