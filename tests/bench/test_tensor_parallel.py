"""Ways to use two cores for one engine, measured in turn and compared with what the plan says.

`make bench` runs it; docs/planner.md has the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aicockpit.models import LocatedModel, read_facts
from aicockpit.paths import DataFolder
from aicockpit.planner.cpu_cores import CoreUse, core_use, cpu_speed
from tests.support.engine_speed import Speed, measure_in_turn
from tests.support.serving import running_gateway

CORES = sorted(os.sched_getaffinity(0))
ROUNDS = 4
TOLERANCE = 0.25
"""How far a predicted ratio may be from the measured one; a busy machine alone makes a tenth."""


@dataclass(frozen=True)
class Way:
    """One way to use the cores."""

    use: CoreUse
    variables: dict[str, str] = field(default_factory=dict)


WAYS = {
    "TP 1, a core reserved (default)": Way(core_use(cores=2, workers=1)),
    "TP 1, both cores": Way(
        CoreUse(workers=1, cores=2, reserved=0), {"VLLM_CPU_NUM_OF_RESERVED_CPU": "0"}
    ),
    "TP 2, a core each": Way(
        core_use(cores=2, workers=2), {"VLLM_CPU_OMP_THREADS_BIND": "|".join(map(str, CORES))}
    ),
}

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(len(CORES) != 2, reason="compares ways to use two cores"),
]


@pytest.fixture(scope="module")
def speeds(
    engine_home: DataFolder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Speed]]:
    """All ways at once, each with an engine of its own; only one of them works at a time."""
    with ExitStack() as stack:
        gateways = {}
        for name, way in WAYS.items():
            folder = tmp_path_factory.mktemp("gateway")
            config = f"""
[engines]
accelerator = "cpu"
cpu_kv_cache = "512MiB"
[models.coder]
source = "starter"
context = 4096
engine_args = {{ tensor-parallel-size = {way.use.workers} }}
"""
            with pytest.MonkeyPatch.context() as patched:
                for variable, value in way.variables.items():
                    patched.setenv(variable, value)
                running = running_gateway(own_home(engine_home, folder), folder, config)
                gateways[name] = stack.enter_context(running)
        for gateway in gateways.values():
            gateway.wait_ready(timeout=600)
        yield measure_in_turn(gateways, rounds=ROUNDS)


def own_home(shared: DataFolder, folder: Path) -> DataFolder:
    home = DataFolder(folder / "home")
    home.root.mkdir()
    home.engines.symlink_to(shared.engines)
    home.models.symlink_to(shared.models)
    return home


def test_the_plan_tells_what_tensor_parallelism_gains(
    speeds: dict[str, Speed], starter: LocatedModel
):
    facts = read_facts(starter.path)
    plans = {
        name: cpu_speed(facts, weights=facts.weight_bytes, use=way.use)
        for name, way in WAYS.items()
    }
    first, *_ = WAYS
    print("\n\nratios to the first row: measured (predicted)\n")
    print("| | first token, s | tokens/s alone | tokens/s of four | prompt | answer |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, speed in speeds.items():
        base, plan = plans[first], plans[name]
        prompt = speeds[first].first_token / speed.first_token, plan.prefill[1] / base.prefill[1]
        answer = speed.alone / speeds[first].alone, plan.decode[1] / base.decode[1]
        figures = f"{speed.first_token:.2f} | {speed.alone:.1f} | {speed.four:.1f}"
        ratios = " | ".join(f"{got:.2f} ({said:.2f})" for got, said in (prompt, answer))
        print(f"| {name} | {figures} | {ratios} |")
        for got, said in (prompt, answer):
            assert said == pytest.approx(got, rel=TOLERANCE)
