"""Reads from config.json how large layers with a recurrent state are.

The state's size, its number format and how many states a request holds are as in vLLM 0.32
(`mamba_utils.py` and `mamba_mixer2.py` in `model_executor/layers/mamba`, and
`model_executor/models/config.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicockpit.planner.weights import DTYPE_BYTES

if TYPE_CHECKING:
    from aicockpit.models.config_values import ModelConfig

_OWN_STATE_FORMAT = frozenset({"qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text"})
"""Families whose `mamba_ssm_dtype` vLLM heeds; the others' states are in the model's format."""

_STATES_OF_DELTA_NETWORKS = 2
_STATES_OF_MAMBA = 3
"""States that a request holds while prefixes are cached: the one that it works on, the one of the
last full block and, for Mamba-2, one that a long prompt leaves at a block's boundary."""


@dataclass(frozen=True)
class StateSizes:
    """One layer that is a gated delta network or Mamba-2."""

    channels: int
    """Numbers per token that pass the convolution."""
    kernel: int
    """Tokens that the convolution looks at."""
    inner: int
    """Numbers per token that the layer's output has before it is projected back."""
    steering: int
    """Numbers per token that steer the state: two per head, or one for Mamba-2."""
    state: int
    """Numbers in a request's state, without the convolution's tail."""
    held: int
    """States that a request holds at a time."""

    def state_bytes(self, config: ModelConfig, dtype: str) -> int:
        """Bytes of one state with its convolution's tail.

        Args:
            config: the model's.
            dtype: the model's number format.
        """
        width = DTYPE_BYTES.get(dtype, 2)
        own = config.get("mamba_ssm_dtype") if _family(config) in _OWN_STATE_FORMAT else None
        tail = self.channels * (self.kernel - 1)
        return tail * width + self.state * DTYPE_BYTES.get(str(own or dtype), 2)


def read_state_sizes(config: ModelConfig) -> StateSizes | None:
    """The sizes of each layer that has a state; None when config.json does not say."""
    if (heads := config.number("linear_num_value_heads")) is not None:
        return _delta_network(config, heads)
    if heads := config.number("mamba_n_heads", "mamba_num_heads"):
        return _mamba(config, heads)
    return None


def _delta_network(config: ModelConfig, heads: int) -> StateSizes:
    key_heads = config.number("linear_num_key_heads") or heads
    key_size = config.number("linear_key_head_dim") or 128
    inner = heads * (config.number("linear_value_head_dim") or 128)
    return StateSizes(
        channels=2 * key_heads * key_size + inner,
        kernel=config.number("linear_conv_kernel_dim") or 4,
        inner=inner,
        steering=2 * heads,
        state=inner * key_size,
        held=_STATES_OF_DELTA_NETWORKS,
    )


def _mamba(config: ModelConfig, heads: int) -> StateSizes:
    expanded = (config.number("mamba_expand") or 2) * config.required("hidden_size", "d_model")
    inner = heads * (config.number("mamba_d_head", "mamba_head_dim") or expanded // heads)
    states = config.number("mamba_d_state", "ssm_state_size") or 128
    groups = config.number("mamba_n_groups", "n_groups") or 1
    return StateSizes(
        channels=inner + 2 * groups * states,
        kernel=config.number("mamba_d_conv", "conv_kernel") or 4,
        inner=inner,
        steering=heads,
        state=inner * states,
        held=_STATES_OF_MAMBA,
    )


def _family(config: ModelConfig) -> str:
    return str(config.text.get("model_type") or "")
