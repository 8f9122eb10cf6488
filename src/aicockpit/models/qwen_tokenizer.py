"""Writes the files of the Qwen2 tokenizer from what a GGUF file says about it.

GGUF carries the vocabulary, the merges and the chat template, but not how text is split before
merging nor which added tokens are special; both are Qwen2's and stand here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    processors,
)
from tokenizers.models import BPE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""Qwen2's own pattern: single digits, contractions, line ends kept together."""

_ORDINARY_TOKEN = 1
_UNUSED_TOKEN = 5
"""GGUF's token types; the rows that pad the embedding matrix are unused."""

_NOT_SPECIAL = frozenset(
    {
        "<tool_call>",
        "</tool_call>",
        "<|fim_prefix|>",
        "<|fim_middle|>",
        "<|fim_suffix|>",
        "<|fim_pad|>",
        "<|repo_name|>",
        "<|file_sep|>",
    }
)
"""Added tokens that Qwen2.5's own tokenizer does not mark special (GGUF marks some of them as
control tokens): they are one token each, but stay in the text that an engine returns."""


@dataclass(frozen=True)
class TokenizerMetadata:
    """What a GGUF file says about its tokenizer."""

    tokens: Sequence[str]
    """Every token by id, in byte-level spelling."""
    types: Sequence[int]
    """GGUF's token type for each of them."""
    merges: Sequence[str]
    """Merges in order of rank: two tokens with a space between."""
    chat_template: str
    context_length: int


def write_tokenizer(folder: Path, metadata: TokenizerMetadata) -> None:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja.

    Raises:
        ValueError: the vocabulary is not laid out as Qwen2's (added tokens behind all others).
    """
    vocabulary = {
        token: index
        for index, (token, kind) in enumerate(zip(metadata.tokens, metadata.types, strict=True))
        if kind == _ORDINARY_TOKEN
    }
    added = [
        (index, token)
        for index, (token, kind) in enumerate(zip(metadata.tokens, metadata.types, strict=True))
        if kind not in (_ORDINARY_TOKEN, _UNUSED_TOKEN)
    ]
    merges: list[tuple[str, str]] = []
    for merge in metadata.merges:
        left, right = merge.split(" ")
        merges.append((left, right))
    tokenizer = Tokenizer(BPE(vocab=vocabulary, merges=merges, fuse_unk=False))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = processors.ByteLevel(
        add_prefix_space=False, trim_offsets=False, use_regex=False
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens(
        [
            AddedToken(token, special=token not in _NOT_SPECIAL, normalized=False)
            for _, token in added
        ]
    )
    for index, token in added:
        if tokenizer.token_to_id(token) != index:
            raise ValueError(f"the token {token} would not keep its id {index}")
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(metadata.chat_template, encoding="utf-8")
    config = _tokenizer_config(added, metadata)
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def _tokenizer_config(
    added: list[tuple[int, str]], metadata: TokenizerMetadata
) -> dict[str, object]:
    end_of_text = metadata.tokens[added[0][0]]
    return {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(index): {
                "content": token,
                "lstrip": False,
                "normalized": False,
                "rstrip": False,
                "single_word": False,
                "special": token not in _NOT_SPECIAL,
            }
            for index, token in added
        },
        "additional_special_tokens": [token for _, token in added[1:] if token not in _NOT_SPECIAL],
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": metadata.context_length,
        "pad_token": end_of_text,
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }
