"""Models some of whose layers keep a state instead of keys and values."""

from __future__ import annotations

from typing import Any

import pytest

from aicockpit.models.facts import config_facts
from aicockpit.planner.engine_memory import RELEASES
from aicockpit.planner.exactness import exactness, exactness_note
from aicockpit.planner.kv_cache import cache_layout

QWEN3_NEXT: dict[str, Any] = {
    "architectures": ["Qwen3NextForCausalLM"],
    "model_type": "qwen3_next",
    "hidden_size": 2048,
    "intermediate_size": 5120,
    "moe_intermediate_size": 512,
    "shared_expert_intermediate_size": 512,
    "num_hidden_layers": 48,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "head_dim": 256,
    "vocab_size": 151936,
    "max_position_embeddings": 262144,
    "num_experts": 512,
    "num_experts_per_tok": 10,
    "decoder_sparse_step": 1,
    "full_attention_interval": 4,
    "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 32,
    "tie_word_embeddings": False,
    "torch_dtype": "bfloat16",
}
GRANITE: dict[str, Any] = {
    "architectures": ["GraniteMoeHybridForCausalLM"],
    "model_type": "granitemoehybrid",
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "shared_intermediate_size": 8192,
    "num_local_experts": 0,
    "num_experts_per_tok": 0,
    "num_hidden_layers": 40,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 100352,
    "max_position_embeddings": 131072,
    "layer_types": [*["mamba"] * 36, *["attention"] * 4],
    "mamba_n_heads": 64,
    "mamba_d_head": 64,
    "mamba_d_state": 128,
    "mamba_n_groups": 1,
    "mamba_d_conv": 4,
    "mamba_expand": 2,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
}
WRITTEN_OUT = [*["linear_attention"] * 3, "full_attention"] * 12


def without(config: dict[str, Any], *starts: str) -> dict[str, Any]:
    return {name: value for name, value in config.items() if not name.startswith(starts)}


def test_every_fourth_layer_attends_unless_the_layers_are_written_out() -> None:
    written = config_facts({**QWEN3_NEXT, "layer_types": WRITTEN_OUT})
    assert config_facts(QWEN3_NEXT) == written
    # transformers knows the rest of the published values by heart.
    assert config_facts(without(QWEN3_NEXT, "full_", "linear_", "head_dim")) == written
    assert {part.kind: part.layers for part in written.cache_layers} == {"state": 36, "full": 12}
    other = config_facts({**QWEN3_NEXT, "full_attention_interval": 8})
    assert {part.kind: part.layers for part in other.cache_layers} == {"state": 42, "full": 6}


@pytest.mark.parametrize(
    "config",
    [
        without(GRANITE, "layer_types"),
        without(GRANITE, "mamba_n_heads"),
        {**without(QWEN3_NEXT, "full_attention"), "model_type": "qwen_of_tomorrow"},
    ],
)
def test_layers_that_cannot_be_told_get_an_upper_bound(config: dict[str, Any]) -> None:
    facts = config_facts(config)
    assert facts.cache_layers == ()
    assert exactness(facts, measured=True) == "upper bound"


def test_a_delta_network_keeps_two_states_in_the_models_format() -> None:
    state, full = config_facts(QWEN3_NEXT).cache_layers
    tail, matrix = (2 * 16 * 128 + 32 * 128) * 3, 32 * 128 * 128
    assert (state.state_bytes, state.states) == ((tail + matrix) * 2, 2)
    layout = cache_layout((state, full), element_bytes=2)
    assert layout.block_size == 544  # as vLLM's log has it for this model
    # Three groups of 12 layers with two states each, and one with the tokens.
    assert layout.blocks_per_request(5440, 2048) == 3 * 2 + 10
    half = cache_layout((state, full), element_bytes=2, pipeline_parallel=2)
    assert half.blocks_per_request(5440, 2048) == 3 * 2 + 10


@pytest.mark.parametrize(
    ("family", "said", "width"),
    [
        ("qwen3_5_text", "float32", 4),
        ("qwen3_5_moe_text", "bfloat16", 2),
        ("qwen3_5_text", None, 2),
        ("qwen3_next", "float32", 2),
    ],
)
def test_some_families_say_their_states_format(family: str, said: object, width: int) -> None:
    facts = config_facts({**QWEN3_NEXT, "model_type": family, "mamba_ssm_dtype": said})
    assert facts.cache_layers[0].state_bytes == 8192 * 3 * 2 + 32 * 128 * 128 * width


def test_mamba_keeps_three_states() -> None:
    facts = config_facts(GRANITE)
    state, full = facts.cache_layers
    assert (state.state_bytes, state.states) == (((4096 + 256) * 3 + 64 * 64 * 128) * 2, 3)
    layout = cache_layout(facts.cache, element_bytes=2)
    assert layout.blocks_per_request(layout.block_size, 2048) == 9 * 3 + 1
    assert config_facts({**GRANITE, "mamba_d_head": "auto"}).cache_layers == (state, full)


def test_layers_with_a_state_are_counted_by_their_own_matrices() -> None:
    hidden = 2048
    mamba = hidden * (4096 + 4352 + 64) + 4096 * hidden + 4352 * 4
    attention = hidden * (2 * 32 * 64 + 2 * 8 * 64)
    rest = 40 * (3 * hidden * 8192 + 2 * hidden) + 100352 * hidden
    assert config_facts(GRANITE).parameters == 36 * mamba + 4 * attention + rest
    # The published sizes of Granite 4.0 H Micro and of Qwen3 Next without its guessing layer.
    assert config_facts(GRANITE).parameters == pytest.approx(3.19e9, rel=0.001)
    assert config_facts(QWEN3_NEXT).parameters == pytest.approx(79.67e9, rel=0.001)


def test_a_feed_forward_part_shared_by_all_tokens_without_experts() -> None:
    facts = config_facts({**GRANITE, "intermediate_size": 512})
    assert facts.parameters == config_facts(GRANITE).parameters


def test_the_note_claims_no_accuracy_that_was_not_measured() -> None:
    release = RELEASES["0.32"]
    told = exactness_note(config_facts(GRANITE), release, "inferred")
    assert "1 %" not in told
    assert "recurrent state was not measured" in told
    plain = {**without(GRANITE, "mamba", "layer_types"), "architectures": ["LlamaForCausalLM"]}
    assert "mostly within 1 %" in exactness_note(config_facts(plain), release, "inferred")
