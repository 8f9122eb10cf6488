from dataclasses import replace

import pytest

from aicockpit.engines import StartupReport
from aicockpit.fleet.start_memory import KvCacheComparison, compare, observe
from aicockpit.planner.calibration import Calibration
from aicockpit.planner.engine_memory import GIB, RELEASES
from aicockpit.planner.hardware_text import parse_hardware
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.planned import Planned, Target, plan_target
from tests.unit.planner.test_plan import LLAMA_8B, model

SMALL = model(
    layers=24, hidden=896, heads=14, kv_heads=2, inner=4864, vocabulary=151936, context=32768
)


def planned(hardware: str, intent: Intent, calibration: Calibration | None = None) -> Planned:
    machine = parse_hardware(hardware)
    release = RELEASES["0.33" if machine.gpus else "0.32"]
    return plan_target(
        Target("m", "m", LLAMA_8B if machine.gpus else SMALL),
        machine,
        intent,
        replace(release, calibration=calibration or Calibration()),
        model="m",
        catalogue=(),
    )


ON_CPU = planned("cpu-2c-24g", Intent(context=8192))
ON_GPU = planned("h100", Intent(context=8192))
GPU_REPORT = StartupReport(
    tokens=400_000,
    concurrency=48.83,
    context=8192,
    available=54.0,
    weights=14.99,
    graphs=0.91,
    graphs_estimated=0.84,
    peak=2.73,
    peak_has_graphs=True,
    consumed=15.24,
)


@pytest.mark.parametrize(
    ("predicted", "got", "words", "advice"),
    [
        (174_720, 174_720, "predicted 174,720 tokens, got 174,720 (0.0 %)", ""),
        (35_120, 35_040, "predicted 35,120 tokens, got 35,040 (-0.2 %)", ""),
        (100_000, 90_000, "got 90,000 (-10.0 %)", "takes memory"),
        (100_000, 120_000, "got 120,000 (+20.0 %)", "room for a longer context"),
    ],
)
def test_words(predicted: int, got: int, words: str, advice: str):
    found = KvCacheComparison(predicted, got)
    assert words in str(found)
    assert advice in found.advice
    assert bool(found.advice) == bool(advice)


def test_what_the_engine_says_is_compared_with_its_plan():
    assert compare(ON_CPU, StartupReport()) is None
    assert compare(ON_CPU, StartupReport(tokens=174_720, context=8192)) == KvCacheComparison(
        174_720, 174_720
    )


def test_another_context_than_planned_is_counted_as_the_engine_does():
    found = compare(ON_CPU, StartupReport(tokens=170_625, context=5000))
    assert found == KvCacheComparison(170_625, 170_625)


def test_a_start_on_a_gpu_is_repeated_by_the_next_plan():
    seen = observe(ON_GPU, GPU_REPORT, resident=0, engine_version="0.33.0", date="2026-11-22")
    assert seen is not None
    assert seen.seen.weights == int(14.99 * GIB)
    assert seen.seen.graphs == int(0.84 * GIB)
    assert seen.seen.activations == pytest.approx(1.89 * GIB)
    again = planned("h100", Intent(context=8192), Calibration((seen,)))
    assert again.plan.fit.budget.available == pytest.approx(54.0 * GIB, abs=10)
    assert again.plan.fit.budget.requested == ON_GPU.plan.fit.budget.requested


def test_the_ram_of_an_engine_on_a_cpu_is_repeated_by_the_next_plan():
    report = StartupReport(tokens=174_720, context=8192, available=2.0)
    resident = ON_CPU.plan.fit.budget.requested + GIB
    seen = observe(ON_CPU, report, resident=resident, engine_version="0.32.0", date="2026-11-22")
    assert seen is not None
    again = planned("cpu-2c-24g", Intent(context=8192), Calibration((seen,)))
    assert again.plan.fit.budget.requested == resident
    assert observe(ON_CPU, report, resident=GIB, engine_version="0.32.0", date="") is None


def test_a_cache_whose_size_was_given_teaches_nothing_about_the_rest():
    given = planned("h100", Intent(context=8192, pins=Pins(available_kv=20 * GIB)))
    assert observe(given, GPU_REPORT, resident=0, engine_version="0.33.0", date="") is None
