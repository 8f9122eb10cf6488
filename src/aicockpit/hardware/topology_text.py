"""Reads the matrix that `nvidia-smi topo -m` prints. Pure: text in, values out.

One row and one column per GPU and network card, then the processors and NUMA nodes that are near;
below it legends. Older drivers lack the last columns, and a matrix that was pasted somewhere has
spaces for tabs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from aicockpit.planner.machine import Link, LinkKind

_ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_GPU = re.compile(r"GPU(\d+)")
_NVLINK = re.compile(r"NV(\d+)")
_WAYS: Mapping[str, LinkKind] = {
    "PSB": "pcie",
    "PIX": "pcie",
    "PXB": "pcie",
    "PHB": "host",
    "NODE": "host",
    "SYS": "numa",
    "SOC": "numa",
}
"""PCIe ways by their word; SOC is what SYS was called before CUDA 9."""
_MOST_NVLINKS = 18
"""Of one GPU up to Blackwell. Whoever has more to its peers together shares them by a switch."""


@dataclass(frozen=True)
class Topology:
    """What a matrix says."""

    links: tuple[Link, ...] = ()
    """Each pair of GPUs once, by their numbers in the matrix."""
    numa_nodes: Mapping[int, int] = field(default_factory=dict)
    """The NUMA node of each GPU that is near exactly one."""
    cpus: Mapping[int, str] = field(default_factory=dict)
    """The processors that are near, as printed: `0-31,64-95`."""


def parse_topology(text: str) -> Topology:
    """Read a matrix; what is not one gives an empty topology."""
    lines = [line.split() for line in _ESCAPES.sub("", text).splitlines()]
    start = next((at for at, words in enumerate(lines) if words and _GPU.fullmatch(words[0])), None)
    if start is None:
        return Topology()
    devices, columns = _header(lines[start])
    # With one GPU its own row looks like a header; that has no pairs anyway.
    cells: dict[tuple[int, int], str] = {}
    numa_nodes: dict[int, int] = {}
    cpus: dict[int, str] = {}
    for words in lines[start + 1 :]:
        row = _GPU.fullmatch(words[0]) if words else None
        if row is None or len(words) <= len(devices):
            continue
        number = int(row[1])
        for device, cell in zip(devices, words[1:], strict=False):
            if column := _GPU.fullmatch(device):
                cells[number, int(column[1])] = cell
        near = words[1 + len(devices) :]
        if near and re.fullmatch(r"[\d,-]+", near[0]):
            cpus[number] = near[0]
        # Columns may be empty, so they can be told apart only when all are there.
        if len(near) == len(columns) > 1 and near[1].isdigit():
            numa_nodes[number] = int(near[1])
    return Topology(_links(cells), numa_nodes, cpus)


def _header(words: list[str]) -> tuple[list[str], list[str]]:
    """Names of the devices, and of the columns after them."""
    end = words.index("CPU") if "CPU" in words else len(words)
    columns = re.findall(r"CPU Affinity|GPU NUMA ID|NUMA Affinity", " ".join(words[end:]))
    return words[:end], columns


def _links(cells: Mapping[tuple[int, int], str]) -> tuple[Link, ...]:
    switched = _switched(cells)
    found: dict[tuple[int, int], LinkKind] = {}
    for (row, column), cell in cells.items():
        kind = _kind(cell, switched={row, column} <= switched)
        if row != column and kind is not None:
            found[min(row, column), max(row, column)] = kind
    return tuple(Link(*pair, kind) for pair, kind in sorted(found.items()))


def _kind(cell: str, *, switched: bool) -> LinkKind | None:
    if _NVLINK.fullmatch(cell):
        return "nvswitch" if switched else "nvlink"
    return _WAYS.get(cell)


def _switched(cells: Mapping[tuple[int, int], str]) -> set[int]:
    """GPUs whose NVLinks lead to a switch: the matrix counts them again for every peer."""
    counts: defaultdict[int, int] = defaultdict(int)
    for (row, _), cell in cells.items():
        if match := _NVLINK.fullmatch(cell):
            counts[row] += int(match[1])
    return {row for row, links in counts.items() if links > _MOST_NVLINKS}
