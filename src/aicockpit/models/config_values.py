"""Reads config.json, whose families name the same things differently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aicockpit.errors import BrokenModelError

if TYPE_CHECKING:
    from pathlib import Path

_TEXT_PARTS = ("text_config", "language_config", "llm_config", "thinker_config")
"""Where models with vision or audio keep the configuration of their language model."""

_DELTA_NETWORKS: dict[str, Any] = {
    "head_dim": 256,
    "full_attention_interval": 4,
    "attn_output_gate": True,
    "linear_num_value_heads": 32,
    "linear_num_key_heads": 16,
    "linear_value_head_dim": 128,
    "linear_key_head_dim": 128,
    "linear_conv_kernel_dim": 4,
}
_LEFT_OUT: dict[str, dict[str, Any]] = {
    "gemma3_text": {
        "vocab_size": 262_208,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "max_position_embeddings": 131_072,
    },
    "gemma3n_text": {
        "vocab_size": 262_400,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "max_position_embeddings": 32_768,
    },
    **dict.fromkeys(
        ("qwen3_next", "qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text"),
        _DELTA_NETWORKS,
    ),
}
"""What published configurations of a family leave out because transformers knows it by heart."""

_MOST = 2**40
"""No size in a configuration comes near this; larger ones are damage, and overflow later."""
_MOST_SHOWN = 24


class ModelConfig:
    """One config.json, or what would stand in one."""

    def __init__(self, path: Path, content: object = None) -> None:
        self._path = path
        try:
            content = json.loads(path.read_bytes()) if content is None else content
        except (OSError, ValueError) as error:
            raise self.broken(f"It cannot be read: {error}.") from error
        if not isinstance(content, dict):
            raise self.broken("It is not a JSON object.")
        self.whole: dict[str, Any] = content
        text = _language_part(content)
        self.text: dict[str, Any] = {**_LEFT_OUT.get(str(text.get("model_type")), {}), **text}

    def get(self, *names: str) -> Any:  # noqa: ANN401 - JSON
        """The first of these that is set, in the language model's part or at the top."""
        for part in (self.text, self.whole):
            for name in names:
                if part.get(name) is not None:
                    return part[name]
        return None

    def number(self, *names: str) -> int | None:
        """As `get`, for whole numbers from 0 on.

        Raises:
            BrokenModelError: one of these is a number in quotes, or absurdly large.
        """
        for part in (self.text, self.whole):
            if (value := self.number_in(part, *names)) is not None:
                return value
        return None

    def number_in(self, part: dict[str, Any], *names: str) -> int | None:
        """As `number`, in an object of the configuration.

        Anything else counts as not set: numbers below 0, `false` and words switch things off, and
        lists and objects say it layer by layer.
        """
        for name in names:
            value = part.get(name)
            quoted = isinstance(value, str) and value.strip().isdecimal()
            if quoted or (type(value) is int and value > _MOST):
                told = f"`{name}` is {_shown(value)} instead of a whole number up to {_MOST:,}."
                raise self.broken(told)
            if type(value) is int and value >= 0:
                return value
        return None

    def required(self, *names: str) -> int:
        """As `number`, from 1 on.

        Raises:
            BrokenModelError: none of these is set.
        """
        value = self.number(*names)
        if not value:
            raise self.broken(f"It does not say `{names[0]}`.")
        return value

    def mapping(self, *names: str) -> dict[str, Any]:
        """As `get`, for objects; empty when not set."""
        value = self.get(*names)
        return value if isinstance(value, dict) else {}

    def broken(self, why: str) -> BrokenModelError:
        """The error that says what is wrong with this file."""
        return BrokenModelError(
            f"The model configuration {self._path} cannot be used.",
            why=why,
            remedy="Choose a folder with a Hugging Face language model, or pull the model again.",
        )


def _language_part(content: dict[str, Any]) -> dict[str, Any]:
    for name in _TEXT_PARTS:
        part = content.get(name)
        if isinstance(part, dict):
            return _language_part(part)
    return content


def _shown(value: object) -> str:
    told = json.dumps(value)
    return told if len(told) <= _MOST_SHOWN else f"{told[:_MOST_SHOWN]}…"
