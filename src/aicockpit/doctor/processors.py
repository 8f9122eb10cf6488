"""Cores and instruction sets.

What an engine on the CPU asks for is read from vLLM 0.32: `platforms/cpu.py` loads one of three
builds of its kernels by instruction set, `utils/cpu_resource_utils.py` calls `lscpu`, and each rank
runs on the cores and the memory of one NUMA node.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.hardware import Processor

_AVX512 = frozenset({"avx512f", "avx512bw", "avx512dq", "avx512vl"})
_SETS = (
    ("AVX2", frozenset({"avx2"})),
    ("AVX-512", _AVX512),
    ("AVX-512 bf16", frozenset({"avx512_bf16"})),
    ("AMX bf16", frozenset({"amx_tile", "amx_bf16"})),
)


def check_processors(surroundings: Surroundings) -> Iterator[Finding]:
    """What there is, and what an engine on the CPU would lack."""
    processor = surroundings.processor
    cores = f"{processor.cores} core{'' if processor.cores == 1 else 's'}"
    has = [name for name, needed in _SETS if needed <= processor.features]
    sets = f" with {', '.join(has)}" if has else ""
    model = f" of {processor.model}" if processor.model else ""
    summary = f"{cores}{model}{sets}."
    if surroundings.accelerator != "cpu":
        yield Finding("ok", summary)
        return
    yield _instructions(processor, summary)
    if shutil.which("lscpu", path=surroundings.environ.get("PATH")) is None:
        yield Finding(
            "problem",
            "The program lscpu is missing.",
            "vLLM asks it which cores there are, and ends without an answer.",
            "Install it (Debian and Ubuntu: `apt install util-linux`).",
        )
    if processor.share is not None and processor.share < processor.cores:
        yield Finding(
            "warning",
            f"The container grants the time of {processor.share:g} cores and shows "
            f"{processor.cores}.",
            "vLLM starts a thread for each core that it sees, and they wait for each other.",
            "Give the container whole cores (`docker run --cpuset-cpus 0-3`).",
        )
    if processor.numa_nodes > 1:
        yield Finding(
            "note",
            f"The cores lie at {processor.numa_nodes} NUMA nodes.",
            "An engine uses the cores and the RAM of one node for each of its ranks.",
            f"For all of them: engine_args = {{ tensor-parallel-size = {processor.numa_nodes} }}.",
        )


def _instructions(processor: Processor, summary: str) -> Finding:
    if processor.architecture != "x86_64":
        return Finding(
            "problem",
            f"The processors are of type {processor.architecture}.",
            "The packages of the CPU engine are made for x86-64.",
            "Use a machine with x86-64 processors, or one with an NVIDIA GPU.",
        )
    if "avx2" not in processor.features:
        return Finding(
            "problem",
            "The processors lack AVX2.",
            "All kernels of the CPU engine are built with it.",
            "Use a newer machine; in a virtual one, pass the host's CPU through.",
        )
    if not processor.features >= _AVX512:
        return Finding(
            "note",
            summary,
            "Without AVX-512 the engine uses its AVX2 kernels and has no fp8 KV cache.",
            "In a virtual machine, pass the host's CPU through; else it is as fast as it gets.",
        )
    return Finding("ok", summary)
