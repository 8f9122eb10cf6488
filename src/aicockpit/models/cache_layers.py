"""Reads from config.json what each layer of a model caches."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aicockpit.planner.facts import CacheKind, CacheLayers

if TYPE_CHECKING:
    from aicockpit.models.config_values import ModelConfig

_KINDS: dict[str, CacheKind] = {
    "full_attention": "full",
    "attention": "full",
    "sliding_attention": "sliding",
    "chunked_attention": "chunked",
    "linear_attention": "state",
    "mamba": "state",
    "mamba2": "state",
}
"""What `layer_types` calls a layer."""

_EVERY_OTHER = frozenset({"gemma2"})
"""Families whose layers slide and see all in turn, which older configurations do not say."""
_PATTERNS = {"gemma3": 6, "gemma3_text": 6, "cohere2": 4}
"""Families where one layer in so many sees all, unless the configuration says how many."""
_FLOAT_BYTES = {"float32": 4}


def read_cache_layers(
    config: ModelConfig, *, layers: int, kv_heads: int, head_size: int, dtype: str
) -> tuple[CacheLayers, ...]:
    """The layers by what they cache; empty when the configuration uses something unknown."""
    latent = config.number("kv_lora_rank")
    if latent:
        size = latent + (config.number("qk_rope_head_dim") or 0)
        return (CacheLayers("latent", layers, 1, size, 0),)
    kinds = _kinds(config, layers)
    if kinds is None:
        return ()
    return tuple(
        _state_layers(config, count, dtype)
        if kind == "state"
        else CacheLayers(kind, count, kv_heads, head_size, head_size, _window(config, kind))
        for kind, count in kinds.items()
    )


def _kinds(config: ModelConfig, layers: int) -> Counter[CacheKind] | None:
    """Layers per kind; None when there is one that is not known."""
    named = config.get("layer_types", "layers_block_type")
    if isinstance(named, list) and named:
        known = [_KINDS.get(str(name)) for name in named]
        return Counter(kind for kind in known if kind) if all(known) else None
    model_type = str(config.text.get("model_type") or "")
    if config.number("attention_chunk_size") and (step := config.number("no_rope_layer_interval")):
        return Counter({"chunked": layers - layers // step, "full": layers // step})
    if not config.number("sliding_window", "sliding_window_size"):
        return Counter({"full": layers})
    if config.get("use_sliding_window") is False:
        return Counter({"full": layers})
    if model_type in _EVERY_OTHER:
        return Counter({"sliding": (layers + 1) // 2, "full": layers // 2})
    step = config.number("sliding_window_pattern") or _PATTERNS.get(model_type)
    if step:
        return Counter({"sliding": layers - layers // step, "full": layers // step})
    return Counter({"sliding": layers})


def _window(config: ModelConfig, kind: CacheKind) -> int | None:
    if kind == "sliding":
        return config.number("sliding_window", "sliding_window_size")
    return config.number("attention_chunk_size") if kind == "chunked" else None


def _state_layers(config: ModelConfig, count: int, dtype: str) -> CacheLayers:
    """Layers of gated delta networks or Mamba-2: a convolution's tail and a state matrix."""
    width = _FLOAT_BYTES.get(dtype, 2)
    value_heads = config.number("linear_num_value_heads")
    if value_heads is not None:
        key_heads = config.number("linear_num_key_heads") or value_heads
        key_size = config.number("linear_key_head_dim") or 128
        value_size = config.number("linear_value_head_dim") or 128
        channels = 2 * key_heads * key_size + value_heads * value_size
        tail = channels * ((config.number("linear_conv_kernel_dim") or 4) - 1)
        state = value_heads * key_size * value_size
        return CacheLayers("state", count, state_bytes=(tail * width) + state * 4)
    heads = config.number("mamba_n_heads", "mamba_num_heads") or 1
    size = config.number("mamba_d_head", "mamba_head_dim") or 64
    states = config.number("mamba_d_state", "ssm_state_size") or 128
    groups = config.number("mamba_n_groups", "n_groups") or 1
    channels = heads * size + 2 * groups * states
    tail = channels * ((config.number("mamba_d_conv", "conv_kernel") or 4) - 1)
    return CacheLayers("state", count, state_bytes=(tail + heads * size * states) * width)
