"""The planner against start-up logs of vLLM 0.19 on an H100 (tests/data/planner/README.md)."""

import json
from pathlib import Path
from statistics import mean
from typing import Any

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


def options_of(log: dict[str, Any]) -> EngineOptions:
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


def test_everything_from_the_model_and_the_gpu_alone(tmp_path):
    errors: dict[str, list[float]] = {"KV memory": [], "KV tokens": [], "concurrency": []}
    print(f"\n{'start':46}{'GiB':>16}{'tokens':>22}{'concurrency':>18}")
    for log in REACHED_KV:
        facts, options = facts_of(log["model_id"], tmp_path), options_of(log)
        budget = gpu_budget(facts, int(log["gpu_total_gib"] * GIB), options)
        cache = layout(facts, options)
        blocks = cache.blocks(budget.available)
        concurrency = cache.concurrency(blocks, log["max_model_len"], log["max_num_batched_tokens"])
        pairs = {
            "KV memory": (budget.available / GIB, log["available_kv_cache_gib"]),
            "KV tokens": (cache.tokens(blocks), log["kv_cache_tokens"]),
            "concurrency": (concurrency, log["max_concurrency"]),
        }
        for name, (planned, logged) in pairs.items():
            errors[name].append(abs(planned / logged - 1))
        texts = (f"{planned:9.2f}/{logged:9.2f}" for planned, logged in pairs.values())
        print(f"{log['log'].partition('--h100')[0]:30} tp{log['tp']} " + " ".join(texts))
    means = {name: mean(values) for name, values in errors.items()}
    print("mean absolute error:", {name: f"{value:.2%}" for name, value in means.items()})
    assert all(value < 0.02 for value in means.values())


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log["log"])
def test_whether_the_engine_starts(log, tmp_path):
    facts = facts_of(log["model_id"], tmp_path)
    too_long = log["max_model_len"] > facts.context_length
    assert too_long == (log["failure_class"] == "max_model_len_too_big")
    if too_long or log["dtype"] is None:
        return
    free = log["gpu_free_at_init_gib"]
    total = int(log["gpu_total_gib"] * GIB)
    budget = gpu_budget(facts, total, options_of(log), free=int(free * GIB))
    assert (budget.requested > free * GIB) == (log["failure_class"] == "gpu_not_free")
    if log["failure_class"] != "gpu_not_free":
        assert (budget.spare < 0) == (log["failure_class"] == "oom_sampler_warmup")
