"""Sizes in config.json that are none, and what families leave out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aicockpit.errors import BrokenModelError
from aicockpit.models.facts import Weights, config_facts, facts_with_weights, read_config_facts

if TYPE_CHECKING:
    from pathlib import Path

LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
    "torch_dtype": "bfloat16",
}
GEMMA = {**LLAMA, "architectures": ["GemmaForCausalLM"], "model_type": "gemma"}
GPT_OSS = {
    **LLAMA,
    "architectures": ["GptOssForCausalLM"],
    "model_type": "gpt_oss",
    "hidden_size": 2880,
    "intermediate_size": 2880,
    "num_hidden_layers": 24,
    "num_attention_heads": 64,
    "head_dim": 64,
    "vocab_size": 201088,
    "num_local_experts": 32,
    "num_experts_per_tok": 4,
    "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 12,
    "quantization_config": {"quant_method": "mxfp4"},
}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("num_key_value_heads", "8", '"8"'),
        ("num_attention_heads", "32", '"32"'),
        ("vocab_size", 10**320, "100000000000000000000000…"),
        ("num_hidden_layers", 2**40 + 1, "1099511627777"),
    ],
)
def test_what_is_no_size_is_refused(tmp_path: Path, name: str, value: object, shown: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**LLAMA, name: value}))
    with pytest.raises(BrokenModelError) as caught:
        read_config_facts(tmp_path / "config.json")
    assert f"`{name}` is {shown} instead of a whole number up to" in str(caught.value.why)
    assert caught.value.remedy


def test_a_length_without_end_says_nothing() -> None:
    assert config_facts({**LLAMA, "model_max_length": 10**30}).context_length == 8192
    assert config_facts({**LLAMA, "model_max_length": 4096}).context_length == 4096


def test_so_are_sizes_of_the_image_encoder() -> None:
    vision = {"hidden_size": 10**320, "num_hidden_layers": 27}
    with pytest.raises(BrokenModelError) as caught:
        config_facts({**LLAMA, "vision_config": vision})
    assert "`hidden_size`" in str(caught.value.why)


@pytest.mark.parametrize("value", [None, False, True, -1, 0.5, "auto", [8] * 32])
def test_what_switches_a_size_off_or_tells_it_by_layer_counts_as_not_set(value: object) -> None:
    facts = config_facts({**LLAMA, "head_dim": value, "sliding_window": value})
    assert facts.head_size == 128
    assert facts.sliding_window is None


@pytest.mark.parametrize(
    ("config", "said", "tied"),
    [
        (GEMMA, None, True),
        (GEMMA, False, False),
        (LLAMA, None, False),
        (LLAMA, True, True),
        ({**LLAMA, "model_type": "qwen2"}, None, False),
        ({**LLAMA, "model_type": "mistral"}, None, False),
        ({**LLAMA, "text_config": {**LLAMA, "model_type": "gemma3_text"}}, None, True),
        (
            {**LLAMA, "text_config": {**LLAMA, "model_type": "gemma3_text"}},
            False,
            False,
        ),
    ],
)
def test_families_that_tie_by_default(config: dict[str, Any], said: object, tied: bool) -> None:
    facts = config_facts({**config, "tie_word_embeddings": said})
    assert facts.tied_embeddings is tied
    embeddings = facts.vocabulary_size * facts.hidden_size
    layers = config_facts({**config, "tie_word_embeddings": True}).parameters - embeddings
    assert facts.parameters == layers + embeddings * (1 if tied else 2)


@pytest.mark.parametrize(("name", "tied"), [("lm_head.weight", False), ("norm.weight", True)])
def test_headers_decide_where_they_are_there(tmp_path: Path, name: str, tied: bool) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GEMMA))
    weights = Weights()
    weights.names.append(name)
    facts = facts_with_weights(tmp_path / "config.json", weights)
    assert facts.tied_embeddings is tied


def test_the_rest_of_a_quantised_model_is_counted_in_sixteen_bits() -> None:
    silent = {name: value for name, value in GPT_OSS.items() if name != "torch_dtype"}
    facts = config_facts(silent)
    assert facts.dtype == "bfloat16"
    assert facts.tensors == config_facts(GPT_OSS).tensors
    assert round(facts.weight_bytes / 2**30, 1) == 12.8
    plain = {name: value for name, value in LLAMA.items() if name != "torch_dtype"}
    assert config_facts(plain).dtype == "float32"


@pytest.mark.parametrize("bits", [10**320, 0, "4"])
def test_a_width_that_no_weight_has_is_left_out(bits: object) -> None:
    method = {"quant_method": "awq", "bits": bits}
    facts = config_facts({**LLAMA, "quantization_config": method})
    assert facts.quantization_bits is None


def test_a_kind_of_position_scaling_that_is_none_is_not_known() -> None:
    scaling = {"rope_type": ["yarn"], "factor": 2.0}
    assert config_facts({**LLAMA, "rope_scaling": scaling}).context_length == 16384
