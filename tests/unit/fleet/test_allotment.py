"""Placement and plan together, on machines that are described."""

from dataclasses import replace
from pathlib import Path

import pytest

from aicockpit.config import Config, EngineSettings, ModelSettings
from aicockpit.errors import CapacityError
from aicockpit.fleet.allotment import allot
from aicockpit.fleet.planning import FetchedModel, planned_flags
from aicockpit.models import LocatedModel
from aicockpit.planner import Hardware, ModelFacts
from aicockpit.planner.engine_memory import GIB, RELEASES
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.planned import Planned
from tests.unit.planner.test_plan import LLAMA_8B, model

SMALL = model(
    layers=24, hidden=896, heads=14, kv_heads=2, inner=4864, vocabulary=151936, context=32768
)


def fetched(key: str, facts: ModelFacts, **settings: object) -> FetchedModel:
    located = LocatedModel(Path("/models") / key, key, "folder", "", key)
    return FetchedModel(
        key, ModelSettings.model_validate({"source": key, **settings}), located, facts
    )


def decide(
    hardware: Hardware, *models: FetchedModel, cpu_kv_cache: str = "2GiB"
) -> list[Planned | CapacityError]:
    config = Config(
        engines=EngineSettings.model_validate({"cpu_kv_cache": cpu_kv_cache}),
        models={each.key: each.settings for each in models},
    )
    release = RELEASES["0.33" if hardware.gpus else "0.32"]
    return allot(models, config, hardware, hardware.accelerator, release)


def only(hardware: Hardware, one: FetchedModel, **engines: str) -> Planned:
    (found,) = decide(hardware, one, **engines)
    assert isinstance(found, Planned), found
    return found


def refused(hardware: Hardware, one: FetchedModel, **engines: str) -> CapacityError:
    (found,) = decide(hardware, one, **engines)
    assert isinstance(found, CapacityError)
    return found


def flags(found: Planned, one: FetchedModel) -> dict[str, object]:
    return planned_flags(one, found)


H100 = parse_hardware("h100-80gb")
SERVER = parse_hardware("cpu-4c-16g")


class TestOnGpus:
    def test_defaults_of_the_engine_are_not_repeated(self):
        one = fetched("a", LLAMA_8B)
        found = only(H100, one)
        assert flags(found, one) == {}

    def test_memory_that_limits_the_context_sets_it_with_a_margin(self):
        card = parse_hardware("rtx4090")
        one = fetched("a", LLAMA_8B)
        found = only(card, one)
        context = flags(found, one)["max-model-len"]
        assert isinstance(context, int)
        fit = found.plan.fit
        assert context == fit.context <= 0.95 * fit.largest_context
        assert found.plan.engine_args["max-model-len"] == context

    def test_a_context_that_was_asked_for_is_kept_or_refused(self):
        card = parse_hardware("rtx4090")
        assert only(card, fetched("a", LLAMA_8B, context=16384)).plan.fits
        error = refused(card, fetched("a", LLAMA_8B, context=131072))
        assert "131,072 are wanted" in error.why
        assert "a shorter context: context = " in error.remedy
        assert "engine_args of [models.a]" in error.remedy

    def test_flags_in_engine_args_are_what_is_planned(self):
        given = {
            "tp": 2,
            "max-model-len": "32k",
            "max_num_seqs": 64,
            "gpu-memory-utilization": 0.8,
            "kv_cache_dtype": "fp8",
        }
        found = only(parse_hardware("2xH100"), fetched("a", LLAMA_8B, engine_args=given))
        planned = found.plan.engine_args
        assert found.plan.gpus == (0, 1)
        assert planned["tensor-parallel-size"] == 2
        assert planned["max-model-len"] == 32_000
        assert planned["max-num-seqs"] == 64
        assert planned["gpu-memory-utilization"] == 0.8
        assert planned["kv-cache-dtype"] == "fp8"

    def test_a_model_that_needs_them_gets_all_gpus_nobody_else_has(self):
        large = model(layers=60, hidden=8192, heads=64, inner=28672)
        one = fetched("a", large, context=8192)
        found = only(parse_hardware("3xL40S"), one)
        assert found.plan.gpus == (0, 1, 2)
        assert flags(found, one)["tensor-parallel-size"] == 1
        assert flags(found, one)["pipeline-parallel-size"] == 3

    def test_named_gpus_are_all_used(self):
        one = fetched("a", LLAMA_8B, gpus=[1, 2])
        found = only(parse_hardware("4xH100-80GB-nvlink"), one)
        assert found.plan.environment["CUDA_VISIBLE_DEVICES"] == "1,2"
        assert flags(found, one)["tensor-parallel-size"] == 2

    def test_gpus_that_are_not_there_are_named(self):
        assert "no GPU 7" in refused(H100, fetched("a", LLAMA_8B, gpus=[7])).why

    def test_two_models_share_one_gpu_without_wanting_more_than_it_has(self):
        models = (fetched("a", LLAMA_8B, context=8192), fetched("b", SMALL, context=8192))
        found = [one for one in decide(H100, *models) if isinstance(one, Planned)]
        budgets = [one.plan.fit.budget for one in found]
        assert len(budgets) == 2
        assert sum(budget.requested for budget in budgets) <= H100.gpus[0].memory

    def test_what_the_planner_does_not_count_is_not_refused(self):
        tight = parse_hardware("rtx3090")
        large = model(layers=64, hidden=5120, heads=40, inner=17408)
        offload = {"cpu-offload-gb": 60}
        refused(tight, fetched("a", large))
        found = only(tight, fetched("a", large, gpu_memory_utilization=0.9, engine_args=offload))
        assert not found.plan.fits
        assert found.intent.pins.flags == ("cpu-offload-gb=60",)

    @pytest.mark.parametrize(
        ("settings", "drafts"),
        [
            ({"roles": ["edit"]}, True),
            ({"roles": ["edit", "completion"]}, False),
            ({"roles": ["edit"], "speculation": "off"}, False),
            ({"speculation": "ngram"}, True),
            ({"roles": ["edit"], "engine_args": {"speculative-config": {}}}, False),
        ],
    )
    def test_the_plan_drafts_as_the_engine_will(self, settings, drafts):
        found = only(H100, fetched("a", LLAMA_8B, **settings))
        assert ("speculative-config" in found.plan.engine_args) == drafts


class TestOnTheCpu:
    def test_each_model_takes_from_those_after_it(self):
        machine = parse_hardware("cpu-4c-20g")
        models = [fetched(key, SMALL) for key in "abcd"]
        *found, error = decide(machine, *models)
        assert all(isinstance(one, Planned) for one in found)
        assert isinstance(error, CapacityError)
        assert "does not fit beside a, b, c" in error.what
        assert "GiB of RAM" in error.why
        assert "engines.cpu_kv_cache" in error.remedy

    def test_a_cache_that_limits_the_context_sets_exactly_what_it_holds(self):
        one = fetched("a", SMALL)
        found = only(SERVER, one, cpu_kv_cache="128MiB")
        assert flags(found, one) == {"max-model-len": 10_752}
        assert found.plan.fit.concurrency == pytest.approx(85 / 84)

    def test_a_cache_too_small_for_what_was_asked_names_both_ways_out(self):
        one = fetched("a", SMALL, context=20_000)
        error = refused(SERVER, one, cpu_kv_cache="128MiB")
        assert "Raise engines.cpu_kv_cache, or set context = 10752" in error.remedy

    def test_ranks_share_the_cache(self):
        one = fetched("a", SMALL, engine_args={"tensor-parallel-size": 2})
        found = only(SERVER, one)
        assert found.plan.fit.budget.available == GIB

    def test_more_context_than_the_model_has(self):
        one = fetched("a", SMALL, context=65_536)
        assert "Set context = 32768 or less" in refused(SERVER, one).remedy

    def test_an_architecture_that_is_not_known_is_not_refused_for_its_context(self):
        strange = replace(SMALL, shape=None, cache_layers=(), context_length=10**6)
        one = fetched("a", strange, context=10**6)
        found = only(SERVER, one)
        assert not found.plan.fits
