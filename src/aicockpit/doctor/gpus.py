"""The GPUs that engines can use, what is free of them, and who holds the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.engines.catalog import CAPABILITY_NEEDED
from aicockpit.engines.sweep import marked
from aicockpit.hardware import MemoryHolder, memory_holders
from aicockpit.planner import Gpu
from aicockpit.planner.memory import GIB
from aicockpit.planner.placement import MOST_GPU_UTILIZATION


def check_gpus(surroundings: Surroundings) -> Iterator[Finding]:
    """Each GPU, those alike together."""
    gpus = surroundings.hardware.gpus
    busy = [gpu for gpu in gpus if gpu.free_memory < MOST_GPU_UTILIZATION * gpu.memory]
    idle = [gpu for gpu in gpus if gpu not in busy]
    for name in dict.fromkeys(gpu.name for gpu in idle):
        alike = [gpu for gpu in idle if gpu.name == name]
        free, total = min(gpu.free_memory for gpu in alike), max(gpu.memory for gpu in alike)
        yield Finding("ok", f"{numbers(alike)}: {name}, {_of(free, total)} free.")
    if busy:
        ours = {process.pid: process.engine for process in marked(surroundings.data)}
        holders = memory_holders(busy)
        for gpu in busy:
            yield _busy(gpu, [holder for holder in holders if holder.gpu == gpu.index], ours)
    yield from _peculiar(gpus)
    if hidden := len(surroundings.nvidia.gpus) - len(gpus):
        yield Finding(
            "note",
            f"CUDA_VISIBLE_DEVICES hides {hidden} of {len(surroundings.nvidia.gpus)} GPUs from us.",
            "Engines keep to the others.",
            "Unset the variable to use all.",
        )


def numbers(gpus: Iterable[Gpu]) -> str:
    """`GPU 0`, `GPUs 0-3`, `GPUs 0, 2, 5`."""
    indices = sorted(gpu.index for gpu in gpus)
    if len(indices) == 1:
        return f"GPU {indices[0]}"
    if len(indices) > 2 and indices[-1] - indices[0] == len(indices) - 1:
        return f"GPUs {indices[0]}-{indices[-1]}"
    return f"GPUs {', '.join(map(str, indices))}"


def _busy(gpu: Gpu, holders: Sequence[MemoryHolder], ours: dict[int, str]) -> Finding:
    title = f"GPU {gpu.index}: {gpu.name}, {_of(gpu.free_memory, gpu.memory)} free."
    detail = "; ".join(_holder(holder, ours) for holder in holders)
    if holders and all(holder.pid in ours for holder in holders):
        return Finding("ok", title, f"{detail}.")
    free = f"`aicockpit plan --free-gib {gpu.free_memory / GIB:.0f}`"
    seen = [str(holder.pid) for holder in holders if holder.pid not in ours and holder.name]
    if seen:
        remedy = f"End what is not needed (`kill {' '.join(seen)}`), or plan with what is free: "
        return Finding("warning", title, f"{detail}.", f"{remedy}{free}.")
    unseen = "Who holds the rest cannot be seen from here, as in a container."
    remedy = f"Run `nvidia-smi` on the host to see who, or plan with what is free: {free}."
    return Finding("warning", title, f"{detail}. {unseen}" if holders else unseen, remedy)


def _holder(holder: MemoryHolder, ours: dict[int, str]) -> str:
    held = "memory that is not told" if holder.memory is None else f"{holder.memory / GIB:.1f} GiB"
    if engine := ours.get(holder.pid):
        return f"our engine {engine} (process {holder.pid}) holds {held}"
    if not holder.name:
        return f"process {holder.pid} holds {held}"
    user = f" of {holder.user}" if holder.user else ""
    return f"{holder.name} (process {holder.pid}{user}) holds {held}"


def _peculiar(gpus: Sequence[Gpu]) -> Iterator[Finding]:
    old = [gpu for gpu in gpus if gpu.compute_capability < CAPABILITY_NEEDED]
    if old and len(old) < len(gpus):
        new = ",".join(str(gpu.index) for gpu in gpus if gpu not in old)
        yield Finding(
            "warning",
            f"{numbers(old)}: too old for the engine.",
            "CUDA 13 supports compute capability 7.5 and newer.",
            f"Hide what cannot be used: `export CUDA_VISIBLE_DEVICES={new}`.",
        )
    if slices := [gpu for gpu in gpus if gpu.mig]:
        yield Finding(
            "note",
            f"{numbers(slices)}: slices of divided GPUs (MIG).",
            "Each engine gets one slice, by its UUID; slices cannot share a model.",
            "For a model larger than a slice, end MIG mode with `nvidia-smi -mig 0`.",
        )
    kinds = {gpu.name for gpu in gpus if not gpu.mig}
    if len(kinds) > 1:
        yield Finding(
            "note",
            "The GPUs are of different kinds.",
            "Those that share a model can each use only what the smallest has.",
            "Name those that an engine shall use with models.NAME.gpus.",
        )


def _of(free: int, total: int) -> str:
    return f"{free / GIB:.1f} of {total / GIB:.1f} GiB"
