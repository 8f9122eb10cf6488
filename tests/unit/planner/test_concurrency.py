"""How many requests an engine must work on at a time, and what is taken for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aicockpit.planner.alternatives import alternatives
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.machine import Hardware
from aicockpit.planner.shape import ExpertLayers
from tests.unit.planner.test_plan import LLAMA_8B, RELEASE, machine, model, plan, shape_of

LONG = Intent(context=131_072, concurrency=8)


def with_experts(facts: ModelFacts) -> ModelFacts:
    assert facts.shape is not None
    return replace(facts, shape=replace(facts.shape, experts=ExpertLayers(facts.layers, 8, 2, 512)))


class TestOneGpuIsTooLittle:
    def test_gpus_with_fast_links_share_each_layer(self):
        assert not plan(LLAMA_8B, machine(1), LONG).fits
        found = plan(LLAMA_8B, machine(8), LONG)
        assert found.fits
        assert shape_of(found) == (8, 1, 1)
        assert found.fit.concurrency >= 8
        assert "One GPU is enough for 3." in found.reasons[0]

    def test_copies_are_counted_together(self):
        found = plan(LLAMA_8B, machine(4, link="pcie"), LONG)
        assert found.fits
        assert shape_of(found) == (1, 1, 4)
        assert found.fit.concurrency < 8 <= found.fit.served
        assert f"{found.fit.served:.1f} in all" in " ".join(found.reasons)

    def test_one_engine_where_copies_would_not_do(self):
        wanted = replace(LONG, concurrency=12)
        hardware = machine(4, gib=39, link="pcie")
        found = plan(LLAMA_8B, hardware, wanted)
        assert shape_of(found) == (4, 1, 1)
        assert found.fit.served > 4
        assert any("PCIe only" in warning for warning in found.warnings)

    def test_experts_form_stages_over_slow_links(self):
        found = plan(
            with_experts(LLAMA_8B), machine(4, gib=139, link="pcie"), Intent(objective="throughput")
        )
        assert shape_of(found) == (1, 4, 1)
        assert "Copies of a mixture of experts" in found.reasons[0]

    def test_nodes_come_last(self):
        found = plan(LLAMA_8B, machine(2, nodes=2), replace(LONG, concurrency=12))
        assert found.fits
        assert found.fit.arrangement.nodes == 2
        assert "One node does not hold the requests" in found.reasons[0]

    def test_nothing_is_enough(self):
        found = plan(LLAMA_8B, machine(2), replace(LONG, concurrency=500))
        assert not found.fits
        assert found.fit.problem == "concurrency"
        assert found.reasons[-1] == "That is less than the 500 requests that were asked for."


class TestTheScheduler:
    def test_it_admits_as_many_as_are_wanted(self):
        wanted = Intent(context=1024, concurrency=400)
        found = plan(LLAMA_8B, machine(1, gib=47), Intent(context=1024))
        assert found.engine_args["max-num-seqs"] == 256
        found = plan(LLAMA_8B, machine(1, gib=47), replace(wanted, concurrency=100))
        assert found.engine_args["max-num-seqs"] == 256
        small = model(layers=8, hidden=1024, heads=8, kv_heads=2, inner=4096)
        found = plan(small, machine(1, gib=47), wanted)
        assert found.fits
        assert found.engine_args["max-num-seqs"] == 400

    def test_a_pinned_limit_is_one(self):
        found = plan(LLAMA_8B, machine(1), Intent(1024, 300, pins=Pins(sequences=16)))
        assert found.fit.problem == "concurrency"
        assert found.reasons[-1].startswith("The engine works on 16 of them at a time")

    def test_small_steps_admit_fewer_requests(self):
        found = plan(LLAMA_8B, machine(1), Intent(pins=Pins(batched_tokens=128)))
        assert found.fits
        assert found.engine_args["max-num-seqs"] == 128

    def test_limits_that_vllm_refuses(self):
        found = plan(LLAMA_8B, machine(1), Intent(pins=Pins(batched_tokens=128, sequences=129)))
        assert not found.fits
        assert "vLLM refuses that" in found.warnings[0]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["32xa100-80gb-nvlink", "64xh100", "64x(16xh100)"])
def test_many_gpus_are_planned_for_at_once(text: str):
    huge = model(layers=126, hidden=16384, heads=128, inner=53248)
    assert plan(huge, parse_hardware(text)).fits


def test_stages_that_nodes_cannot_share_alike():
    found = plan(LLAMA_8B, machine(8, nodes=2), Intent(pins=Pins(pipeline_parallel=9)))
    assert not found.fits
    assert "9 GPUs cannot be shared by 2 nodes alike." in found.warnings


def test_more_gpus_are_counted_on_every_node():
    huge = model(layers=126, hidden=16384, heads=128, inner=53248)
    hardware: Hardware = machine(4, gib=39.39, nodes=2, link="pcie", capability=(8, 0))
    found = alternatives("m", huge, hardware, Intent(), RELEASE)
    assert "2 nodes with 16 GPUs of this kind each" in [way.change for way in found]
