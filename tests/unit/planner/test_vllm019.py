"""The planner against start-up logs of vLLM 0.19 on an H100 (tests/data/planner/README.md)."""

import json
from pathlib import Path
from statistics import mean

import pytest

from aicockpit.models.facts import read_config_facts
from aicockpit.planner.engine_memory import GIB, RELEASES, StepLimits
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.gpu_budget import EngineOptions, gpu_budget, layout

DATA = Path(__file__).parents[2] / "data" / "planner"
CONFIGS = json.loads((DATA / "configs.json").read_text())
LOGS = [json.loads(line) for line in (DATA / "vllm019.jsonl").read_text().splitlines()]
REACHED_KV = [log for log in LOGS if log["kv_cache_tokens"]]


def facts_of(model: str, folder: Path) -> ModelFacts:
    config = dict(CONFIGS[model]["config"])
    kinds = config.pop("layer_types")
    config["layer_types"] = [kind for kind, count in kinds.items() for _ in range(count)]
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return read_config_facts(path)


def options_of(log: dict) -> EngineOptions:
    online = log["quantization"] if log["quantization"] == "fp8" else None
    return EngineOptions(
        release=RELEASES["0.19"],
        utilization=log["gpu_memory_utilization"],
        limits=StepLimits(log["max_num_batched_tokens"], log["max_num_seqs"]),
        dtype=log["dtype"],
        kv_cache_dtype=log["kv_cache_dtype"],
        quantization=online,
        tensor_parallel=log["tp"],
        pipeline_parallel=log["pp"],
    )


@pytest.mark.parametrize("log", REACHED_KV, ids=lambda log: log["log"])
def test_tokens_and_concurrency_from_the_logged_memory(log, tmp_path):
    cache = layout(facts_of(log["model_id"], tmp_path), options_of(log))
    blocks = cache.blocks(int(log["available_kv_cache_gib"] * GIB))
    assert cache.tokens(blocks) == pytest.approx(log["kv_cache_tokens"], rel=0.0005)
    concurrency = cache.concurrency(blocks, log["max_model_len"], log["max_num_batched_tokens"])
    assert concurrency == pytest.approx(log["max_concurrency"], rel=0.002)


def test_everything_from_the_model_and_the_gpu_alone(tmp_path, capsys):
    rows = []
    for log in REACHED_KV:
        facts, options = facts_of(log["model_id"], tmp_path), options_of(log)
        budget = gpu_budget(facts, int(log["gpu_total_gib"] * GIB), options)
        cache = layout(facts, options)
        tokens = cache.tokens(cache.blocks(budget.available))
        rows.append(
            (
                log["log"][:44],
                budget.weights / GIB, log["weights_gib"],
                budget.activations / GIB, log["torch_peak_gib"],
                budget.available / GIB, log["available_kv_cache_gib"],
                abs(budget.available / GIB / log["available_kv_cache_gib"] - 1),
                abs(tokens / log["kv_cache_tokens"] - 1),
            )
        )
    for row in rows:
        print(f"{row[0]:45}" + " ".join(f"{value:8.2f}" for value in row[1:7]) + f" {row[7]:7.2%} {row[8]:7.2%}")
    print(mean(row[7] for row in rows), mean(row[8] for row in rows))
    assert mean(row[7] for row in rows) < 0.05
