"""Which GPUs the variable CUDA_VISIBLE_DEVICES leaves. Pure: values in, values out.

NVML shows every GPU of the machine whatever the variable says, and CUDA only those that it names.
Whoever sets it for us means that we and our engines keep to it, so what it hides is not there.
Numbers are read in the driver's order, the one in which engines are given theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

from aicockpit.planner import Gpu

VARIABLE = "CUDA_VISIBLE_DEVICES"


def visible(gpus: Sequence[Gpu], setting: str | None) -> tuple[Gpu, ...]:
    """The GPUs that a setting names, in their own order; all when there is none.

    As CUDA reads it: numbers or UUIDs, of which the beginning is enough, up to the first that
    names nothing. An empty setting hides all.
    """
    if setting is None:
        return tuple(gpus)
    named: set[int] = set()
    for name in setting.split(","):
        found = [gpu.index for gpu in gpus if _is_named(gpu, name.strip())]
        if len(found) != 1:
            break
        named.add(found[0])
    return tuple(gpu for gpu in gpus if gpu.index in named)


def _is_named(gpu: Gpu, name: str) -> bool:
    if name.isdigit():
        return gpu.index == int(name)
    return name.startswith(("GPU-", "MIG-")) and gpu.uuid.startswith(name)
