"""Reads from config.json what each layer of a model caches."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aicockpit.models.state_layers import read_state_sizes
from aicockpit.planner.facts import CacheKind, CacheLayers

if TYPE_CHECKING:
    from aicockpit.models.config_values import ModelConfig
    from aicockpit.models.state_layers import StateSizes

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
_SIGNS_OF_STATES = (
    "linear_num_value_heads",
    "mamba_n_heads",
    "mamba_num_heads",
    "mamba_d_state",
    "mamba_d_conv",
    "ssm_state_size",
    "attn_layer_period",
    "hybrid_override_pattern",
)
"""What only models say that have layers with a state."""


def read_cache_layers(
    config: ModelConfig, *, layers: int, kv_heads: int, head_size: int, dtype: str
) -> tuple[CacheLayers, ...]:
    """The layers by what they cache; empty when the configuration uses something unknown."""
    latent = config.number("kv_lora_rank")
    if latent:
        size = latent + (config.number("qk_rope_head_dim") or 0)
        return (CacheLayers("latent", layers, 1, size, 0),)
    kinds = layer_kinds(config, layers)
    sizes = read_state_sizes(config)
    if kinds is None or (kinds["state"] and sizes is None):
        return ()
    return tuple(
        _state_layers(config, sizes, count, dtype)
        if kind == "state" and sizes is not None
        else CacheLayers(kind, count, kv_heads, head_size, head_size, _window(config, kind))
        for kind, count in kinds.items()
    )


def layer_kinds(config: ModelConfig, layers: int) -> Counter[CacheKind] | None:
    """Layers per kind; None when there is one that is not known."""
    named = config.get("layer_types", "layers_block_type")
    if isinstance(named, list) and named:
        known = [_KINDS.get(str(name)) for name in named]
        return Counter(kind for kind in known if kind) if all(known) else None
    if step := config.number("full_attention_interval"):
        return Counter({"state": layers - layers // step, "full": layers // step})
    if config.get(*_SIGNS_OF_STATES) is not None:
        return None
    return _attention_kinds(config, layers)


def _attention_kinds(config: ModelConfig, layers: int) -> Counter[CacheKind]:
    """As `layer_kinds`, for a model all of whose layers are attention."""
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


def _state_layers(config: ModelConfig, sizes: StateSizes, count: int, dtype: str) -> CacheLayers:
    return CacheLayers(
        "state", count, state_bytes=sizes.state_bytes(config, dtype), states=sizes.held
    )
