"""Reads config.json, whose families name the same things differently."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aicockpit.errors import BrokenModelError

if TYPE_CHECKING:
    from pathlib import Path

_TEXT_PARTS = ("text_config", "language_config", "llm_config", "thinker_config")
"""Where models with vision or audio keep the configuration of their language model."""

_LEFT_OUT: dict[str, dict[str, Any]] = {
    "gemma3_text": {
        "vocab_size": 262_208,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "max_position_embeddings": 131_072,
        "tie_word_embeddings": True,
    },
    "gemma3n_text": {
        "vocab_size": 262_400,
        "num_attention_heads": 8,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "max_position_embeddings": 32_768,
        "tie_word_embeddings": True,
    },
}
"""What published configurations of a family leave out because transformers knows it by heart."""


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
        """As `get`, for whole numbers from 0 on; anything else counts as not set."""
        for part in (self.text, self.whole):
            for name in names:
                value = part.get(name)
                if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
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
