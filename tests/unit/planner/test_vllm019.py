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


def planned(log: dict[str, Any], facts: ModelFacts) -> tuple[float, float, float]:
    options = options_of(log)
    budget = gpu_budget(facts, int(log["gpu_total_gib"] * GIB), options)
    cache = layout(facts, options)
    blocks = cache.blocks(budget.available)
    concurrency = cache.concurrency(blocks, log["max_model_len"], log["max_num_batched_tokens"])
    return budget.available / GIB, cache.tokens(blocks), concurrency


def naive(log: dict[str, Any], facts: ModelFacts) -> tuple[float, float, float]:
    """What calculators do: 10 % on top of the weights, and every layer caches every token."""
    weights = facts.weight_bytes / (2 if options_of(log).quantization else 1) / log["tp"]
    available = log["gpu_memory_utilization"] * log["gpu_total_gib"] * GIB - 1.1 * weights
    width = {"float32": 4}.get(log["dtype"], 2)
    per_token = 2 * facts.layers * facts.kv_heads * facts.head_size * width / log["tp"]
    tokens = available / per_token
    return available / GIB, tokens, tokens / log["max_model_len"]


def test_everything_from_the_model_and_the_gpu_alone(tmp_path):
    """Prints the table of docs/planner.md."""
    ways = {"planned": planned, "naive": naive}
    errors: dict[str, list[tuple[float, ...]]] = {way: [] for way in ways}
    print(
        "\n| start | TP | KV memory, GiB | KV tokens | requests at a time |\n|---|---|---|---|---|"
    )
    for log in REACHED_KV:
        facts = facts_of(log["model_id"], tmp_path)
        logged = log["available_kv_cache_gib"], log["kv_cache_tokens"], log["max_concurrency"]
        found = {way: estimate(log, facts) for way, estimate in ways.items()}
        for way, values in found.items():
            errors[way].append(tuple(abs(a / b - 1) for a, b in zip(values, logged, strict=True)))
        cells = zip(found["planned"], logged, (".2f", ",.0f", ".2f"), strict=True)
        texts = (f"{ours:{form}} / {theirs:{form}}" for ours, theirs, form in cells)
        name = " ".join(filter(None, (log["model_id"], log["quantization"], log["dtype"])))
        print(f"| {name} | {log['tp']} | {' | '.join(texts)} |")
    columns = {way: list(zip(*rows, strict=True)) for way, rows in errors.items()}
    for way, of_start in columns.items():
        told = (f"{mean(column):.2%}, at most {max(column):.0%}" for column in of_start)
        print(f"mean absolute error, {way}: {' | '.join(told)}")
    means = {way: [mean(column) for column in values] for way, values in columns.items()}
    assert all(value < 0.02 for value in means["planned"])
    assert all(value > 0.05 for value in means["naive"])


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
