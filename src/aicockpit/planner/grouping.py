"""Which GPUs of a node work together: the emptiest, and of those alike the best joined."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from math import comb

from aicockpit.planner.machine import SLOWNESS, Gpu, Hardware, LinkKind
from aicockpit.planner.parallelism import Arrangement

_ALIKE = 0.98
"""GPUs count as equally empty when they have this share of what the others have free."""

_MOST_GROUPS = 3000
"""Groups that are all compared: those of 13 GPUs. Of more GPUs, groups are grown."""


def best_group(
    free: Mapping[int, int], count: int, hardware: Hardware, least: int = 0
) -> tuple[int, ...]:
    """Choose GPUs for one engine.

    Args:
        free: bytes that may be taken of each GPU, by index.
        count: GPUs wanted; fewer come back where there are fewer.
        hardware: the node, with its links.
        least: bytes that each must have, where there are enough that do.

    Returns:
        Indices in ascending order.
    """
    emptiest = sorted(free, key=lambda index: (-free[index], index))
    chosen = emptiest[:count]
    if count < 2 or len(emptiest) <= count:
        return tuple(sorted(chosen))
    known = free[chosen[-1]]
    enough = max(known * _ALIKE, min(known, least))
    alike = sorted(index for index in emptiest if free[index] >= enough)

    slowness = _slowness_between(alike, hardware)
    if len(set(slowness.values())) == 1:
        return tuple(sorted(chosen))

    def price(group: tuple[int, ...]) -> tuple[int, int, int]:
        room = [free[index] for index in group]
        return max(map(slowness.__getitem__, combinations(group, 2))), -min(room), -sum(room)

    if comb(len(alike), count) <= _MOST_GROUPS:
        return min(combinations(alike, count), key=price)
    return min((_grown(start, alike, count, slowness) for start in alike), key=price)


def _grown(
    start: int, alike: Collection[int], count: int, slowness: Mapping[tuple[int, int], int]
) -> tuple[int, ...]:
    """A group around one GPU, which takes in the best joined one after the other."""
    group = [start]
    farthest = {other: 0 for other in alike if other != start}
    while len(group) < count:
        last = group[-1]
        for other, so_far in farthest.items():
            farthest[other] = max(so_far, slowness[min(other, last), max(other, last)])
        nearest = min(farthest, key=lambda other: (farthest[other], other))
        del farthest[nearest]
        group.append(nearest)
    return tuple(sorted(group))


def _slowness_between(gpus: Collection[int], hardware: Hardware) -> dict[tuple[int, int], int]:
    """How slow the way between each two is; links that are not known count as the slowest."""
    kinds = {
        (min(link.first, link.second), max(link.first, link.second)): SLOWNESS.index(link.kind)
        for link in hardware.links
    }
    return {pair: kinds.get(pair, len(SLOWNESS)) for pair in combinations(sorted(gpus), 2)}


def gpus_for(hardware: Hardware, arrangement: Arrangement) -> tuple[Gpu, ...]:
    """The GPUs of a node that an arrangement takes, as the engine counts them."""
    count = max(1, arrangement.gpus_per_node * arrangement.replicas)
    free = {gpu.index: gpu.free_memory for gpu in hardware.gpus}
    group = best_group(free, count, hardware)
    return tuple(gpu for gpu in hardware.gpus if gpu.index in group)


def link_within(hardware: Hardware, arrangement: Arrangement) -> LinkKind | None:
    """The slowest link between GPUs that share each layer; None when not known, or for one GPU."""
    indices = [gpu.index for gpu in gpus_for(hardware, arrangement)]
    size = arrangement.tensor
    # vLLM counts the GPUs of one stage before those of the next.
    groups = [indices[start : start + size] for start in range(0, len(indices), size)]
    kinds = [kind for group in groups if (kind := hardware.slowest_link(group)) is not None]
    return max(kinds, key=SLOWNESS.index, default=None)
