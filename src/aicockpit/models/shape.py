"""Reads the sizes of a model's parts from config.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aicockpit.models.cache_layers import layer_kinds
from aicockpit.models.state_layers import read_state_sizes
from aicockpit.planner.shape import (
    ExpertLayers,
    LatentAttention,
    LayerShape,
    RecurrentLayers,
    VisionTower,
)

if TYPE_CHECKING:
    from aicockpit.models.config_values import ModelConfig

_PLAIN_FEED_FORWARD = frozenset(
    {"phi", "gpt2", "gpt_bigcode", "starcoder2", "falcon", "opt", "gpt_neox", "mpt"}
)
"""Families whose feed-forward part has two matrices instead of three."""

_EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
_EXPERTS_PER_TOKEN = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "experts_per_token",
    "moe_topk",
    "moe_k",
)


def read_shape(
    config: ModelConfig, *, layers: int, hidden_size: int, heads: int, kv_heads: int, tied: bool
) -> LayerShape | None:
    """The sizes of the layers' parts; None when config.json does not say enough."""
    inner = config.number(*_feed_forward(config))
    vocabulary = config.number("vocab_size", "padded_vocab_size")
    if vocabulary is None:
        return None
    model_type = str(config.text.get("model_type") or "")
    return LayerShape(
        layers=layers,
        hidden_size=hidden_size,
        vocabulary_size=vocabulary,
        attention_heads=heads,
        kv_heads=kv_heads,
        head_size=config.number("head_dim", "attention_head_dim", "kv_channels", "head_size")
        or max(1, hidden_size // heads),
        feed_forward_size=inner or 4 * hidden_size,
        gated=model_type not in _PLAIN_FEED_FORWARD,
        tied_embeddings=tied,
        experts=_experts(config, layers, inner or 4 * hidden_size),
        latent=_latent(config),
        recurrent=_recurrent(config, layers),
        gated_attention=config.get("attn_output_gate") is True,
        vision=_vision(config),
    )


def _feed_forward(config: ModelConfig) -> tuple[str, ...]:
    names = ("intermediate_size_mlp", "intermediate_size", "n_inner", "ffn_hidden_size")
    # Without experts, what all tokens would share is the whole feed-forward part.
    return names if config.number(*_EXPERTS) else ("shared_intermediate_size", *names)


def _recurrent(config: ModelConfig, layers: int) -> RecurrentLayers | None:
    kinds = layer_kinds(config, layers)
    sizes = read_state_sizes(config)
    if kinds is None or not kinds["state"] or sizes is None:
        return None
    return RecurrentLayers(
        kinds["state"], sizes.channels, sizes.kernel, sizes.inner, sizes.steering
    )


def _experts(config: ModelConfig, layers: int, inner: int) -> ExpertLayers | None:
    experts = config.number(*_EXPERTS)
    if not experts:
        return None
    size = config.number("moe_intermediate_size", "expert_hidden_dim", "intermediate_size")
    size = size or inner
    step = config.number("interleave_moe_layer_step", "decoder_sparse_step", "moe_layer_freq") or 1
    dense = config.number("first_k_dense_replace") or 0
    shared = config.number("shared_expert_intermediate_size", "shared_intermediate_size")
    if shared is None:
        shared = size * (config.number("n_shared_experts", "num_shared_experts") or 0)
    return ExpertLayers(
        layers=max(0, layers - dense) // step,
        experts=experts,
        per_token=config.number(*_EXPERTS_PER_TOKEN) or 1,
        size=size,
        shared_size=shared,
    )


def _latent(config: ModelConfig) -> LatentAttention | None:
    rank = config.number("kv_lora_rank")
    if not rank:
        return None
    return LatentAttention(
        query_rank=config.number("q_lora_rank"),
        kv_rank=rank,
        rope_size=config.number("qk_rope_head_dim") or 0,
        plain_size=config.number("qk_nope_head_dim") or 128,
        value_size=config.number("v_head_dim") or 128,
    )


def _vision(config: ModelConfig) -> VisionTower | None:
    vision = config.whole.get("vision_config")
    if not isinstance(vision, dict):
        return None
    layers = config.number_in(vision, "num_hidden_layers", "depth", "layers")
    hidden = config.number_in(vision, "hidden_size", "embed_dim", "width")
    if not layers or not hidden:
        return None
    image = config.number_in(vision, "image_size") or 896
    patch = config.number_in(vision, "patch_size") or 14
    merge = (
        config.number_in(config.whole, "spatial_merge_size")
        or config.number_in(vision, "spatial_merge_size")
        or 1
    )
    tokens = config.number_in(config.whole, "mm_tokens_per_image") or (image // patch // merge) ** 2
    return VisionTower(
        layers=layers,
        hidden_size=hidden,
        intermediate_size=config.number_in(vision, "intermediate_size") or 4 * hidden,
        image_size=image,
        patch_size=patch,
        tokens_per_image=tokens,
    )
