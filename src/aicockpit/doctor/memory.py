"""RAM, and the shared memory through which an engine's processes talk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.engines.sweep import marked
from aicockpit.planner.memory import CPU_OVERHEAD, GIB
from aicockpit.planner.placement import CPU_RESERVE

_SHARED = Path("/dev/shm")  # noqa: S108 - the mount itself, nothing is put there
_QUEUE = 240 * 2**20
"""Bytes that vLLM 0.32 wants free for each of its message queues: ten chunks of 24 MiB
(`distributed/device_communicators/shm_broadcast.py`)."""
_SMALLEST_WEIGHTS = int(1.2 * GIB)
"""Of the starter model."""


def check_memory(surroundings: Surroundings) -> Iterator[Finding]:
    """RAM that is free, and for engines on the CPU whether the smallest model would fit."""
    machine = surroundings.hardware
    free = f"{machine.available_memory / GIB:.1f} of {machine.memory / GIB:.1f} GiB RAM are free."
    kv_cache = surroundings.config.engines.cpu_kv_cache
    least = _SMALLEST_WEIGHTS + CPU_OVERHEAD + kv_cache + CPU_RESERVE
    if surroundings.accelerator != "cpu" or machine.available_memory >= least:
        yield Finding("ok", free)
        return
    if engines := sorted({process.engine for process in marked(surroundings.data)}):
        yield Finding("ok", free, f"Engines of ours are running: {', '.join(engines)}.")
        return
    yield Finding(
        "problem",
        free,
        f"The smallest model needs {least / GIB:.1f} GiB with a KV cache of "
        f"{kv_cache / GIB:.1f} GiB.",
        "End other programs, give the container more memory, or lower engines.cpu_kv_cache.",
    )


def check_shared_memory(surroundings: Surroundings) -> Iterator[Finding]:
    """Engines on the CPU and on several GPUs are several processes; one GPU needs none of it."""
    several = surroundings.accelerator == "cpu" or len(surroundings.hardware.gpus) > 1
    if not several:
        return
    free = shutil.disk_usage(_SHARED).free if _SHARED.is_dir() else 0
    title = f"{_SHARED} has {free / 2**20:,.0f} MiB free."
    if free > _QUEUE:
        yield Finding("ok", title)
        return
    yield Finding(
        "problem" if surroundings.accelerator == "cpu" else "warning",
        title,
        f"vLLM wants {_QUEUE / 2**20:.0f} MiB there for the queues between its processes.",
        f"`mount -o remount,size=2G {_SHARED}`; in a container, `docker run --shm-size 2g`.",
    )
