"""NVIDIA GPUs through NVML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count

import pynvml

from aicockpit.hardware.nvidia_devices import Device, devices_of
from aicockpit.hardware.nvidia_links import find_links
from aicockpit.hardware.nvidia_smi import topology_output
from aicockpit.hardware.nvml import NoDriverError, NvmlError, ask, session
from aicockpit.hardware.topology_text import parse_topology
from aicockpit.planner import Gpu
from aicockpit.planner.machine import Link


@dataclass(frozen=True)
class UnusableGpu:
    """A GPU that the driver lists and that no engine can run on as it is."""

    index: int
    """Its number in the driver's order."""
    why: str
    """What is missing, as the end of a sentence that names it."""


@dataclass(frozen=True)
class NvidiaReport:
    """What the NVIDIA driver says."""

    gpus: tuple[Gpu, ...] = ()
    """GPUs, and slices in place of those that are divided, by index."""
    driver_version: str | None = None
    cuda_version: tuple[int, int] | None = None
    links: tuple[Link, ...] = ()
    """Between whole GPUs; slices cannot work together."""
    unusable: tuple[UnusableGpu, ...] = ()
    problem: str | None = None
    """Why an installed driver does not answer; None when it does and when there is none."""


def query_nvidia() -> NvidiaReport:
    """Ask the driver; an empty report when there is none."""
    try:
        with session():
            return _report()
    except NoDriverError:
        return NvidiaReport()
    except NvmlError as error:
        return NvidiaReport(problem=_words(error))


def _report() -> NvidiaReport:
    unusable: list[UnusableGpu] = []
    devices: dict[int, list[Device]] = {}
    for index in range(pynvml.nvmlDeviceGetCount()):
        try:
            devices[index] = devices_of(index)
        except NvmlError as error:
            unusable.append(UnusableGpu(index, f"does not answer the driver ({_words(error)})"))
            continue
        if not devices[index]:
            unusable.append(UnusableGpu(index, "is in MIG mode and has no slice that we may use"))
    gpus = _numbered(devices, {each.index for each in unusable})
    whole = {
        index: parts[0].handle for index, parts in devices.items() if parts and not parts[0].gpu.mig
    }
    links = find_links(whole)
    if len(whole) > 1 and not links:
        gpus, links = _by_text(gpus, set(whole))
    version = ask(pynvml.nvmlSystemGetCudaDriverVersion_v2)
    return NvidiaReport(
        gpus=gpus,
        driver_version=ask(pynvml.nvmlSystemGetDriverVersion),
        # NVML packs 13.0 as 13000 and 12.9 as 12090.
        cuda_version=None if version is None else (version // 1000, version % 1000 // 10),
        links=links,
        unusable=tuple(unusable),
    )


def _numbered(devices: dict[int, list[Device]], reserved: set[int]) -> tuple[Gpu, ...]:
    """A whole GPU keeps its number in the driver's order; slices take those that are free."""
    taken = reserved | {index for index, parts in devices.items() if parts and not parts[0].gpu.mig}
    free = (number for number in count() if number not in taken)
    gpus = [
        replace(part.gpu, index=next(free)) if part.gpu.mig else part.gpu
        for parts in devices.values()
        for part in parts
    ]
    return tuple(sorted(gpus, key=lambda gpu: gpu.index))


def _by_text(gpus: Sequence[Gpu], whole: set[int]) -> tuple[tuple[Gpu, ...], tuple[Link, ...]]:
    """Links, and NUMA nodes where NVML gave none, from what `nvidia-smi` prints."""
    topology = parse_topology(topology_output())
    links = tuple(link for link in topology.links if {link.first, link.second} <= whole)
    placed = tuple(
        replace(gpu, numa_node=topology.numa_nodes.get(gpu.index))
        if gpu.numa_node is None and gpu.index in whole
        else gpu
        for gpu in gpus
    )
    return placed, links


def _words(error: NvmlError) -> str:
    return str(error).rstrip(".")
