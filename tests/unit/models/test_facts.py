"""Facts from small folders in the shapes that published models have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aicockpit.errors import BrokenModelError, RemoteCodeError
from aicockpit.models import LocatedModel, check_remote_code, read_facts
from tests.support.local_hub import safetensors_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.planner import ModelFacts

QWEN: dict[str, Any] = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "max_position_embeddings": 32768,
    "num_attention_heads": 28,
    "num_hidden_layers": 28,
    "num_key_value_heads": 4,
    "sliding_window": 131072,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
    "use_sliding_window": False,
    "vocab_size": 152064,
}


def facts_of(folder: Path, config: dict[str, Any], **files: object) -> ModelFacts:
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(safetensors_bytes("BF16", (8, 4)))
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(json.dumps(content))
    return read_facts(folder)


def test_a_plain_model(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, QWEN)
    assert facts.architecture == "Qwen2ForCausalLM"
    assert (facts.layers, facts.attention_heads, facts.kv_heads, facts.head_size) == (
        28,
        28,
        4,
        128,
    )
    assert (facts.context_length, facts.dtype, facts.vocabulary_size) == (32768, "bfloat16", 152064)
    assert (facts.parameters, facts.weight_bytes) == (32, 64)
    assert facts.quantization is None
    assert facts.sliding_window is None  # it is there and switched off
    assert not facts.vision
    assert not facts.chat_template


def test_a_vision_model_keeps_its_language_model_inside(tmp_path: Path) -> None:
    config = {
        "architectures": ["Gemma3ForConditionalGeneration"],
        "model_type": "gemma3",
        "text_config": {
            "hidden_size": 2560,
            "intermediate_size": 10240,
            "model_type": "gemma3_text",
            "num_hidden_layers": 34,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
            "sliding_window": 1024,
        },
        "torch_dtype": "bfloat16",
        "vision_config": {"hidden_size": 1152},
    }
    facts = facts_of(tmp_path, config)
    assert facts.vision
    assert (facts.hidden_size, facts.layers) == (2560, 34)
    # The published file leaves these to transformers, and the length is scaled already.
    assert (facts.attention_heads, facts.kv_heads, facts.head_size) == (8, 4, 256)
    assert (facts.context_length, facts.vocabulary_size) == (131072, 262208)
    assert facts.tied_embeddings
    assert facts.sliding_window == 1024


def test_a_mixture_of_experts(tmp_path: Path) -> None:
    config = {
        **QWEN,
        "architectures": ["Qwen3MoeForCausalLM"],
        "model_type": "qwen3_moe",
        "num_experts": 128,
        "num_experts_per_tok": 8,
        "head_dim": 128,
        "hidden_size": 2048,
        "num_attention_heads": 32,
        "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]},
    }
    facts = facts_of(tmp_path, config)
    assert (facts.experts, facts.experts_per_token) == (128, 8)
    assert facts.head_size == 128  # not hidden size / heads, which is 64
    assert (facts.quantization, facts.quantization_bits) == ("fp8", 8)


def test_latent_attention_caches_one_vector(tmp_path: Path) -> None:
    config = {
        **QWEN,
        "model_type": "deepseek_v2",
        "num_key_value_heads": 16,
        "num_attention_heads": 16,
        "kv_lora_rank": 512,
        "qk_rope_head_dim": 64,
        "n_routed_experts": 64,
        "num_experts_per_tok": 6,
        "rope_scaling": {"type": "yarn", "factor": 40, "original_max_position_embeddings": 4096},
        "max_position_embeddings": 163840,
    }
    facts = facts_of(tmp_path, config)
    assert (facts.kv_heads, facts.head_size) == (1, 576)
    assert facts.experts == 64
    assert facts.context_length == 163840  # scaled already


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"quant_method": "awq", "bits": 4}, ("awq", 4)),
        ({"quant_method": "gptq", "bits": 8}, ("gptq", 8)),
        ({"quant_method": "mxfp4"}, ("mxfp4", 4)),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True}, ("bitsandbytes", 8)),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}},
            },
            ("compressed-tensors", 8),
        ),
    ],
)
def test_quantisation(tmp_path: Path, config: dict[str, Any], expected: tuple[str, int]) -> None:
    facts = facts_of(tmp_path, {**QWEN, "quantization_config": config})
    assert (facts.quantization, facts.quantization_bits) == expected


def test_nvidias_quantisation_lies_beside(tmp_path: Path) -> None:
    facts = facts_of(
        tmp_path, QWEN, hf_quant_config__json={"quantization": {"quant_algo": "NVFP4"}}
    )
    assert (facts.quantization, facts.quantization_bits) == ("modelopt", 4)


def test_sliding_layers_among_full_ones(tmp_path: Path) -> None:
    kinds = ["sliding_attention", "full_attention"]
    facts = facts_of(tmp_path, {**QWEN, "use_sliding_window": True, "layer_types": kinds})
    assert facts.sliding_window == 131072
    facts = facts_of(tmp_path, {**QWEN, "use_sliding_window": True, "layer_types": kinds[1:]})
    assert facts.sliding_window is None


def test_linear_scaling_lengthens_the_context(tmp_path: Path) -> None:
    scaling = {"rope_scaling": {"type": "linear", "factor": 4.0}}
    assert facts_of(tmp_path, {**QWEN, **scaling}).context_length == 131072


def test_fill_in_the_middle_and_tools(tmp_path: Path) -> None:
    tokens = ["<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|im_end|>"]
    facts = facts_of(
        tmp_path,
        QWEN,
        tokenizer__json={"added_tokens": [{"content": token} for token in tokens]},
        tokenizer_config__json={"chat_template": "{% if tools %}<tool_call>{% endif %}"},
    )
    assert facts.fim_tokens == tuple(tokens[:3])
    assert facts.chat_template
    assert facts.tool_call_format == "hermes"


def test_shards_are_added_up(tmp_path: Path) -> None:
    for number, dtype, width in ((1, "BF16", 2), (2, "F8_E4M3", 1)):
        name = f"model-0000{number}-of-00002.safetensors"
        (tmp_path / name).write_bytes(safetensors_bytes(dtype, (10, 10), width=width))
    (tmp_path / "config.json").write_text(json.dumps(QWEN))
    facts = read_facts(tmp_path)
    assert [(group.dtype, group.parameters, group.size) for group in facts.tensors] == [
        ("BF16", 100, 200),
        ("F8_E4M3", 100, 100),
    ]
    assert (facts.parameters, facts.weight_bytes) == (200, 300)


def test_pytorch_weights_count_by_their_size(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(QWEN))
    (tmp_path / "pytorch_model.bin").write_bytes(bytes(100))
    (group,) = read_facts(tmp_path).tensors
    assert (group.dtype, group.parameters, group.size) == ("BF16", 50, 100)


def test_what_is_not_said_is_inferred(tmp_path: Path) -> None:
    config = {key: value for key, value in QWEN.items() if "tie" not in key and "dtype" not in key}
    facts = facts_of(tmp_path, config)
    assert facts.tied_embeddings  # there is no output matrix among the tensors
    assert facts.dtype == "bfloat16"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "not a JSON object"),
        ('{"num_attention_heads": 1, "hidden_size": 8, "vocab_size": 9}', "no `architectures`"),
        ('{"architectures": ["A"], "hidden_size": 8}', "`num_hidden_layers`"),
    ],
)
def test_a_configuration_that_is_none(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "config.json").write_text(content)
    (tmp_path / "model.safetensors").write_bytes(safetensors_bytes("BF16", (4,)))
    with pytest.raises(BrokenModelError, match=why):
        read_facts(tmp_path)


def test_custom_code_needs_a_word(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, QWEN, tokenizer_config__json={"auto_map": {"AutoTokenizer": "t.T"}})
    located = LocatedModel(tmp_path, "org/Odd", "cache", None, "odd")
    assert facts.custom_code
    check_remote_code(located, facts, allowed=True)
    with pytest.raises(RemoteCodeError, match="anything that you can do") as caught:
        check_remote_code(located, facts, allowed=False)
    assert "trust_remote_code = true" in caught.value.remedy
    assert 'source = "org/Odd"' in caught.value.remedy
