"""GPUs that can be planned for without having one.

Memory is what PyTorch reports of it, which is less than the name says; bandwidth and dense 16-bit
operations are the vendor's datasheet figures. Memory of kinds that no log was at hand for is the
nominal size less 1.1 %, what the others lack at the median.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aicockpit.planner.machine import LinkKind

_GIB = 2**30


@dataclass(frozen=True)
class GpuKind:
    """One kind of GPU on the market."""

    name: str
    """As descriptions write it, in lower case: `h100`."""
    nominal: int
    """Gigabytes in its name; the same chip is sold with different memory."""
    memory_gib: float
    compute_capability: tuple[int, int]
    bandwidth_gbs: float
    teraflops: float
    link: LinkKind = "host"
    """What joins several of them when the description does not say."""

    @property
    def memory(self) -> int:
        """Bytes."""
        return int(self.memory_gib * _GIB)

    @property
    def bandwidth(self) -> int:
        """Bytes per second."""
        return int(self.bandwidth_gbs * 1e9)

    @property
    def flops(self) -> int:
        """Dense 16-bit floating-point operations per second."""
        return int(self.teraflops * 1e12)


GPU_KINDS: tuple[GpuKind, ...] = (
    GpuKind("b200", 180, 178.35, (10, 0), 8000, 2250, "nvswitch"),
    GpuKind("h200", 141, 139.81, (9, 0), 4800, 989, "nvswitch"),
    GpuKind("h100", 80, 79.19, (9, 0), 3350, 989, "nvswitch"),
    GpuKind("h100", 94, 93.1, (9, 0), 3900, 835, "nvlink"),
    GpuKind("gh200", 96, 94.5, (9, 0), 4000, 989, "nvlink"),
    GpuKind("a100", 80, 79.25, (8, 0), 2039, 312, "nvswitch"),
    GpuKind("a100", 40, 39.39, (8, 0), 1555, 312, "nvswitch"),
    GpuKind("a40", 48, 44.42, (8, 6), 696, 150),
    GpuKind("a30", 24, 23.6, (8, 0), 933, 165),
    GpuKind("a10", 24, 22.06, (8, 6), 600, 125),
    GpuKind("a10g", 24, 22.06, (8, 6), 600, 70),
    GpuKind("a6000", 48, 47.4, (8, 6), 768, 155),
    GpuKind("l40s", 48, 44.39, (8, 9), 864, 362),
    GpuKind("l40", 48, 44.39, (8, 9), 864, 181),
    GpuKind("l4", 24, 22.03, (8, 9), 300, 121),
    GpuKind("v100", 32, 31.73, (7, 0), 900, 125, "nvlink"),
    GpuKind("v100", 16, 15.77, (7, 0), 900, 125, "nvlink"),
    GpuKind("t4", 16, 14.56, (7, 5), 320, 65),
    GpuKind("rtx6000ada", 48, 47.4, (8, 9), 960, 364),
    GpuKind("rtxpro6000", 96, 94.97, (12, 0), 1792, 503),
    GpuKind("rtx5090", 32, 31.36, (12, 0), 1792, 209),
    GpuKind("rtx5080", 16, 15.5, (12, 0), 960, 112),
    GpuKind("rtx4090", 24, 23.64, (8, 9), 1008, 165),
    GpuKind("rtx4080", 16, 15.58, (8, 9), 717, 97),
    GpuKind("rtx4070ti", 12, 11.7, (8, 9), 504, 80),
    GpuKind("rtx4060ti", 16, 15.6, (8, 9), 288, 44),
    GpuKind("rtx3090", 24, 23.69, (8, 6), 936, 71),
    GpuKind("rtx3080", 10, 9.78, (8, 6), 760, 60),
    GpuKind("rtx3060", 12, 11.76, (8, 6), 360, 25),
    GpuKind("rtx2080ti", 11, 10.75, (7, 5), 616, 54),
)


def find_kind(name: str, gigabytes: int | None = None) -> GpuKind | None:
    """The kind of a name as in descriptions; the largest memory when no size is given."""
    wanted = name.lower().replace("-", "").replace(" ", "").replace("_", "")
    named = [kind for kind in GPU_KINDS if kind.name == wanted]
    if gigabytes is not None:
        named = [kind for kind in named if kind.nominal == gigabytes]
    return named[0] if named else None


PCIE_SPEEDS: Mapping[tuple[str, int], tuple[int, int]] = {
    ("h100", 80): (2000 * 10**9, 756 * 10**12),
    ("a100", 80): (1935 * 10**9, 312 * 10**12),
}
"""Bandwidth and operations per second of cards whose kind above is a module, by name and size."""

_ALIKE = 0.1
"""Share of its memory by which a GPU may differ from its kind; error correction takes 6 %."""
_OTHERS = frozenset({"laptop", "max", "super"})
"""Words in names of products that share a kind's name and neither its memory nor its speed."""


def kind_of(product: str, memory: int | None = None) -> GpuKind | None:
    """The kind of a product name as drivers report it: `NVIDIA H100 80GB HBM3`.

    Args:
        product: the name.
        memory: bytes that it has in all, which tells apart what is sold under one name.
    """
    words = _words(product)
    if _OTHERS & set(words):
        return None
    names = {"".join(words[:count]) for count in range(1, len(words) + 1)}
    fitting = [kind for kind in GPU_KINDS if kind.name in names]
    if memory is not None:
        fitting = [kind for kind in fitting if abs(kind.memory - memory) < _ALIKE * kind.memory]
    sized = [kind for kind in fitting if f"{kind.nominal}gb" in words]
    return max(sized or fitting, key=lambda kind: len(kind.name), default=None)


def speed_of(product: str, memory: int) -> tuple[int | None, int | None]:
    """Bandwidth and operations per second of a product, each None when not known."""
    kind = kind_of(product, memory)
    if kind is None:
        return None, None
    own = kind.bandwidth, kind.flops
    return PCIE_SPEEDS.get((kind.name, kind.nominal), own) if "pcie" in product.lower() else own


def _words(product: str) -> list[str]:
    """The parts of a name that tell kinds apart."""
    words = product.lower().replace("-", " ").split()
    named = [word for word in words if word not in {"nvidia", "geforce", "tesla", "quadro"}]
    # Some workstation cards are called RTX A6000 and some A6000.
    return named[1:] if named[:1] == ["rtx"] and re.match(r"a\d", "".join(named[1:])) else named
