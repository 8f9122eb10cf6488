"""Which GPUs work together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aicockpit.planner.grouping import best_group, gpus_for, link_within
from aicockpit.planner.machine import SLOWNESS, Gpu, Hardware, Link, LinkKind
from aicockpit.planner.memory import GIB
from aicockpit.planner.parallelism import Arrangement


def machine(free: list[int], joined: dict[tuple[int, int], LinkKind]) -> Hardware:
    """A node whose GPUs have so many GiB free; pairs that are not named go over the host."""
    count = len(free)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    return Hardware(
        cpu_cores=8,
        memory=64 * GIB,
        available_memory=64 * GIB,
        gpus=tuple(Gpu(i, "A100", 80 * GIB, f * GIB, (8, 0)) for i, f in enumerate(free)),
        links=tuple(Link(a, b, joined.get((a, b), "host")) for a, b in pairs),
    )


PAIRS: dict[tuple[int, int], LinkKind] = {(0, 1): "nvlink", (2, 3): "nvlink"}


def chosen(hardware: Hardware, count: int) -> list[int]:
    return [gpu.index for gpu in gpus_for(hardware, Arrangement(count))]


def test_a_joined_pair_is_taken_where_a_small_engine_has_broken_another():
    hardware = machine([60, 79, 79, 79], PAIRS)
    assert chosen(hardware, 2) == [2, 3]
    assert link_within(hardware, Arrangement(2)) == "nvlink"


def test_room_counts_more_than_links():
    assert chosen(machine([40, 79, 79, 40], PAIRS), 2) == [1, 2]


def test_a_group_that_is_too_small_is_not_taken_for_its_links():
    hardware = machine([79, 80, 80, 79], {(0, 3): "nvlink"})
    free = {gpu.index: gpu.free_memory for gpu in hardware.gpus}
    assert best_group(free, 2, hardware) == (0, 3)
    assert best_group(free, 2, hardware, least=80 * GIB) == (1, 2)


def test_stages_need_no_fast_link_between_them():
    hardware = machine([79] * 4, PAIRS)
    assert link_within(hardware, Arrangement(2, pipeline=2)) == "nvlink"
    assert link_within(hardware, Arrangement(4)) == "host"


def test_one_of_four_islands_of_many_gpus():
    islands = [range(start, start + 8) for start in (0, 8, 16, 24)]
    joined: dict[tuple[int, int], LinkKind] = {
        (a, b): "nvlink" for island in islands for a in island for b in island if a < b
    }
    hardware = machine([70] * 3 + [79] * 29, joined)
    assert chosen(hardware, 8) == [*islands[1]]
    assert len(chosen(hardware, 20)) == 20


LINKS = st.sampled_from(SLOWNESS)


@given(st.data(), st.lists(st.integers(1, 80), min_size=1, max_size=6), st.integers(1, 6))
def test_no_group_as_empty_is_better_joined(data: st.DataObject, free: list[int], count: int):
    indices = range(len(free))
    joined = {(a, b): data.draw(LINKS) for a in indices for b in indices if a < b}
    hardware = machine(free, joined)
    group = best_group(dict(enumerate(free)), count, hardware)
    assert len(group) == len(set(group)) == min(count, len(free))
    least = sorted(free, reverse=True)[len(group) - 1]
    assert min(free[index] for index in group) >= 0.98 * least
    if len(set(free)) == 1 and len(group) == 2:
        assert SLOWNESS.index(joined[group]) == min(map(SLOWNESS.index, joined.values()))
