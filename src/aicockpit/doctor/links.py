"""How GPUs reach each other, and what lies at which processor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.gpus import numbers
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.planner import Gpu, Hardware
from aicockpit.planner.machine import FAST_LINKS

_NAMES = {"nvswitch": "NVSwitch", "nvlink": "NVLink"}
_STAGES = "pipeline-parallel-size"


def check_links(surroundings: Surroundings) -> Iterator[Finding]:
    """Links matter from two whole GPUs on."""
    machine = surroundings.hardware
    whole = [gpu for gpu in machine.gpus if not gpu.mig]
    if len(whole) < 2:
        return
    if len(machine.links) < len(whole) * (len(whole) - 1) // 2:
        yield Finding(
            "note",
            f"{numbers(whole)}: how they are joined is not known.",
            "Plans for several GPUs count on PCIe.",
            "`nvidia-smi topo -m` shows what the driver knows.",
        )
        return
    kinds = {link.kind for link in machine.links}
    if kinds <= FAST_LINKS:
        names = " and ".join(sorted(_NAMES[kind] for kind in kinds))
        yield Finding("ok", f"{numbers(whole)}: joined by {names}.")
    elif "numa" in kinds:
        yield _across(machine, whole)
    else:
        yield _slow(machine, whole)


def _slow(machine: Hardware, whole: Sequence[Gpu]) -> Finding:
    if bridged := _bridged(machine):
        return Finding(
            "note",
            f"NVLink joins {bridged}; other pairs are joined by PCIe only.",
            "Sharing each layer over PCIe makes every layer wait.",
            f"Name a joined pair with models.NAME.gpus, or use {_STAGES} across pairs.",
        )
    return Finding(
        "note",
        f"{numbers(whole)}: joined by PCIe only, without NVLink.",
        "Sharing each layer over PCIe makes every layer wait.",
        f"Prefer models that fit on one GPU, or {_STAGES} to tensor-parallel-size.",
    )


def _across(machine: Hardware, whole: Sequence[Gpu]) -> Finding:
    by_node: defaultdict[int | None, list[Gpu]] = defaultdict(list)
    for gpu in whole:
        by_node[gpu.numa_node].append(gpu)
    places = [f"{numbers(gpus)} at NUMA node {node}" for node, gpus in by_node.items()]
    joined = f" NVLink joins {bridged}." if (bridged := _bridged(machine)) else ""
    known = None not in by_node and len(by_node) > 1
    largest = max(by_node.values(), key=len) if known else list(whole[:2])
    where = f": {', '.join(places)}" if known else ""
    return Finding(
        "warning",
        f"The GPUs lie at different processors{where}.{joined}",
        "Sharing each layer across processors is the slowest way there is.",
        f"Keep an engine to one processor's GPUs, such as models.NAME.gpus = "
        f"{[gpu.index for gpu in largest]}, or use {_STAGES} across them.",
    )


def _bridged(machine: Hardware) -> str:
    return ", ".join(
        f"{link.first} with {link.second}" for link in machine.links if link.kind in FAST_LINKS
    )
