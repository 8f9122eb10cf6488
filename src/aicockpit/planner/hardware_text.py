"""Machines described in words: `8xH100-80GB-nvlink`, `2x(4xA100-40GB-pcie)`, `cpu-2c-24g`."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations

from aicockpit.planner.gpu_kinds import GPU_KINDS, PCIE_SPEEDS, GpuKind, find_kind
from aicockpit.planner.machine import Gpu, Hardware, Link, LinkKind

_GIB = 2**30
_TAKEN = int(0.51 * _GIB)
"""Bytes of an idle GPU that its driver's context takes as soon as anyone looks."""

_NODES = re.compile(r"(\d+)x\((.+)\)")
_GPUS = re.compile(
    r"(?:(\d+)x)?([a-z][a-z0-9 _-]*?)(?:-(\d+)gb?)?((?:-(?:nvswitch|nvlink|pcie|numa))?)"
)
_CPU = re.compile(r"cpu-(\d+)c-(\d+)gb?")
_LINKS: dict[str, LinkKind] = {
    "nvswitch": "nvswitch",
    "nvlink": "nvlink",
    "pcie": "host",
    "numa": "numa",
}

_CORES_PER_GPU = 16
_RAM_PER_GPU = 128 * _GIB
_MOST_RAM = 65536
"""GiB."""


class HardwareTextError(ValueError):
    """A description that names nothing known; the message says what is."""


def parse_hardware(text: str) -> Hardware:
    """Read a description of a machine, or of several alike.

    Raises:
        HardwareTextError: it does not follow the form, or names an unknown GPU.
    """
    wanted = text.strip().lower()
    if match := _NODES.fullmatch(wanted):
        node = parse_hardware(match[2])
        if not node.gpus:
            raise HardwareTextError(f'"{text}": an engine without GPUs runs on one machine.')
        return replace(node, nodes=_count(match[1], text) * node.nodes)
    if match := _CPU.fullmatch(wanted):
        memory = _count(match[2], text, _MOST_RAM) * _GIB
        return Hardware(_count(match[1], text), memory, memory)
    match = _GPUS.fullmatch(wanted)
    kind = find_kind(match[2], int(match[3]) if match[3] else None) if match else None
    if match is None or kind is None:
        raise HardwareTextError(_unknown(text, match[2] if match else ""))
    link = match[4].removeprefix("-")
    return _machine(kind, _count(match[1] or "1", text), link)


def _count(digits: str, text: str, most: int = 1024) -> int:
    if len(digits) > len(str(most)) or not 1 <= int(digits) <= most:
        why = f"has {digits[:9]} of something; 1 to {most} can be planned for"
        raise HardwareTextError(f'"{text}" {why}.')
    return int(digits)


def _machine(kind: GpuKind, count: int, link: str) -> Hardware:
    bandwidth, flops = kind.bandwidth, kind.flops
    if link == "pcie":
        bandwidth, flops = PCIE_SPEEDS.get((kind.name, kind.nominal), (bandwidth, flops))
    gpus = tuple(
        Gpu(
            index,
            f"{kind.name.upper()}-{kind.nominal}GB",
            kind.memory,
            kind.memory - _TAKEN,
            kind.compute_capability,
            bandwidth,
            flops,
        )
        for index in range(count)
    )
    joined = _LINKS[link] if link else kind.link
    links = tuple(Link(first, second, joined) for first, second in combinations(range(count), 2))
    memory = _RAM_PER_GPU * count
    return Hardware(_CORES_PER_GPU * count, memory, memory, gpus, links=links)


def _unknown(text: str, name: str) -> str:
    sizes = sorted({kind.nominal for kind in GPU_KINDS if kind.name == name.replace(" ", "")})
    if sizes:
        known = ", ".join(f"{size}GB" for size in sizes)
        return f'"{text}": {name.upper()} is known with {known}.'
    names = ", ".join(dict.fromkeys(kind.name.upper() for kind in GPU_KINDS))
    return (
        f'"{text}" describes no machine that is known. Write for example 8xH100-80GB-nvlink, '
        f"2x(4xA100-40GB-pcie), rtx4090 or cpu-16c-64g. Known GPUs: {names}."
    )
