"""Starts teach plans, on the start-up logs of vLLM 0.19 (tests/data/planner/README.md)."""

from dataclasses import replace
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicockpit.planner.calibration import (
    MOST_OBSERVATIONS,
    Calibration,
    MemoryParts,
    Observation,
    fingerprint,
    parts_seen,
    remember,
)
from aicockpit.planner.cpu_plan import plan_on_cpu
from aicockpit.planner.engine_memory import GIB, RELEASES, release_of_engine
from aicockpit.planner.explanation import explain
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.gpu_budget import EngineOptions, MemoryBudget, gpu_budget, layout
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent
from aicockpit.planner.plan import EnginePlan, plan_on_gpus
from tests.unit.planner.test_plan import LLAMA_8B, machine, machines, model, models
from tests.unit.planner.test_vllm019 import REACHED_KV, facts_of, options_of

GPU = "NVIDIA H100 80GB HBM3"
LIMITS = options_of(REACHED_KV[0]).limits
PARTS = MemoryParts(15 * GIB, 2 * GIB, GIB // 4, GIB)


def budget_of(log: dict[str, Any], facts: ModelFacts, known: Calibration) -> MemoryBudget:
    options = options_of(log)
    options = replace(options, release=replace(options.release, calibration=known))
    return gpu_budget(facts, int(log["gpu_total_gib"] * GIB), options, device=GPU)


def observation(log: dict[str, Any], facts: ModelFacts) -> Observation:
    budget = budget_of(log, facts, Calibration())
    graphs = log["cuda_graph_actual_gib"]
    seen = parts_seen(
        budget.known.rules,
        budget.requested - int(log["available_kv_cache_gib"] * GIB),
        weights=int(log["weights_gib"] * GIB),
        activations=int(log["torch_peak_gib"] * GIB),
        graphs=None if graphs is None else int(graphs * GIB),
        deducts_graphs=False,
    )
    return Observation(budget.known.start, "0.19.0", "2026-03-01", budget.known.rules, seen)


def error(log: dict[str, Any], facts: ModelFacts, known: Calibration) -> float:
    cache = layout(facts, options_of(log))
    tokens = cache.tokens(cache.blocks(budget_of(log, facts, known).available))
    return abs(float(tokens / log["kv_cache_tokens"] - 1))


@pytest.mark.parametrize("log", REACHED_KV, ids=lambda log: log["log"])
def test_the_same_start_again_is_planned_as_it_was(log, tmp_path):
    facts = facts_of(log["model_id"], tmp_path)
    known = Calibration((observation(log, facts),))
    assert error(log, facts, known) < 0.005
    budget = budget_of(log, facts, known)
    assert budget.known.basis is not None
    assert budget.known.basis.of == "model"
    assert budget.weights == int(log["weights_gib"] * GIB)


def test_other_models_of_a_family_make_no_plan_worse(tmp_path):
    """Leave one out: each start is planned after all others of its machine."""
    every = [(log, facts_of(log["model_id"], tmp_path)) for log in REACHED_KV]
    observations = [observation(log, facts) for log, facts in every]
    without, after = [], []
    for (log, facts), own in zip(every, observations, strict=True):
        others = tuple(o for o in observations if o.start.model != own.start.model)
        without.append(error(log, facts, Calibration()))
        after.append(error(log, facts, Calibration(others)))
    print(f"\nmean error of KV tokens: {mean(without):.2%} by rule, {mean(after):.2%} after others")
    assert mean(after) <= mean(without)
    assert all(b <= a + 0.001 for a, b in zip(without, after, strict=True))


def test_only_starts_on_the_same_gpu_release_and_sizes_count(tmp_path):
    log = REACHED_KV[0]
    facts = facts_of(log["model_id"], tmp_path)
    seen = observation(log, facts)
    for change in ({"device": "A100"}, {"release": "0.32"}, {"tensor_parallel": 2},
                   {"family": "Other"}, {"flags": ("enable-lora=True",)}):  # fmt: skip
        start = replace(seen.start, **change)
        found = budget_of(log, facts, Calibration((replace(seen, start=start),)))
        assert found.known.basis is None, change


def test_an_observation_made_under_a_corrected_plan_teaches_the_same(tmp_path):
    log = REACHED_KV[0]
    facts = facts_of(log["model_id"], tmp_path)
    first = observation(log, facts)
    known = Calibration((first,))
    again = replace(first, rules=budget_of(log, facts, known).known.rules)
    assert again == first
    assert remember((first,), again) == (first,)


def test_the_newest_start_of_a_model_counts_and_the_number_is_bounded():
    seen = Observation(
        gpu_budget(LLAMA_8B, 80 * GIB, EngineOptions(RELEASES["0.33"], 0.9, LIMITS)).known.start,
        "0.33.0", "2026-01-01", PARTS, PARTS,
    )  # fmt: skip
    many: tuple[Observation, ...] = ()
    for number in range(MOST_OBSERVATIONS + 5):
        many = remember(many, replace(seen, start=replace(seen.start, model=f"m{number}")))
    assert len(many) == MOST_OBSERVATIONS
    assert many[-1].start.model == f"m{MOST_OBSERVATIONS + 4}"
    newer = replace(seen, date="2026-02-01", seen=replace(PARTS, weights=17 * GIB))
    parts, basis = Calibration((newer, seen)).correct(seen.start, PARTS)
    assert parts.weights == 17 * GIB
    assert str(basis) == "this machine's start of 2026-02-01, vLLM 0.33.0"
    fewer = replace(newer, start=replace(seen.start, sequences=1), date="2026-03-01")
    _, basis = Calibration((newer, fewer)).correct(seen.start, PARTS)
    assert basis is not None
    assert basis.date == "2026-02-01", "the same options before newer ones"


def planned(facts: ModelFacts, hardware: Any, known: Calibration) -> EnginePlan:
    release = replace(release_of_engine("0.33.0"), calibration=known)
    return plan_on_gpus("m", facts, hardware, Intent(), release)


sizes = st.builds(
    MemoryParts,
    weights=st.integers(0, 200 * GIB),
    activations=st.integers(0, 20 * GIB),
    other=st.integers(0, 20 * GIB),
    graphs=st.integers(0, 20 * GIB),
)


@settings(max_examples=100, deadline=None)
@given(models, machines, sizes, st.booleans())
def test_a_corrected_plan_never_exceeds_memory(facts, hardware, seen, same_model):
    rule = planned(facts, hardware, Calibration()).fit.budget.known
    start = rule.start if same_model else replace(rule.start, model="another")
    known = Calibration((Observation(start, "0.33.0", "2026-11-22", rule.rules, seen),))
    found = planned(facts, hardware, known)
    if found.fits:
        budget = found.fit.budget
        spent = budget.weights + budget.activations + budget.other + budget.graphs
        assert spent + found.fit.blocks * found.fit.cache.block_bytes <= budget.requested
        assert budget.requested <= min(gpu.free_memory for gpu in hardware.gpus)


def test_explanations_name_the_start():
    plan = planned(LLAMA_8B, machine(), Calibration())
    known = plan.fit.budget.known
    seen = Observation(known.start, "0.33.0", "2026-11-22", known.rules, known.rules)
    plan = planned(LLAMA_8B, machine(), Calibration((seen,)))
    assert plan.exactness == "measured"
    figures = explain(LLAMA_8B, plan.fit, RELEASES["0.33"], plan.exactness)
    sources = {figure.name: figure.source for figure in figures}
    for name in ("weights", "activations at the peak", "outside PyTorch, NCCL", "CUDA graphs"):
        assert sources[name] == "this machine's start of 2026-11-22, vLLM 0.33.0"
    assert "start of" not in sources["blocks"]


def test_models_of_one_shape_are_one_and_quantised_ones_another():
    assert fingerprint(model()) == fingerprint(replace(model(), chat_template=True))
    assert fingerprint(model()) != fingerprint(replace(model(), quantization="awq"))
    assert fingerprint(model()) != fingerprint(model(layers=31))


def test_a_start_says_nothing_of_weights_that_are_much_heavier():
    """A model of the same shape whose files hold more, such as what was added to it."""
    seen = Observation(
        gpu_budget(LLAMA_8B, 80 * GIB, EngineOptions(RELEASES["0.33"], 0.9, LIMITS)).known.start,
        "0.33.0", "2026-01-01", PARTS, replace(PARTS, weights=16 * GIB),
    )  # fmt: skip
    known = Calibration((seen,))
    counted = replace(PARTS, weights=int(PARTS.weights * 1.01))
    assert known.correct(seen.start, counted)[0].weights == 16 * GIB
    giant = replace(PARTS, weights=100 * GIB)
    parts, basis = known.correct(seen.start, giant)
    assert parts.weights == 100 * GIB
    assert basis is not None
    assert basis.of == "family"


def test_tokens_are_counted_in_requests_of_the_context_as_the_engine_does():
    """vLLM 0.32 on a CPU: 1,365 blocks of 128 hold 34.1 requests of 40 blocks for 5,000 tokens."""
    hardware = parse_hardware("cpu-2c-24g")
    small = model(
        layers=24, hidden=896, heads=14, kv_heads=2, inner=4864, vocabulary=151936, context=32768
    )
    found = plan_on_cpu("m", small, hardware, Intent(context=5000), RELEASES["0.32"])
    assert found.fit.blocks == 1365
    assert found.fit.tokens == int(1365 / 40 * 5000)
