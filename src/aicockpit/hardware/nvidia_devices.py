"""One GPU, or the slices that it is divided into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pynvml

from aicockpit.hardware.nvml import Handle, ask
from aicockpit.planner import Gpu
from aicockpit.planner.gpu_kinds import kind_of, speed_of

_PCI_DEVICES = Path("/sys/bus/pci/devices")
_NODE_WORDS = 16
"""Words of 64 bits for NUMA nodes: as many as Linux can be built for."""
_SLICES = 7
"""Slices of compute that a GPU has when the driver does not say: those of A100 and H100."""


@dataclass(frozen=True)
class Device:
    """A GPU or a slice, with what NVML knows it by."""

    handle: Handle
    gpu: Gpu


def devices_of(index: int) -> list[Device]:
    """The GPU of a number in the driver's order: itself, its slices, or nothing when it has none.

    Raises:
        NvmlError: it does not answer what must be known of it.
    """
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    mode = ask(pynvml.nvmlDeviceGetMigMode, handle)
    if mode is None or mode[0] != pynvml.NVML_DEVICE_MIG_ENABLE:
        return [Device(handle, _whole(index, handle))]
    return [Device(part, _slice(index, part, handle)) for part in _slice_handles(handle)]


def _whole(index: int, handle: Handle) -> Gpu:
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    name = pynvml.nvmlDeviceGetName(handle)
    bandwidth, flops = speed_of(name, memory.total)
    return Gpu(
        index=index,
        name=name,
        memory=memory.total,
        free_memory=memory.free,
        compute_capability=_capability(handle),
        bandwidth=bandwidth or _bandwidth(handle),
        flops=flops,
        uuid=ask(pynvml.nvmlDeviceGetUUID, handle) or "",
        numa_node=_numa_node(handle),
    )


def _bandwidth(handle: Handle) -> int | None:
    """Of its memory: two transfers per clock over the whole bus."""
    clock = ask(pynvml.nvmlDeviceGetMaxClockInfo, handle, pynvml.NVML_CLOCK_MEM)
    width = ask(pynvml.nvmlDeviceGetMemoryBusWidth, handle)
    return int(clock * 10**6 * 2 * width // 8) if clock and width else None


def _numa_node(handle: Handle) -> int | None:
    """The node whose processors are nearest, not the one that the GPU's own memory may be."""
    scope = pynvml.NVML_AFFINITY_SCOPE_NODE
    words = ask(pynvml.nvmlDeviceGetMemoryAffinity, handle, _NODE_WORDS, scope)
    nodes = [
        number * 64 + bit
        for number, word in enumerate(words or ())
        for bit in range(64)
        if word >> bit & 1
    ]
    if len(nodes) == 1:
        return nodes[0]
    address = ask(pynvml.nvmlDeviceGetPciInfo, handle)
    return None if address is None else _system_numa_node(address.busId)


def _system_numa_node(bus_id: str) -> int | None:
    # NVML writes the domain with eight digits, Linux with four.
    domain, _, rest = bus_id.lower().partition(":")
    try:
        node = int((_PCI_DEVICES / f"{domain[-4:]}:{rest}" / "numa_node").read_text())
    except (OSError, ValueError):
        return None
    return node if node >= 0 else None


def _slice_handles(handle: Handle) -> Iterator[Handle]:
    for number in range(ask(pynvml.nvmlDeviceGetMaxMigDeviceCount, handle) or 0):
        # Numbers need not follow each other.
        part = ask(pynvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, number)
        if part is not None:
            yield part


def _slice(index: int, part: Handle, whole: Handle) -> Gpu:
    memory = pynvml.nvmlDeviceGetMemoryInfo(part)
    product = pynvml.nvmlDeviceGetName(whole)
    # Of a divided GPU as a whole, the driver tells its memory to the administrator alone.
    all_memory = ask(pynvml.nvmlDeviceGetMemoryInfo, whole)
    kind = kind_of(product, all_memory and all_memory.total)
    bandwidth, flops = (kind.bandwidth, kind.flops) if kind else (_bandwidth(whole), None)
    of = all_memory.total if all_memory else kind.memory if kind else None
    attributes = ask(pynvml.nvmlDeviceGetAttributes, part)
    slices = ask(pynvml.nvmlDeviceGetMaxMigDeviceCount, whole) or _SLICES
    return Gpu(
        index=index,
        name=ask(pynvml.nvmlDeviceGetName, part) or f"{product} MIG",
        memory=memory.total,
        free_memory=memory.free,
        compute_capability=_capability(whole),
        bandwidth=int(bandwidth * min(1.0, memory.total / of)) if bandwidth and of else None,
        flops=flops * attributes.computeInstanceSliceCount // slices
        if flops and attributes
        else None,
        uuid=pynvml.nvmlDeviceGetUUID(part),
        mig=True,
        numa_node=_numa_node(whole),
    )


def _capability(handle: Handle) -> tuple[int, int]:
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    return major, minor
