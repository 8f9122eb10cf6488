"""Figures are those that vLLM 0.32.0 reported for the starter model on a CPU."""

import pytest

from aicockpit.planner.alternatives import alternatives
from aicockpit.planner.cpu_plan import plan_on_cpu
from aicockpit.planner.engine_memory import GIB, RELEASES
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.plan import EnginePlan
from tests.unit.planner.test_plan import model

STARTER = model(
    layers=24, hidden=896, heads=14, kv_heads=2, inner=4864, vocabulary=151936, context=32768
)


@pytest.mark.parametrize(
    ("kv_cache", "context", "tokens", "concurrency"),
    [
        (2 * GIB, 32768, 174_720, 5.33),
        (2 * GIB, 4096, 174_720, 42.66),
        (GIB // 2, 8192, 43_648, 5.33),
    ],
)
def test_tokens_are_those_that_the_engine_reported(kv_cache, context, tokens, concurrency):
    found = plan_on_cpu(
        "starter",
        STARTER,
        parse_hardware("cpu-2c-24g"),
        Intent(context=context),
        RELEASES["0.32"],
        kv_cache=kv_cache,
    )
    assert found.fits
    assert found.fit.tokens == tokens
    assert found.fit.concurrency == pytest.approx(concurrency, abs=0.006)


def test_the_longest_context_leaves_the_block_that_the_engine_keeps():
    """With 100,000,000 bytes vLLM 0.32.0 refused 32,768 tokens and said that 7,936 would do."""
    found = plan_on_cpu(
        "starter",
        STARTER,
        parse_hardware("cpu-2c-24g"),
        Intent(),
        RELEASES["0.32"],
        kv_cache=100_000_000,
    )
    assert found.fit.blocks == 63
    assert found.fit.largest_context == found.engine_args["max-model-len"] == 7936


def test_a_machine_with_too_little_memory():
    found = plan_on_cpu("starter", STARTER, parse_hardware("cpu-2c-4g"), Intent(), RELEASES["0.32"])
    assert not found.fits
    assert "GiB of RAM" in found.reasons[-1]


def plan(intent: Intent) -> EnginePlan:
    return plan_on_cpu("starter", STARTER, parse_hardware("cpu-8c-64g"), intent, RELEASES["0.32"])


def test_what_was_decided_is_passed_on_or_said():
    pins = Pins(sequences=4, batched_tokens=512, kv_cache_dtype="fp8", pipeline_parallel=2)
    found = plan(Intent(context=8192, pins=pins))
    assert found.engine_args["max-num-seqs"] == 4
    assert found.engine_args["max-num-batched-tokens"] == 512
    assert "kv-cache-dtype, pipeline-parallel-size" in found.warnings[0]
    assert "max-num-seqs" not in plan(Intent(pins=Pins(quantization="none"))).engine_args


def test_memory_that_is_said_to_be_free():
    assert plan(Intent()).fits
    found = plan(Intent(pins=Pins(free=3 * GIB)))
    assert found.fit.problem == "memory at start"
    assert "3.0 GiB are free" in found.reasons[-1]


def test_a_larger_cache_for_more_requests():
    wanted = Intent(context=32768, concurrency=20)
    found = plan(wanted)
    assert found.fit.problem == "concurrency"
    assert found.reasons[-1] == "That is less than the 20 requests that were asked for."
    ways = alternatives("starter", STARTER, parse_hardware("cpu-8c-64g"), wanted, RELEASES["0.32"])
    assert ways[0].change == 'a larger KV cache: engines.cpu_kv_cache = "8GiB"'
    assert ways[0].concurrency >= 20
    assert ways[1].change == "a shorter context: --context 8704"
    assert ways[1].concurrency >= 20
