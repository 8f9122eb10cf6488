"""The processors of this machine, as far as engines ask for what they can."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_NODES = Path("/sys/devices/system/node")
_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Processor:
    """The processors that this process may use."""

    architecture: str
    """As `uname -m` names it: `x86_64`."""
    model: str
    cores: int
    """Cores that this process may run on."""
    features: frozenset[str]
    """Instruction sets as the system names them: `avx2`, `avx512f`, `amx_bf16`."""
    numa_nodes: int
    """Nodes that have memory."""
    share: float | None
    """Cores' worth of time that the container grants; None without a limit."""


def read_processor(
    *, cpuinfo: Path = _CPUINFO, nodes: Path = _NODES, cgroup: Path = _CGROUP
) -> Processor:
    """Look at the processors; what the system does not say is left empty."""
    text = _read(cpuinfo)
    return Processor(
        architecture=platform.machine(),
        model=_field(text, "model name"),
        cores=len(os.sched_getaffinity(0)),
        features=frozenset((_field(text, "flags") or _field(text, "Features")).split()),
        numa_nodes=_count(_read(nodes / "has_memory")),
        share=_share(_read(cgroup / "cpu.max")),
    )


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""


def _field(text: str, name: str) -> str:
    match = re.search(rf"^{name}\s*: (.*)$", text, re.MULTILINE)
    return match[1].strip() if match else ""


def _count(text: str) -> int:
    """How many a list such as `0-1,3` names; at least one."""
    total = 0
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            total += int(last or first) - int(first) + 1
    return max(1, total)


def _share(text: str) -> float | None:
    quota, _, period = text.partition(" ")
    return int(quota) / int(period) if quota.isdigit() and period.strip().isdigit() else None
