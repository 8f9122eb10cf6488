"""Tokens and templates from every file that may hold them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aicockpit.models.fim_tokens import FIM_TOKENS, fim_tokens
from aicockpit.models.tokenizer_files import chat_template, fim_candidates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "family",
    [
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>"),
        ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<fim_pad>", "<repo_name>", "<file_sep>"),
        ("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # noqa: RUF001
        ("[PREFIX]", "[SUFFIX]", "[MIDDLE]"),
        ("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"),
        ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),
        ("▁<PRE>", "▁<SUF>", "▁<MID>", "▁<EOT>"),
        ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<filename>"),
        ("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
        ("▁<AIX-SPAN-PRE>", "▁<AIX-SPAN-POST>", "▁<AIX-SPAN-MIDDLE>"),
    ],
    ids=[
        "qwen", "starcoder", "deepseek", "codestral", "seed-coder",
        "codegemma", "codellama", "mellum", "glm", "aixcoder",
    ],
)  # fmt: skip
def test_every_family_is_recognised(family: tuple[str, ...]) -> None:
    assert set(fim_tokens({*family, "<s>", "hello"})) == set(family)


def test_separators_alone_do_not_make_it() -> None:
    assert fim_tokens({"<|repo_name|>", "<|file_sep|>", "<filename>", "[PREFIX]"}) == ()


def test_added_tokens_wherever_they_are_listed(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(
        json.dumps(
            {"added_tokens": [{"content": "A"}], "model": {"vocab": {"[SUFFIX]": 3, "x": 4}}}
        )
    )
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"added_tokens_decoder": {"5": {"content": "B"}}})
    )
    (tmp_path / "added_tokens.json").write_text(json.dumps({"C": 6}))
    (tmp_path / "tekken.json").write_text(
        json.dumps({"special_tokens": [{"rank": 0, "token_str": "D"}]})
    )
    assert fim_candidates(tmp_path) == {"A", "B", "C", "D", "[SUFFIX]"}


def test_a_vocabulary_of_pairs(tmp_path: Path) -> None:
    model = {"type": "Unigram", "vocab": [["▁<PRE>", -1.0], ["x", -2.0]]}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": model}))
    assert fim_candidates(tmp_path) == {"▁<PRE>"}


def test_a_sentencepiece_model(tmp_path: Path) -> None:
    def piece(text: str) -> bytes:
        encoded = text.encode()
        return b"\x0a" + bytes([len(encoded) + 2]) + b"\x0a" + bytes([len(encoded)]) + encoded

    known = FIM_TOKENS[-8:-4]
    content = b"".join(piece(token) for token in (*known, "not▁<PRE>either"))
    (tmp_path / "tokenizer.model").write_bytes(content)
    assert fim_candidates(tmp_path) == set(known)


def test_templates_in_all_forms(tmp_path: Path) -> None:
    assert chat_template(tmp_path) == ""
    named = [{"name": "default", "template": "one"}, {"name": "tool_use", "template": "two"}]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": named}))
    (tmp_path / "chat_template.jinja").write_text("three")
    (tmp_path / "additional_chat_templates").mkdir()
    (tmp_path / "additional_chat_templates" / "rag.jinja").write_text("four")
    assert chat_template(tmp_path).split() == ["three", "four", "one", "two"]


def test_mistrals_own_tokenizer_brings_its_template(tmp_path: Path) -> None:
    (tmp_path / "tekken.json").write_text("{}")
    assert "[TOOL_CALLS]" in chat_template(tmp_path)


def test_damaged_files_say_nothing(tmp_path: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "tekken.json"):
        (tmp_path / name).write_text("[1")
    assert fim_candidates(tmp_path) == set()
