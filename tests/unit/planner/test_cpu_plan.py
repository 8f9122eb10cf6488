"""Figures are those that vLLM 0.32.0 reported for the starter model on a CPU."""

import pytest

from aicockpit.planner.cpu_plan import plan_on_cpu
from aicockpit.planner.engine_memory import GIB, RELEASES
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent
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
