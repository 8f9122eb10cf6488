"""Sets of models that fit together, against trying everything."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.planner import Gpu, Hardware
from aicockpit.planner.memory import CPU_OVERHEAD, GIB
from aicockpit.planner.placement import Placement, PlacementRequest, place
from aicockpit.planner.sets import MOST_MODELS, places_of_set, sets_that_fit
from tests.unit.planner.test_placement import cpu, gpus, model

RESERVE, OVERHEAD, LEAST_CACHE, TOGETHER = GIB, 3 * GIB, GIB, 0.92


@st.composite
def machines(draw: st.DrawFn, most: int = 3) -> Hardware:
    cards = []
    for index in range(draw(st.integers(1, most))):
        size = draw(st.sampled_from([16, 24, 80]))
        free = draw(st.sampled_from([0, size // 2, size - 1, size]))
        cards.append(Gpu(index, "card", size * GIB, free * GIB, (8, 9)))
    return Hardware(8, 64 * GIB, draw(st.sampled_from([0, 8, 24, 60])) * GIB, tuple(cards))


@st.composite
def requests(draw: st.DrawFn, most: int = 4, gpus: int = 1) -> list[PlacementRequest]:
    """Models, some with a share or GPUs of their own, of which each machine has the first."""
    named = st.sets(st.integers(0, gpus - 1), min_size=1).map(lambda found: tuple(sorted(found)))
    return [
        PlacementRequest(
            key,
            model(draw(st.sampled_from([1, 4, 8, 15, 30, 70]))),
            gpus=draw(st.none() | named),
            gpu_memory_utilization=draw(st.sampled_from([None, None, 0.2, 0.45, 0.9])),
        )
        for key in "abcdefgh"[: draw(st.integers(1, most))]
    ]


def ways(request: PlacementRequest, hardware: Hardware) -> Iterator[dict[int, int]]:
    """Bytes of each GPU, for every choice of GPUs, in arithmetic of its own."""
    sizes = {gpu.index: gpu.memory for gpu in hardware.gpus}
    everything = chain.from_iterable(combinations(sizes, count) for count in (1, 2, 4, 8))
    for chosen in everything if request.gpus is None else [request.gpus]:
        need = -(-request.facts.weight_bytes // len(chosen)) + LEAST_CACHE + OVERHEAD
        if request.gpu_memory_utilization is not None:
            need = int(request.gpu_memory_utilization * min(sizes[index] for index in chosen))
        yield dict.fromkeys(chosen, need)


def fits_somehow(wanted: Sequence[PlacementRequest], hardware: Hardware) -> bool:
    room = {gpu.index: min(gpu.free_memory, int(gpu.memory * TOGETHER)) for gpu in hardware.gpus}
    return any(
        all(sum(way.get(index, 0) for way in chosen) <= free for index, free in room.items())
        for chosen in product(*(list(ways(request, hardware)) for request in wanted))
    )


def largest(wanted: Sequence[PlacementRequest], hardware: Hardware) -> set[frozenset[str]]:
    fitting = [
        frozenset(request.key for request in some)
        for count in range(1, len(wanted) + 1)
        for some in combinations(wanted, count)
        if fits_somehow(some, hardware)
    ]
    return {keys for keys in fitting if not any(keys < other for other in fitting)}


class TestOnGpus:
    @given(st.data())
    def test_the_sets_are_those_that_trying_everything_finds(self, data: st.DataObject):
        hardware = data.draw(machines())
        wanted = data.draw(requests(gpus=len(hardware.gpus)))
        found = sets_that_fit(wanted, hardware, "cuda")
        assert len(set(found)) == len(found)
        assert set(found) == largest(wanted, hardware)

    @given(st.data())
    def test_the_order_of_the_models_does_not_matter(self, data: st.DataObject):
        hardware = data.draw(machines())
        wanted = data.draw(requests(most=6, gpus=len(hardware.gpus)))
        shuffled = data.draw(st.permutations(wanted))
        assert sets_that_fit(wanted, hardware, "cuda") == sets_that_fit(shuffled, hardware, "cuda")

    @given(st.data())
    def test_place_accepts_every_set_where_it_was_put(self, data: st.DataObject):
        hardware = data.draw(machines(most=4))
        wanted = {request.key: request for request in data.draw(requests(most=5))}
        for keys in sets_that_fit(list(wanted.values()), hardware, "cuda"):
            where = places_of_set([wanted[key] for key in keys], hardware, "cuda")
            assert where is not None
            named = [replace(wanted[key], gpus=where[key]) for key in sorted(keys)]
            assert all(isinstance(d, Placement) for d in place(named, hardware, "cuda"))

    @given(st.data())
    def test_what_place_accepts_in_any_order_is_in_a_set(self, data: st.DataObject):
        hardware = data.draw(machines())
        wanted = data.draw(requests(gpus=len(hardware.gpus)))
        found = sets_that_fit(wanted, hardware, "cuda")
        for order in permutations(wanted):
            decisions = place(order, hardware, "cuda")
            placed = {d.key for d in decisions if isinstance(d, Placement)}
            assert not placed or any(placed <= keys for keys in found)

    @given(st.data())
    def test_a_smaller_machine_never_fits_more(self, data: st.DataObject):
        hardware = data.draw(machines())
        wanted = data.draw(requests())  # names GPU 0 at most, which stays
        keep = data.draw(st.integers(1, len(hardware.gpus)))
        less = tuple(
            replace(gpu, free_memory=data.draw(st.integers(0, gpu.free_memory)))
            for gpu in hardware.gpus[:keep]
        )
        found = sets_that_fit(wanted, hardware, "cuda")
        for keys in sets_that_fit(wanted, replace(hardware, gpus=less), "cuda"):
            assert any(keys <= larger for larger in found)

    def test_an_order_in_which_place_alone_would_fail(self):
        """Two of 9 GiB fill one GPU; one after the other `place` spreads them."""
        wanted = [PlacementRequest(key, model(size)) for key, size in (("a", 6), ("b", 6))]
        wanted.append(PlacementRequest("c", model(17)))
        hardware = gpus(24, 24)
        assert not all(isinstance(d, Placement) for d in place(wanted, hardware, "cuda"))
        assert sets_that_fit(wanted, hardware, "cuda") == (frozenset("abc"),)

    def test_like_place_it_never_takes_three_gpus(self):
        assert (
            sets_that_fit([PlacementRequest("a", model(30))], gpus(16, 16, 16, size=16), "cuda")
            == ()
        )

    def test_slices_of_a_gpu_never_work_together(self):
        hardware = gpus(19, 19, size=20)
        wanted = [PlacementRequest("large", model(20)), PlacementRequest("small", model(4))]
        slices = tuple(replace(gpu, mig=True) for gpu in hardware.gpus)
        assert sets_that_fit(wanted, hardware, "cuda") != (frozenset({"small"}),)
        sliced = replace(hardware, gpus=slices)
        assert sets_that_fit(wanted, sliced, "cuda") == (frozenset({"small"}),)


class TestOnTheCpu:
    @given(st.lists(st.sampled_from([0.5, 1.2, 3, 7, 15]), min_size=1, max_size=6), st.data())
    def test_ram_decides(self, sizes: list[float], data: st.DataObject):
        hardware = cpu(data.draw(st.integers(0, 48)))
        wanted = [PlacementRequest(str(i), model(size)) for i, size in enumerate(sizes)]
        need = {str(i): int(size * GIB) + 2 * GIB + CPU_OVERHEAD for i, size in enumerate(sizes)}
        room = hardware.available_memory - RESERVE
        found = sets_that_fit(wanted, hardware, "cpu")
        for keys in found:
            taken = sum(need[key] for key in keys)
            assert taken <= room
            assert all(taken + need[key] > room for key in need.keys() - keys)
        assert {key for key in need if need[key] <= room} == set().union(*found)


def many(count: int, cards: int) -> tuple[list[PlacementRequest], Hardware]:
    """Models and GPUs of which no two are alike: the hardest for a search."""
    chance = random.Random(count)
    hardware = gpus(*(chance.uniform(40, 79) for _ in range(cards)), size=80)
    sizes = [chance.uniform(1, 60) for _ in range(count)]
    return [PlacementRequest(f"m{i}", model(size)) for i, size in enumerate(sizes)], hardware


class TestManyModels:
    @pytest.mark.parametrize("count", [MOST_MODELS + 1, MOST_MODELS + 6])
    def test_each_model_is_in_a_set_that_fits_and_is_full(self, count: int):
        wanted, hardware = many(count, cards=2)
        by_key = {request.key: request for request in wanted}
        found = sets_that_fit(wanted, hardware, "cuda")
        assert set().union(*found) == set(by_key)
        for keys in found:
            assert fits_somehow([by_key[key] for key in keys], hardware)
            for other in by_key.keys() - keys:
                assert not fits_somehow([by_key[key] for key in (*keys, other)], hardware)

    def test_a_search_without_steps_to_spare_never_calls_a_set_fitting_that_is_not(
        self, monkeypatch: pytest.MonkeyPatch
    ):
        wanted, hardware = many(5, cards=3)
        everything = sets_that_fit(wanted, hardware, "cuda")
        monkeypatch.setattr("aicockpit.planner.sets.MOST_STEPS", 3)
        hasty = sets_that_fit(wanted, hardware, "cuda")
        assert hasty != everything
        assert all(any(keys <= larger for larger in everything) for keys in hasty)
