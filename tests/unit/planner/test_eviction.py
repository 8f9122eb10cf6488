"""Who must sleep or leave for another model, against trying everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.models.catalog import find
from aicockpit.planner import Hardware
from aicockpit.planner.engine_memory import RELEASES
from aicockpit.planner.engine_plan import plan_engine
from aicockpit.planner.eviction import (
    ASLEEP_GPU_MEMORY,
    Move,
    NoRoom,
    Resident,
    Room,
    SleepLevel,
    make_room,
    planned_resident,
    resident,
)
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent
from aicockpit.planner.memory import CPU_OVERHEAD, GIB
from aicockpit.planner.placement import Placement, PlacementRequest, place
from tests.unit.planner.test_placement import cpu, gpus, model
from tests.unit.planner.test_sets import machines, ways

RESERVE, TOGETHER = GIB, 0.92
STAYS, SLEEPS, DISCARDS, LEAVES = 0, 1, 2, 3


def engine(
    key: str,
    taken: float,
    *,
    last_used: float = 0,
    gpus: tuple[int, ...] = (0,),
    asleep: SleepLevel | None = None,
    held: bool = False,
) -> Resident:
    bytes_taken = int(taken * GIB)
    weights = (bytes_taken - 4 * GIB) * max(1, len(gpus))
    return Resident(key, gpus, bytes_taken, max(0, weights), last_used, asleep, held)


@st.composite
def engines(draw: st.DrawFn, hardware: Hardware, most: int = 4) -> list[Resident]:
    """Engines that fit the machine as they are; equal times of use happen."""
    room = {gpu.index: int(gpu.memory * TOGETHER) for gpu in hardware.gpus}
    room = {gpu.index: min(room[gpu.index], gpu.free_memory) for gpu in hardware.gpus}
    found: list[Resident] = []
    for key in "abcd"[: draw(st.integers(0, most))]:
        where = tuple(sorted(draw(st.sets(st.sampled_from(sorted(room)), min_size=1, max_size=2))))
        one = engine(
            key,
            draw(st.sampled_from([2, 5, 8, 14, 20])),
            last_used=draw(st.integers(0, 3)),
            gpus=where,
            asleep=draw(st.sampled_from([None, None, 1, 2])),
            held=draw(st.sampled_from([False, False, False, True])),
        )
        one = replace(one, can_sleep=draw(st.sampled_from([True, True, False])))
        if all(room[index] >= one.taken for index in where):
            room |= {index: room[index] - one.taken for index in where}
            found.append(one)
    return found


Outcome = tuple[int, ...]
"""What happens to each engine, in the order of the list."""


def allowed(one: Resident) -> list[int]:
    if one.held:
        return [STAYS]
    sleeps = [SLEEPS, DISCARDS] if one.can_sleep and one.asleep is None else []
    return [STAYS, *sleeps, LEAVES]


def works(
    running: Sequence[Resident],
    outcome: Outcome,
    hardware: Hardware,
    claims: Sequence[Mapping[int, int]],
    waking: int = 0,
) -> bool:
    left = {gpu.index: min(gpu.free_memory, int(gpu.memory * TOGETHER)) for gpu in hardware.gpus}
    ram = max(0, hardware.available_memory - RESERVE) - waking
    for one, what in zip(running, outcome, strict=True):
        level = one.asleep if what == STAYS else {SLEEPS: 1, DISCARDS: 2}.get(what)
        ram -= one.weights if level == 1 else 0
        kept = 0 if what == LEAVES else min(one.taken, 3 * GIB) if level else one.taken
        for index in one.gpus:
            left[index] -= kept
    if ram < 0 and SLEEPS in outcome:
        return False
    return any(all(left[index] >= size for index, size in claim.items()) for claim in claims)


def best(running: Sequence[Resident], works_out: Sequence[Outcome]) -> Outcome | None:
    """The gentlest for what was used last, then for what was used before it, and so on."""
    recent = sorted(range(len(running)), key=lambda i: (-running[i].last_used, running[i].key))
    return min(works_out, key=lambda outcome: [outcome[i] for i in recent], default=None)


def outcome_of(running: Sequence[Resident], moves: Sequence[Move]) -> Outcome:
    done = {move.key: LEAVES if move.action == "unload" else move.level or 0 for move in moves}
    assert len(done) == len(moves)
    return tuple(done.get(one.key, STAYS) for one in running)


class TestAgainstTryingEverything:
    @given(st.data(), st.sampled_from([1, 6, 12, 30, 70]), st.sampled_from([None, None, 0.4]))
    def test_the_moves_are_enough_the_gentlest_and_none_is_superfluous(
        self, data: st.DataObject, size: float, share: float | None
    ):
        hardware = data.draw(machines())
        running = data.draw(engines(hardware))
        wanted = PlacementRequest("new", model(size), gpu_memory_utilization=share)
        claims = list(ways(wanted, hardware))
        everything = product(*(allowed(one) for one in running))
        expected = best(
            running, [out for out in everything if works(running, out, hardware, claims)]
        )
        decision = make_room(running, wanted, hardware, "cuda")
        if expected is None:
            assert isinstance(decision, NoRoom)
            assert decision.needed > decision.available
            assert set(decision.held) <= {one.key for one in running if one.held}
            assert decision.reason
            return
        assert isinstance(decision, Room)
        assert outcome_of(running, decision.moves) == expected
        assert decision.placement is not None
        assert decision.placement.gpu_memory_utilization is not None

    @given(st.data(), st.sampled_from([1, 6, 12, 30]))
    def test_the_order_of_the_engines_does_not_matter(self, data: st.DataObject, size: float):
        hardware = data.draw(machines())
        running = data.draw(engines(hardware))
        wanted = PlacementRequest("new", model(size))
        decision = make_room(running, wanted, hardware, "cuda")
        shuffled = data.draw(st.permutations(running))
        assert make_room(shuffled, wanted, hardware, "cuda") == decision

    @given(st.data(), st.sampled_from([1, 6, 12, 30]), st.sampled_from([1, 2]))
    def test_an_engine_that_sleeps_is_woken_where_it_is_when_that_can_be(
        self, data: st.DataObject, size: float, level: SleepLevel
    ):
        hardware = data.draw(machines())
        own = engine("own", size + 4, asleep=level, gpus=(0,))
        others = data.draw(engines(hardware))
        wanted = PlacementRequest("own", model(size))
        waking = own.weights if level == 1 else 0
        everything = product(*(allowed(one) for one in others))
        here = [{0: own.taken}]
        found = [out for out in everything if works(others, out, hardware, here, waking)]
        decision = make_room([own, *others], wanted, hardware, "cuda")
        if found:
            assert isinstance(decision, Room)
            assert decision.placement is None
            assert outcome_of(others, decision.moves) == best(others, found)
        elif isinstance(decision, Room):
            assert decision.moves[0] == Move("own", "unload")
            assert decision.placement is not None


class TestOnOneGpu:
    def test_the_least_recently_used_sleeps_and_no_other(self):
        running = [engine("old", 8, last_used=1), engine("new", 8, last_used=2)]
        decision = make_room(running, PlacementRequest("c", model(6)), gpus(24), "cuda")
        assert isinstance(decision, Room)
        assert decision.moves == (Move("old", "sleep", 1),)

    def test_weights_are_discarded_where_ram_is_short(self):
        hardware = replace(gpus(24), available_memory=4 * GIB)
        running = [engine("old", 18)]
        decision = make_room(running, PlacementRequest("c", model(6)), hardware, "cuda")
        assert isinstance(decision, Room)
        assert decision.moves == (Move("old", "sleep", 2),)

    def test_an_engine_leaves_when_what_it_keeps_asleep_is_needed_too(self):
        decision = make_room([engine("a", 18)], PlacementRequest("b", model(17)), gpus(24), "cuda")
        assert isinstance(decision, Room)
        assert decision.moves == (Move("a", "unload"),)
        assert ASLEEP_GPU_MEMORY == 3 * GIB

    def test_those_that_leave_go_first_for_their_ram(self):
        hardware = replace(gpus(24, 24), available_memory=15 * GIB)
        running = [
            engine("sleeper", 16, last_used=1, gpus=(0,), asleep=1),
            engine("recent", 16, last_used=2, gpus=(1,)),
        ]
        wanted = PlacementRequest("c", model(14), gpus=(1,))
        decision = make_room(running, wanted, hardware, "cuda")
        assert isinstance(decision, Room)
        assert decision.moves == (Move("sleeper", "unload"), Move("recent", "sleep", 1))

    def test_one_that_wakes_has_its_ram_until_it_is_awake(self):
        hardware = replace(gpus(24), available_memory=20 * GIB)
        running = [engine("a", 16, asleep=1), engine("b", 16)]
        decision = make_room(running, PlacementRequest("a", model(12)), hardware, "cuda")
        assert decision == Room((Move("b", "sleep", 2),), None)

    def test_who_is_in_the_way_is_named(self):
        running = [engine("busy", 18, held=True), engine("idle", 3)]
        decision = make_room(running, PlacementRequest("c", model(6)), gpus(24), "cuda")
        assert isinstance(decision, NoRoom)
        assert decision.held == ("busy",)
        assert decision.reason == "c needs 10.0 GiB and 4.1 GiB can be had while busy must stay."

    def test_a_model_that_is_too_large_for_the_machine(self):
        decision = make_room([], PlacementRequest("c", model(60)), gpus(24), "cuda")
        assert isinstance(decision, NoRoom)
        assert decision.held == ()
        assert "has the machine for itself" in decision.reason

    def test_nothing_happens_for_a_model_that_is_awake(self):
        running = [engine("a", 18, held=True)]
        assert make_room(running, PlacementRequest("a", model(14)), gpus(24), "cuda") == Room(
            (), None
        )

    def test_one_that_cannot_be_woken_starts_elsewhere(self):
        running = [engine("a", 18, gpus=(0,), asleep=1), engine("b", 16, gpus=(0,), held=True)]
        decision = make_room(running, PlacementRequest("a", model(14)), gpus(24, 24), "cuda")
        assert isinstance(decision, Room)
        assert decision.moves == (Move("a", "unload"),)
        assert decision.placement is not None
        assert decision.placement.gpus == (1,)


@given(st.lists(st.sampled_from([2.0, 5, 8]), max_size=4), st.sampled_from([0.5, 3, 8]), st.data())
def test_on_the_cpu_engines_leave_and_never_sleep(
    sizes: list[float], wanted: float, data: st.DataObject
):
    hardware = cpu(24)
    running = [
        engine(str(i), size, last_used=i, gpus=(), held=data.draw(st.booleans()))
        for i, size in enumerate(sizes)
        if sum(sizes[: i + 1]) <= 23
    ]
    decision = make_room(running, PlacementRequest("new", model(wanted)), hardware, "cpu")
    need = int(wanted * GIB) + 2 * GIB + CPU_OVERHEAD
    free = 23 * GIB - sum(one.taken for one in running)
    movable = [one for one in running if not one.held]  # oldest first
    if isinstance(decision, NoRoom):
        assert free + sum(one.taken for one in movable) < need
        return
    assert all(move.action == "unload" for move in decision.moves)
    gone = [one for one in running if Move(one.key, "unload") in decision.moves]
    freed = free + sum(one.taken for one in gone)
    assert freed >= need
    assert not any(one.held for one in gone)
    assert all(freed - one.taken < need for one in gone)
    assert decision.placement is not None
    assert decision.placement.gpus == ()


def test_an_engine_that_runs_by_its_plan_holds_what_the_plan_takes():
    entry, hardware = find("Qwen/Qwen2.5-Coder-7B"), parse_hardware("rtx4090")
    assert entry is not None
    share = Intent(context=8192, share=0.85)
    plan = plan_engine(entry.source, entry.facts, hardware, share, RELEASES["0.33"])
    running = planned_resident("coder", plan, last_used=0)
    assert running.gpus == (0,)
    assert running.taken == int(0.85 * hardware.gpus[0].memory)
    assert running.weights == pytest.approx(entry.facts.weight_bytes, rel=0.01)
    decision = make_room([running], PlacementRequest("c", model(2)), hardware, "cuda")
    assert isinstance(decision, Room)
    assert decision.moves == (Move("coder", "sleep", 1),)


@given(st.data())
def test_what_place_decided_becomes_residents_that_fit(data: st.DataObject):
    hardware = data.draw(machines())
    wanted = [PlacementRequest(key, model(size)) for key, size in (("a", 1), ("b", 8), ("c", 15))]
    decisions = place(wanted, hardware, "cuda")
    placed = [decision for decision in decisions if isinstance(decision, Placement)]
    running = [resident(one, hardware, last_used=0) for one in placed]
    for gpu in hardware.gpus:
        taken = sum(one.taken for one in running if gpu.index in one.gpus)
        assert taken <= gpu.free_memory
    assert all(
        one.weights >= decision.need.weights for one, decision in zip(running, placed, strict=True)
    )
