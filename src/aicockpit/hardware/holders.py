"""Who holds GPU memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psutil
import pynvml

from aicockpit.hardware.nvml import NoDriverError, NvmlError, ask, session
from aicockpit.planner import Gpu


@dataclass(frozen=True)
class MemoryHolder:
    """A process that holds memory of a GPU."""

    gpu: int
    """Index of the GPU."""
    pid: int
    """As the driver counts, which in a container may be nobody's or somebody else's number."""
    memory: int | None
    """Bytes; None where the driver does not say, as in containers."""
    name: str = ""
    """Of the program; empty when it cannot be seen from here."""
    user: str = ""


def memory_holders(gpus: Sequence[Gpu]) -> tuple[MemoryHolder, ...]:
    """The processes that the driver knows to hold memory of these GPUs, the largest first."""
    try:
        with session():
            found = [holder for gpu in gpus for holder in _holders(gpu)]
    except (NoDriverError, NvmlError):
        return ()
    return tuple(sorted(found, key=lambda holder: (holder.gpu, -(holder.memory or 0))))


def _holders(gpu: Gpu) -> list[MemoryHolder]:
    by_uuid = ask(pynvml.nvmlDeviceGetHandleByUUID, gpu.uuid) if gpu.uuid else None
    handle = by_uuid or ask(pynvml.nvmlDeviceGetHandleByIndex, gpu.index)
    processes: dict[int, int | None] = {}
    for question in (
        pynvml.nvmlDeviceGetComputeRunningProcesses,
        pynvml.nvmlDeviceGetGraphicsRunningProcesses,
    ):
        # A process that computes and draws is in both lists, with all of its memory.
        for process in ask(question, handle) or ():
            known = processes.get(process.pid)
            processes[process.pid] = max(known or 0, process.usedGpuMemory or 0) or None
    return [MemoryHolder(gpu.index, pid, memory, *_who(pid)) for pid, memory in processes.items()]


def _who(pid: int) -> tuple[str, str]:
    try:
        process = psutil.Process(pid)
        return process.name(), process.username()
    except (psutil.Error, KeyError):
        return "", ""
