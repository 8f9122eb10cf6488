"""`aicockpit plan` from the outside: options, exit statuses, text and JSON."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from typer.testing import CliRunner, Result

from aicockpit.cli import plan_inputs
from aicockpit.cli.main import compose
from aicockpit.models.facts import read_config_facts
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware
from aicockpit.planner.calibration import Observation
from aicockpit.planner.cpu_plan import plan_on_cpu
from aicockpit.planner.document import PlanDocument
from aicockpit.planner.engine_memory import RELEASES
from aicockpit.planner.intent import Intent
from aicockpit.start_records import StartRecords
from tests.support.local_hub import safetensors_bytes
from tests.support.planner_configs import write_config

GOLDEN = Path(__file__).parents[2] / "golden" / "plans"
LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"
LLAMA_70B = "RedHatAI/Llama-3.3-70B-Instruct-fp8-dynamic"
GIB = 2**30
APP = compose(["plan"])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(APP, ["plan", *arguments])


def planned(*arguments: str, status: int = 0) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == status, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture
def llama(tmp_path: Path) -> str:
    return str(write_config(LLAMA_8B, tmp_path / "llama"))


@pytest.fixture
def llama_70b(tmp_path: Path) -> str:
    plain: dict[str, object] = {"quantization_config": None}
    return str(write_config(LLAMA_70B, tmp_path / "llama-70b", **plain))


# The answer


def test_it_fits(llama: str):
    plan = planned(llama, "--hardware", "h100")
    assert (plan["fits"], plan["model"], plan["limited_by"]) == (True, llama, None)
    assert (plan["tensor_parallel_size"], plan["pipeline_parallel_size"]) == (1, 1)
    assert plan["weights_gib"] == pytest.approx(14.96, abs=0.05)
    assert plan["engine_args"]["max-model-len"] == plan["max_model_len"] == 131072
    assert plan["environment"] == {"CUDA_VISIBLE_DEVICES": "0"}
    assert plan["reasons"]
    assert plan["alternatives"] == []


def test_it_does_not_fit(llama_70b: str):
    plan = planned(llama_70b, "--hardware", "rtx4090", status=3)
    assert (plan["fits"], plan["limited_by"]) == (False, "weights")
    assert plan["available_kv_cache_gib"] < 0
    assert plan["alternatives"]
    result = run(llama_70b, "--hardware", "rtx4090")
    assert result.exit_code == 3
    assert "does not fit" in result.stdout


def test_json_says_all_that_is_promised_and_comes_back_whole(llama: str):
    result = run(llama, "--hardware", "8xH100-80GB-nvlink", "--explain", "--json")
    adapter = TypeAdapter(PlanDocument)
    document = adapter.validate_json(result.stdout, strict=False)
    assert json.loads(adapter.dump_json(document)) == json.loads(result.stdout)
    promised = {
        "fits", "model", "engine_version", "tensor_parallel_size", "pipeline_parallel_size",
        "weights_gib", "available_kv_cache_gib", "kv_cache_tokens", "max_concurrency",
        "max_model_len", "engine_args", "environment", "reasons", "alternatives",
    }  # fmt: skip
    assert promised <= set(json.loads(result.stdout))


def test_a_plan_for_this_machine(llama: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(plan_inputs, "detect", lambda: Hardware(4, 64 * GIB, 60 * GIB))
    plan = planned(llama)
    assert (plan["accelerator"], plan["engine_version"]) == ("cpu", "0.32")
    assert plan["engine_args"]["kv-cache-memory-bytes"] == 2 * GIB


def test_plans_for_this_machine_go_by_its_own_starts(llama: str, monkeypatch: pytest.MonkeyPatch):
    machine = Hardware(4, 64 * GIB, 60 * GIB)
    monkeypatch.setattr(plan_inputs, "detect", lambda: machine)
    assert "start of" not in run(llama, "--explain").stdout
    facts = read_config_facts(Path(llama))
    known = plan_on_cpu("m", facts, machine, Intent(), RELEASES["0.32"]).fit.budget.known
    took = replace(known.rules, activations=7 * GIB)
    seen = Observation(known.start, "0.32.0", "2026-11-22", known.rules, took)
    StartRecords(DataFolder.default()).add(seen)
    shown = run(llama, "--explain").stdout
    assert "this machine's start of 2026-11-22, vLLM 0.32.0" in shown
    assert planned(llama)["activations_gib"] == 7
    assert "start of" not in run(llama, "--hardware", "cpu-4c-64g", "--explain").stdout


def test_the_page_tells_every_field_and_every_option(llama: str):
    page = (Path(__file__).parents[3] / "docs" / "planner.md").read_text()
    plan = planned(llama, "--hardware", "2xA10", "--objective", "throughput")
    flags = [reason.partition(":")[0] for reason in plan["reasons"] if ": " in reason]
    assert [name for name in plan if f"`{name}`" not in page] == []
    assert [flag for flag in flags if "-" in flag and f"`--{flag}`" not in page] == []


# Options


@pytest.mark.parametrize(
    ("option", "value", "flag", "expected"),
    [
        ("--tensor-parallel-size", "2", "tensor-parallel-size", 2),
        ("--pipeline-parallel-size", "2", "pipeline-parallel-size", 2),
        ("--gpu-memory-utilization", "0.7", "gpu-memory-utilization", 0.7),
        ("--share", "0.5", "gpu-memory-utilization", 0.5),
        ("--max-num-batched-tokens", "4096", "max-num-batched-tokens", 4096),
        ("--max-num-seqs", "64", "max-num-seqs", 64),
        ("--dtype", "half", "dtype", "float16"),
        ("--dtype", "auto", "dtype", "bfloat16"),
        ("--kv-cache-dtype", "fp8", "kv-cache-dtype", "fp8"),
        ("--quantization", "fp8", "quantization", "fp8"),
        ("--context", "5000", "max-model-len", 5000),
    ],
)
def test_what_is_pinned_is_kept(llama: str, option: str, value: str, flag: str, expected: object):
    plan = planned(llama, "--hardware", "4xH100", option, value)
    assert plan["engine_args"][flag] == expected
    assert f"--{flag} {expected}" in plan["commands"][0]["lines"][0]


def test_concurrency_is_what_must_fit(llama: str):
    wide = ("--hardware", "rtx4090", "--context", "16384", "--concurrency")
    assert planned(llama, *wide, "1")["fits"]
    assert not planned(llama, *wide, "50", status=3)["fits"]


def test_throughput_takes_all_gpus(llama: str):
    plan = planned(llama, "--hardware", "4xH100-80GB-nvlink", "--objective", "throughput")
    assert plan["tensor_parallel_size"] == 4


def test_an_editing_engine_is_told_of_speculation(llama: str):
    plan = planned(llama, "--hardware", "h100", "--role", "edit")
    assert any("n-gram" in reason for reason in plan["reasons"])
    config = json.loads(plan["engine_args"]["speculative-config"])
    assert config["method"] == "ngram"
    assert (
        f"--speculative-config '{json.dumps(config, separators=(',', ':'))}'"
        in (plan["commands"][0]["lines"][0])
    )


def test_memory_that_is_free_at_the_start(llama: str):
    pinned = ("--gpu-memory-utilization", "0.95", "--free-gib", "60")
    plan = planned(llama, "--hardware", "h100", *pinned, status=3)
    assert plan["limited_by"] == "memory at start"


def test_the_share_follows_what_is_free_unless_pinned(llama: str):
    plan = planned(llama, "--hardware", "h100", "--free-gib", "60")
    assert plan["engine_args"]["gpu-memory-utilization"] == 0.75
    assert plan["headroom_gib"] >= 0
    assert any("others hold" in reason for reason in plan["reasons"])


def test_memory_of_the_cache_taken_as_given(llama: str):
    plan = planned(llama, "--hardware", "h100", "--available-kv-gib", "10")
    assert plan["kv_cache_tokens"] == 10 * GIB // 131072
    assert plan["available_kv_cache_gib"] == 10


def test_another_release(llama: str):
    plan = planned(llama, "--hardware", "h100", "--engine-version", "0.19.0")
    assert (plan["engine_version"], plan["exactness"]) == ("0.19", "measured")
    assert plan["engine_args"]["gpu-memory-utilization"] == 0.9


def test_a_quantisation_that_the_checkpoint_does_not_have(llama: str):
    plan = planned(llama, "--hardware", "h100", "--quantization", "awq", status=3)
    assert any("is not awq" in warning for warning in plan["warnings"])


def test_every_figure_explained(llama: str):
    plan = planned(llama, "--hardware", "h100", "--explain")
    assert {figure["certainty"] for figure in plan["figures"]} >= {"counted", "inferred", "exact"}
    shown = run(llama, "--hardware", "h100", "--explain").stdout
    assert all(figure["name"] in shown for figure in plan["figures"])
    assert "figures" not in run(llama, "--hardware", "h100").stdout


# Several nodes


def test_every_node_has_its_command(llama_70b: str):
    plan = planned(llama_70b, "--hardware", "2x(2xL40S)")
    assert plan["nodes"] == 2
    own = [command for command in plan["commands"] if command["way"] == "vllm"]
    assert [command["node"] for command in own] == [0, 1]
    first, second = (command["lines"][0] for command in own)
    assert "--nnodes 2 --node-rank 0 --master-addr $NODE0" in first
    assert "--headless" not in first
    assert second.endswith("--node-rank 1 --master-addr $NODE0 --headless")
    by_ray = [command["lines"] for command in plan["commands"] if command["way"] == "ray"]
    assert by_ray[0][0].startswith("ray start --head")
    assert by_ray[0][1].endswith("--distributed-executor-backend ray")
    assert by_ray[1] == ["ray start --address=$NODE0:6379"]
    assert any("private" in warning for warning in plan["warnings"])


# Models


def test_a_folder_with_only_a_configuration(llama: str):
    folder = str(Path(llama).parent)
    plan = planned(folder, "--hardware", "h100")
    assert "counted from config.json" in plan["exactness_note"]
    assert f"vllm serve {folder} " in plan["commands"][0]["lines"][0]


def test_a_folder_with_weights_is_measured(llama: str):
    (Path(llama).parent / "model.safetensors").write_bytes(safetensors_bytes("BF16", (512, 1024)))
    plan = planned(str(Path(llama).parent), "--hardware", "h100")
    assert plan["weights_gib"] == round(2**20 / GIB, 3)
    assert "headers" in plan["exactness_note"]


def test_weights_that_are_not_all_there_are_counted(llama: str):
    first = Path(llama).parent / "model-00001-of-00002.safetensors"
    first.write_bytes(safetensors_bytes("BF16", (512, 1024)))
    plan = planned(str(first.parent), "--hardware", "h100")
    assert plan["weights_gib"] > 14


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("--hardware", "8xZ9000"), 2, "H100"),
        (("--engine-version", "0.5"), 2, "0.33"),
        (("--dtype", "int3"), 2, "bfloat16"),
        (("--share", "2"), 2, "--share"),
    ],
)
def test_what_is_not_known_is_told(llama: str, arguments: tuple[str, ...], status: int, told: str):
    result = run(llama, *arguments)
    assert result.exit_code == status
    assert told in result.stderr


@pytest.mark.parametrize("name", ["./nothing-here", "/nowhere/at/all"])
def test_a_model_that_is_missing(name: str):
    result = run(name, "--hardware", "h100")
    assert result.exit_code == 1
    assert "config.json" in result.stderr


def test_an_unknown_architecture_gets_an_upper_bound(tmp_path: Path):
    made_up = {"architectures": ["FrobnicatorForCausalLM"], "model_type": "frobnicator"}
    path = str(write_config(LLAMA_8B, tmp_path, **made_up))
    plan = planned(path, "--hardware", "h100")
    assert plan["exactness"] == "upper bound"
    assert any("Cannot plan exactly" in warning for warning in plan["warnings"])
    assert "upper bound" in run(path, "--hardware", "cpu-8c-64g").stdout


_NUMBERS = (
    "num_hidden_layers", "hidden_size", "intermediate_size", "num_attention_heads",
    "num_key_value_heads", "head_dim", "vocab_size", "max_position_embeddings", "sliding_window",
    "num_experts", "num_experts_per_tok", "moe_intermediate_size", "kv_lora_rank",
    "qk_rope_head_dim", "linear_num_value_heads", "first_k_dense_replace",
)  # fmt: skip
_ODD: st.SearchStrategy[object] = st.one_of(
    st.none(), st.integers(-1, 300), st.just("many"), st.just([]), st.booleans()
)
_KINDS = st.sampled_from(["full_attention", "sliding_attention", "mamba", "linear_attention", "?"])


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.dictionaries(st.sampled_from(_NUMBERS), _ODD),
    kinds=st.one_of(st.none(), st.just(7), st.lists(_KINDS, max_size=6)),
    architecture=st.sampled_from(["LlamaForCausalLM", "Qwen3NextForCausalLM", "Made", None]),
    dtype=st.sampled_from(["bfloat16", "float8_e4m3fn", "torch.float32", 3, None]),
    hardware=st.sampled_from(["rtx4090", "3xV100-16GB", "2x(2xT4)", "cpu-2c-24g"]),
)
def test_no_configuration_ends_in_a_traceback(
    tmp_path: Path, numbers: dict[str, object], kinds: object, architecture: str | None,
    dtype: object, hardware: str,
):  # fmt: skip
    config = {
        "num_hidden_layers": 4, "hidden_size": 64, "vocab_size": 128, "num_attention_heads": 4,
        **numbers, "layer_types": kinds, "dtype": dtype,
        "architectures": [architecture] if architecture else None,
    }  # fmt: skip
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    result = run(str(path), "--hardware", hardware)
    assert isinstance(result.exception, SystemExit | None), config
    assert result.exit_code in {0, 1, 3}


# The catalogue


def test_without_a_model_two_are_proposed():
    plan = planned("--hardware", "rtx4090")
    (beside,) = plan["beside"]
    assert plan["fits"]
    assert beside["fits"]
    together = [p["engine_args"]["gpu-memory-utilization"] for p in (plan, beside)]
    assert sum(together) <= 0.921
    shown = run("--hardware", "rtx4090").stdout
    assert shown.count("vllm serve") == 2
    assert "for chats" in shown
    assert "for completions" in shown


def test_nothing_of_the_catalogue_fits():
    result = run("--hardware", "t4", "--role", "chat", "--context", "9000000")
    assert result.exit_code == 3
    assert "catalogue" in result.stderr


def test_the_starter_model_before_it_is_made():
    plan = planned("starter", "--hardware", "cpu-2c-24g")
    assert plan["model"] == "starter"
    assert plan["weights_gib"] == pytest.approx(0.92, abs=0.01)
    assert "not on this machine yet" in plan["warnings"][0]


def test_without_a_hub_the_catalogue_knows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    plan = planned("Qwen/Qwen2.5-Coder-32B-Instruct", "--hardware", "rtx4090", status=3)
    assert "from the catalogue" in plan["warnings"][0]
    changes = [way["change"] for way in plan["alternatives"]]
    assert "Qwen/Qwen2.5-Coder-32B-Instruct-AWQ" in changes[0]
    assert "openai/gpt-oss-20b" in changes
    result = run("someone/unknown", "--hardware", "rtx4090")
    assert result.exit_code == 1
    assert "HF_HUB_OFFLINE" in result.stderr


# Text


CASES = {
    "llama-8b-on-rtx4090": (LLAMA_8B, {}, ["--hardware", "rtx4090"]),
    "llama-70b-on-eight": (LLAMA_70B, {}, ["--hardware", "8xH100-80GB-nvlink"]),
    "llama-70b-on-nodes": (
        LLAMA_70B,
        {"quantization_config": None},
        ["--hardware", "2x(2xL40S)"],
    ),
    "llama-70b-too-large": (LLAMA_70B, {}, ["--hardware", "2xrtx4090", "--context", "32768"]),
    "gemma-27b-long": (
        "google/gemma-3-27b-it",
        {},
        ["--hardware", "h100", "--context", "131072", "--engine-version", "0.19"],
    ),
    "llama-8b-on-three": (LLAMA_8B, {}, ["--hardware", "3xT4", "--context", "8192"]),
    "llama-8b-on-cpu": (LLAMA_8B, {}, ["--hardware", "cpu-16c-64g"]),
}


@pytest.mark.parametrize("form", ["txt", "json"])
@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, form: str, tmp_path: Path):
    model, changes, arguments = CASES[name]
    path = write_config(model, tmp_path, **changes)
    flags = ["--json"] if form == "json" else []
    text = run(str(path), *arguments, *flags).stdout.replace(str(tmp_path), "/models")
    text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    golden = GOLDEN / f"{name}.{form}"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert golden.read_text() == text


# Start-up


def test_a_local_plan_imports_little(llama: str):
    arguments = ["plan", llama, "--hardware", "h100"]
    heavy = [
        *("aicockpit.gateway", "aicockpit.config", "fastapi", "aiohttp", "httpx2", "numpy"),
        *("huggingface_hub.hf_api", "huggingface_hub.file_download", "tokenizers"),
    ]
    code = (
        "import sys\n"
        f"sys.argv = ['aicockpit', *{arguments!r}]\n"
        "from aicockpit.cli.main import run\n"
        "try:\n    run()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
