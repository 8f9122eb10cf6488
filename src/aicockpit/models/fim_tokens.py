"""Fill-in-the-middle tokens, as the tokenizers of the families that were trained for it spell them.

Listed are the tokens that a prompt is made of; which of them belong together is the business of
whoever renders prompts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

FIM_TOKENS = (
    # Qwen2.5-Coder, Qwen3-Coder, Granite 4; CodeGemma has the first three and its own separator.
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|file_separator|>",
    # StarCoder 1 and 2, StableCode, Granite 3, Mellum.
    "<fim_prefix>",
    "<fim_suffix>",
    "<fim_middle>",
    "<fim_pad>",
    "<repo_name>",
    "<reponame>",
    "<file_sep>",
    "<filename>",
    # SantaCoder and models made from it.
    "<fim-prefix>",
    "<fim-suffix>",
    "<fim-middle>",
    "<fim-pad>",
    # DeepSeek-Coder V1 and V2.
    "<｜fim▁begin｜>",  # noqa: RUF001 - the family's own spelling
    "<｜fim▁hole｜>",  # noqa: RUF001
    "<｜fim▁end｜>",  # noqa: RUF001
    # Codestral.
    "[PREFIX]",
    "[SUFFIX]",
    "[MIDDLE]",
    # Seed-Coder.
    "<[fim-prefix]>",
    "<[fim-suffix]>",
    "<[fim-middle]>",
    # CodeLlama; its vocabulary has the sentencepiece mark for a space in front.
    "▁<PRE>",
    "▁<SUF>",
    "▁<MID>",
    "▁<EOT>",
    # GLM code models.
    "<|code_prefix|>",
    "<|code_suffix|>",
    "<|code_middle|>",
    # aiXcoder.
    "▁<AIX-SPAN-PRE>",
    "▁<AIX-SPAN-POST>",
    "▁<AIX-SPAN-MIDDLE>",
)
"""In the order in which they are reported."""

_MIDDLE = frozenset(
    {
        "<|fim_middle|>",
        "<fim_middle>",
        "<fim-middle>",
        "<｜fim▁hole｜>",  # noqa: RUF001
        "[SUFFIX]",
        "<[fim-middle]>",
        "▁<MID>",
        "<|code_middle|>",
        "▁<AIX-SPAN-MIDDLE>",
    }
)
"""One token of each family that no model without the ability has."""


def fim_tokens(tokens: Collection[str]) -> tuple[str, ...]:
    """Those of a tokenizer's tokens that fill-in-the-middle prompts use; none if it cannot.

    File separators alone do not make a model one that fills in the middle.
    """
    known = set(tokens)
    if not known & _MIDDLE:
        return ()
    return tuple(token for token in FIM_TOKENS if token in known)
