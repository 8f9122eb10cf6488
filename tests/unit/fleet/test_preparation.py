"""From settings to engine descriptions, with an environment that only looks installed."""

import json
import struct
from pathlib import Path

import pytest

from aicockpit.config import Config, load_config
from aicockpit.errors import CapacityError, ConfigError, EngineFlagError, RemoteCodeError
from aicockpit.fleet import prepare
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware
from aicockpit.planner.memory import GIB
from aicockpit.progress import SilentProgress

MACHINE = Hardware(cpu_cores=2, memory=24 * GIB, available_memory=20 * GIB)


def model_folder(folder: Path, *, gib: float = 1, **config: object) -> Path:
    folder.mkdir()
    shape = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "num_hidden_layers": 24,
        "hidden_size": 896,
        "intermediate_size": 4864,
        "vocab_size": 151936,
        "num_attention_heads": 14,
        "num_key_value_heads": 2,
        "max_position_embeddings": 32768,
        "torch_dtype": "bfloat16",
    }
    (folder / "config.json").write_text(json.dumps(shape | config))
    (folder / "tokenizer.json").write_text('{"added_tokens": []}')
    size = int(gib * GIB)
    header = {"weight": {"dtype": "BF16", "shape": [size // 2], "data_offsets": [0, size]}}
    text = json.dumps(header).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + size)
    return folder


def config_of(tmp_path: Path, text: str) -> Config:
    file = tmp_path / "cockpit.toml"
    file.write_text(text)
    return load_config(file, environ={}).config


def test_a_model_becomes_an_engine_description(tmp_path: Path, data: DataFolder):
    source = model_folder(tmp_path / "My-Coder")
    config = config_of(
        tmp_path,
        f"""
        [models.coder]
        source = "{source}"
        context = 4096
        chat_template = "{{{{ messages }}}}"
        sampling_defaults = {{ temperature = 0.2 }}
        engine_args = {{ enforce-eager = true }}
        """,
    )
    preparation = prepare(config, data, MACHINE, SilentProgress())
    (model,) = preparation.models
    assert preparation.default == "coder"
    assert model.names.all == ("my-coder", "coder")
    assert model.spec.served_names == ("my-coder", "coder")
    assert model.spec.model_path == source
    assert model.spec.arguments["max-model-len"] == 4096
    assert model.spec.arguments["override-generation-config"] == {"temperature": 0.2}
    assert model.spec.arguments["enforce-eager"] is True
    template = Path(str(model.spec.arguments["chat-template"]))
    assert template.read_text() == "{{ messages }}"


def test_memory_that_limits_the_context_lowers_it_and_says_so(tmp_path: Path, data: DataFolder):
    text = f"""
    [engines]
    cpu_kv_cache = "128MiB"
    [models.a]
    source = "{model_folder(tmp_path / "a")}"
    """
    (model,) = prepare(config_of(tmp_path, text), data, MACHINE, SilentProgress()).models
    assert model.spec.arguments["max-model-len"] == model.context == 10_752
    assert "10,752 tokens" in model.notes[0]
    text += 'engine_args = { max-model-len = "8k" }'
    (model,) = prepare(config_of(tmp_path, text), data, MACHINE, SilentProgress()).models
    assert model.spec.arguments["max-model-len"] == "8k"
    assert model.context == 8000
    assert model.notes == ()


def test_speculation_is_refused_on_a_cpu_before_anything_is_fetched(
    tmp_path: Path, data: DataFolder
):
    text = '[models.a]\nsource = "no/such-model"\nspeculation = "ngram"'
    with pytest.raises(
        ConfigError, match=r"model a cannot use speculation on a CPU.*temperature 0"
    ):
        prepare(config_of(tmp_path, text), data, MACHINE, SilentProgress())


def test_without_a_compiler_the_engine_is_eager(
    tmp_path: Path, data: DataFolder, monkeypatch: pytest.MonkeyPatch
):
    config = config_of(tmp_path, f'[models.a]\nsource = "{model_folder(tmp_path / "a")}"')
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    (model,) = prepare(config, data, MACHINE, SilentProgress()).models
    assert model.spec.arguments["enforce-eager"] is True


def test_a_model_that_knows_tools_gets_its_parser_unless_another_is_named(
    tmp_path: Path, data: DataFolder
):
    folder = model_folder(tmp_path / "a")
    (folder / "chat_template.jinja").write_text("{% if tools %}<tool_call>{% endif %}")
    text = f'[models.a]\nsource = "{folder}"\n'
    (model,) = prepare(config_of(tmp_path, text), data, MACHINE, SilentProgress()).models
    assert model.spec.arguments["enable-auto-tool-choice"] is True
    assert model.spec.arguments["tool-call-parser"] == "hermes"
    text += 'engine_args = { tool_call_parser = "mistral" }\n'
    (model,) = prepare(config_of(tmp_path, text), data, MACHINE, SilentProgress()).models
    assert model.spec.arguments["tool-call-parser"] == "mistral"


def test_the_second_is_refused_when_it_does_not_fit(tmp_path: Path, data: DataFolder):
    small, large = model_folder(tmp_path / "small"), model_folder(tmp_path / "large", gib=40)
    config = config_of(
        tmp_path,
        f"""
        [server]
        default_model = "large"
        [models.small]
        source = "{small}"
        [models.large]
        source = "{large}"
        """,
    )
    preparation = prepare(config, data, MACHINE, SilentProgress())
    assert [model.key for model in preparation.models] == ["small"]
    assert preparation.default == "small"
    (refused,) = preparation.refused
    assert "does not fit beside small" in refused.error.what
    assert "44.8 GiB of RAM" in refused.error.why


def test_when_nothing_fits_that_is_the_error(tmp_path: Path, data: DataFolder):
    config = config_of(tmp_path, f'[models.a]\nsource = "{model_folder(tmp_path / "a", gib=40)}"')
    with pytest.raises(CapacityError, match="The model a does not fit"):
        prepare(config, data, MACHINE, SilentProgress())


def test_a_misspelt_flag_is_found_before_anything_is_started(tmp_path: Path, data: DataFolder):
    config = config_of(
        tmp_path,
        f"""
        [models.a]
        source = "{model_folder(tmp_path / "a")}"
        engine_args = {{ max-num-seq = 4, swap-space = 4 }}
        """,
    )
    with pytest.raises(EngineFlagError) as caught:
        prepare(config, data, MACHINE, SilentProgress())
    assert "max-num-seqs" in str(caught.value)
    assert "kv-offloading-size" in str(caught.value)


def test_code_of_a_model_is_not_run_unasked(tmp_path: Path, data: DataFolder):
    source = model_folder(tmp_path / "a", auto_map={"AutoModel": "modeling.Model"})
    config = config_of(tmp_path, f'[models.a]\nsource = "{source}"')
    with pytest.raises(RemoteCodeError, match="trust_remote_code"):
        prepare(config, data, MACHINE, SilentProgress())
    allowed = config_of(tmp_path, f'[models.a]\nsource = "{source}"\ntrust_remote_code = true')
    (model,) = prepare(allowed, data, MACHINE, SilentProgress()).models
    assert model.spec.arguments["trust-remote-code"] is True
