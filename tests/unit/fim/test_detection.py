from __future__ import annotations

import pytest

from aicockpit.fim import FAMILIES, detect_family, family_named, special_tokens_of_all_families
from aicockpit.models.fim_tokens import FIM_TOKENS

QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|file_sep|>")
STAR = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<filename>", "<reponame>")
GLM = ("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_familys_own_tokens_and_name_find_it(name: str):
    family = FAMILIES[name]
    assert detect_family(family.stops, f"org/{family.names[0]}-7b") == family


@pytest.mark.parametrize(
    ("tokens", "name", "expected"),
    [
        (QWEN, "my-finetune", "qwen"),
        (QWEN, "deepseek-r1-distill-qwen-7b", "qwen"),
        (QWEN, "granite-4.0-h-tiny", "granite"),
        (QWEN[:3], "granite-4.0-h-tiny", "granite"),
        (QWEN[:3], "phi-4", None),
        ((*QWEN[:3], "<|file_separator|>"), "my-finetune", "codegemma"),
        (STAR, "JetBrains/Mellum-4b-base", "mellum"),
        (STAR, "my-finetune", "starcoder"),
        ((*STAR[:3], "<file_sep>", "<repo_name>"), "my-finetune", "starcoder2"),
        (STAR[:3], "stable-code-3b", "starcoder"),
        (GLM, "glm-4.5-air", "glm"),
        (GLM, "codegeex4-all-9b", "codegeex4"),
        (("[PREFIX]", "[SUFFIX]"), "my-finetune", "codestral"),
        (("<s>", "</s>"), "starcoder2-3b", None),
        ((), "bigcode/starcoder2-3b", None),
        (None, "bigcode/starcoder2-3b", "starcoder2"),
        (None, "llama-3-8b", None),
    ],
)
def test_tokens_come_first_and_the_name_second(
    tokens: tuple[str, ...] | None, name: str, expected: str | None
):
    family = detect_family(tokens, name)
    assert (family.name if family else None) == expected


def test_the_tokens_that_models_report_are_enough():
    for family in FAMILIES.values():
        assert set(family.marks) <= set(FIM_TOKENS)


def test_families_by_name():
    assert family_named("qwen") is FAMILIES["qwen"]
    assert family_named("off") is None


def test_all_special_tokens():
    assert {"<|fim_pad|>", "▁<MID>", "[MIDDLE]"} <= special_tokens_of_all_families()
