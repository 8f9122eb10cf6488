"""NVIDIA GPUs through NVML, the driver's own library."""

from __future__ import annotations

from dataclasses import dataclass

import pynvml

from aicockpit.planner import Gpu


@dataclass(frozen=True)
class NvidiaReport:
    """What the NVIDIA driver says."""

    gpus: tuple[Gpu, ...] = ()
    driver_version: str | None = None
    cuda_version: tuple[int, int] | None = None


def query_nvidia() -> NvidiaReport | None:
    """Ask the driver; None when there is no driver or it does not answer."""
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        version = pynvml.nvmlSystemGetCudaDriverVersion_v2()
        return NvidiaReport(
            gpus=tuple(_describe(i) for i in range(pynvml.nvmlDeviceGetCount())),
            driver_version=pynvml.nvmlSystemGetDriverVersion(),
            # NVML packs 13.0 as 13000 and 12.9 as 12090.
            cuda_version=(version // 1000, version % 1000 // 10),
        )
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def _describe(index: int) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    major, minor = pynvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Gpu(
        index=index,
        name=pynvml.nvmlDeviceGetName(handle),
        memory=memory.total,
        free_memory=memory.free,
        compute_capability=(major, minor),
    )
