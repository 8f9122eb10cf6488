"""Looks at the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import psutil

from aicockpit.hardware.nvidia import NvidiaReport, query_nvidia
from aicockpit.hardware.visibility import VARIABLE, visible
from aicockpit.planner import Hardware

_CGROUP = Path("/sys/fs/cgroup")


def detect(
    *,
    cgroup: Path = _CGROUP,
    environ: Mapping[str, str] = os.environ,
    nvidia: NvidiaReport | None = None,
) -> Hardware:
    """Describe the machine, or the container that this process runs in where that is smaller.

    GPUs that CUDA_VISIBLE_DEVICES hides are not there.

    Args:
        cgroup: the control group's folder.
        environ: this process's variables.
        nvidia: what the driver says, when it has been asked already.
    """
    memory = psutil.virtual_memory()
    total, available = memory.total, memory.available
    limit = _container_limit(cgroup)
    if limit is not None and limit < total:
        available = min(available, max(0, limit - _container_usage(cgroup)))
        total = limit
    report = query_nvidia() if nvidia is None else nvidia
    gpus = visible(report.gpus, environ.get(VARIABLE))
    indices = {gpu.index for gpu in gpus}
    return Hardware(
        cpu_cores=len(os.sched_getaffinity(0)),
        memory=total,
        available_memory=available,
        gpus=gpus,
        driver_version=report.driver_version,
        cuda_version=report.cuda_version,
        links=tuple(link for link in report.links if {link.first, link.second} <= indices),
    )


def _container_limit(cgroup: Path) -> int | None:
    """Memory limit of the control group (version 2), None when there is none."""
    return _read_bytes(cgroup / "memory.max")


def _container_usage(cgroup: Path) -> int:
    return _read_bytes(cgroup / "memory.current") or 0


def _read_bytes(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None
