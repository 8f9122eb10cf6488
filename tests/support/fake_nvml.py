"""A driver that is not there: answers NVML's questions from a description of a machine.

Every question that a description leaves open fails as on real machines, with "Not Supported".
"""
# ruff: noqa: N802 - methods have the names of NVML's functions

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TypeVar

import pynvml
import pytest

GIB = 2**30


T = TypeVar("T")


def nvml_error(code: int) -> Exception:
    error: Exception = pynvml.NVMLError(code)
    return error


NOT_SUPPORTED = pynvml.NVML_ERROR_NOT_SUPPORTED


@dataclass
class FakeSlice:
    uuid: str
    name: str
    memory: int
    free: int
    compute_slices: int
    processes: list[tuple[int, int | None]] = field(default_factory=list)
    number: int = 0


@dataclass
class FakeGpu:
    name: str
    memory: int
    free: int
    capability: tuple[int, int] = (8, 0)
    uuid: str = ""
    bus: int = 0
    numa_node: int | None = None
    nvlinks: list[tuple[int, int]] | None = None
    """Active NVLinks: kind of the other end, and its bus; None for a GPU without NVLink."""
    slices: list[FakeSlice] | None = None
    """None where MIG is off."""
    processes: list[tuple[int, int | None]] = field(default_factory=list)
    drawing: list[tuple[int, int | None]] = field(default_factory=list)
    memory_clock: int | None = None
    bus_width: int | None = None
    lost: bool = False


@dataclass
class FakeDriver:
    gpus: list[FakeGpu] = field(default_factory=list)
    version: str = "580.95.05"
    cuda: int = 13000
    levels: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """Common ancestors of pairs by index."""
    p2p_nvlink: bool = False
    refuses: int | None = None
    """The error with which it refuses to be talked to."""
    silent: frozenset[str] = frozenset()
    """Questions that it does not support."""

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in vars(pynvml):
            # A question that nobody thought of must not reach a real driver.
            if name.startswith("nvml") and callable(getattr(pynvml, name)):
                monkeypatch.setattr(pynvml, name, _unsupported)
        for name in dir(self):
            if name.startswith("nvml") and name not in self.silent:
                monkeypatch.setattr(pynvml, name, getattr(self, name))

    def nvmlInit(self):
        if self.refuses is not None:
            raise nvml_error(self.refuses)

    def nvmlShutdown(self):
        pass

    def nvmlSystemGetCudaDriverVersion_v2(self):
        return self.cuda

    def nvmlSystemGetDriverVersion(self):
        return self.version

    def nvmlDeviceGetCount(self):
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index):
        if self.gpus[index].lost:
            raise nvml_error(pynvml.NVML_ERROR_GPU_IS_LOST)
        return self.gpus[index]

    def nvmlDeviceGetHandleByUUID(self, uuid):
        for gpu in self.gpus:
            for device in (gpu, *(gpu.slices or ())):
                if device.uuid == uuid:
                    return device
        raise nvml_error(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceGetName(self, device):
        return device.name

    def nvmlDeviceGetUUID(self, device):
        return device.uuid

    def nvmlDeviceGetMemoryInfo(self, device):
        if getattr(device, "slices", None) is not None:
            raise nvml_error(pynvml.NVML_ERROR_NO_PERMISSION)
        return SimpleNamespace(total=device.memory, free=device.free)

    def nvmlDeviceGetCudaComputeCapability(self, gpu):
        return list(gpu.capability)

    def nvmlDeviceGetPciInfo(self, gpu):
        return SimpleNamespace(
            domain=0, bus=gpu.bus, device=0, busId=f"00000000:{gpu.bus:02X}:00.0"
        )

    def nvmlDeviceGetMemoryAffinity(self, gpu, words, scope):
        assert scope == pynvml.NVML_AFFINITY_SCOPE_NODE
        if gpu.numa_node is None:
            raise nvml_error(NOT_SUPPORTED)
        return [1 << gpu.numa_node, *[0] * (words - 1)]

    def nvmlDeviceGetMaxClockInfo(self, gpu, kind):
        assert kind == pynvml.NVML_CLOCK_MEM
        return _known(gpu.memory_clock)

    def nvmlDeviceGetMemoryBusWidth(self, gpu):
        return _known(gpu.bus_width)

    def nvmlDeviceGetNvLinkState(self, gpu, link):
        if gpu.nvlinks is None:
            raise nvml_error(NOT_SUPPORTED)
        if link >= len(gpu.nvlinks):
            raise nvml_error(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return 1

    def nvmlDeviceGetNvLinkRemoteDeviceType(self, gpu, link):
        return gpu.nvlinks[link][0]

    def nvmlDeviceGetNvLinkRemotePciInfo(self, gpu, link):
        return SimpleNamespace(domain=0, bus=gpu.nvlinks[link][1], device=0)

    def nvmlDeviceGetP2PStatus(self, _first, _second, _index):
        return (
            pynvml.NVML_P2P_STATUS_OK if self.p2p_nvlink else pynvml.NVML_P2P_STATUS_NOT_SUPPORTED
        )

    def nvmlDeviceGetTopologyCommonAncestor(self, first, second):
        pair = sorted((self.gpus.index(first), self.gpus.index(second)))
        return _known(self.levels.get((pair[0], pair[1])))

    def nvmlDeviceGetMigMode(self, gpu):
        if gpu.capability < (8, 0):
            raise nvml_error(NOT_SUPPORTED)
        return [int(gpu.slices is not None)] * 2

    def nvmlDeviceGetMaxMigDeviceCount(self, _gpu):
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, gpu, number):
        for part in gpu.slices:
            if part.number == number:
                return part
        raise nvml_error(pynvml.NVML_ERROR_NOT_FOUND)

    def nvmlDeviceGetAttributes(self, part):
        return SimpleNamespace(computeInstanceSliceCount=part.compute_slices)

    def nvmlDeviceGetComputeRunningProcesses(self, device):
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in device.processes]

    def nvmlDeviceGetGraphicsRunningProcesses(self, device):
        listed = getattr(device, "drawing", [])
        return [SimpleNamespace(pid=pid, usedGpuMemory=used) for pid, used in listed]


def _unsupported(*_args, **_kwargs):
    raise nvml_error(NOT_SUPPORTED)


def _known(answer: T | None) -> T:
    if answer is None:
        raise nvml_error(NOT_SUPPORTED)
    return answer


def eight_h100() -> FakeDriver:
    """As in a server whose eight modules are joined by NVSwitch."""
    switch = pynvml.NVML_NVLINK_DEVICE_TYPE_SWITCH
    return FakeDriver(
        [
            FakeGpu(
                "NVIDIA H100 80GB HBM3",
                85520809984,
                84900000000,
                (9, 0),
                f"GPU-{index:08d}-aaaa",
                bus=16 * index + 1,
                numa_node=index // 4,
                nvlinks=[(switch, 0xC0)] * 18,
            )
            for index in range(8)
        ]
    )


def four_a100_pcie() -> FakeDriver:
    """As in a server with two processors and two cards at each."""
    node, system = pynvml.NVML_TOPOLOGY_NODE, pynvml.NVML_TOPOLOGY_SYSTEM
    return FakeDriver(
        [
            FakeGpu(
                "NVIDIA A100-PCIE-40GB",
                42949672960,
                42300000000,
                (8, 0),
                f"GPU-{index:08d}-bbbb",
                bus=32 * index + 1,
                numa_node=index // 2,
                nvlinks=[],
            )
            for index in range(4)
        ],
        levels={
            (first, second): node if first // 2 == second // 2 else system
            for first in range(4)
            for second in range(first + 1, 4)
        },
    )


def divided_a100() -> FakeDriver:
    """One GPU in two slices, one whole."""
    slices = [
        FakeSlice(
            f"MIG-{number:08d}-cccc",
            "NVIDIA A100-SXM4-40GB MIG 3g.20gb",
            20937965568,
            20900000000,
            3,
            number=number,
        )
        for number in (0, 2)
    ]
    return FakeDriver(
        [
            FakeGpu("NVIDIA A100-SXM4-40GB", 42949672960, 42000000000, uuid="GPU-0", slices=slices),
            FakeGpu("NVIDIA A100-SXM4-40GB", 42949672960, 42000000000, uuid="GPU-1", bus=65),
        ]
    )
