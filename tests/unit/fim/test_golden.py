"""Whole prompts of every family; tests/golden/fim says where each layout is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from aicockpit.fim import FAMILIES, ContextFile, FimBudget, FimRequest, render
from tests.unit.fim.conftest import BEGIN, SENTENCEPIECE, Encoders

GOLDEN = Path(__file__).parents[2] / "golden" / "fim"
PREFIX = "def add(a, b):\n    "
SUFFIX = "\n    return c\n"
ALONE = FimRequest(PREFIX, SUFFIX)
CROSS = FimRequest(
    PREFIX,
    SUFFIX,
    path="src/calc.py",
    repo="tools",
    context=(ContextFile("src/ops.py", "OPS = 1\n"), ContextFile("README.md", "Calc\n")),
)
BUDGET = FimBudget(window=4096, new_tokens=64)


def golden(name: str) -> dict[str, str]:
    return cast(dict[str, str], json.loads((GOLDEN / f"{name}.json").read_text()))


def test_every_family_has_a_golden_file_that_names_its_source():
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(FAMILIES)
    assert all(len(golden(name)["source"]) > 20 for name in FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_text_is_exact(name: str, encoders: Encoders):
    for kind, request in (("file", ALONE), ("cross_file", CROSS)):
        prompt = render(request, FAMILIES[name], encoders[name], BUDGET, allow_dropping=False)
        assert prompt.text == golden(name)[kind]
        assert not prompt.dropped


@pytest.mark.parametrize("name", FAMILIES)
def test_the_ids_decode_to_the_text_behind_the_begin_of_sequence(name: str, encoders: Encoders):
    encoder = encoders[name]
    begin = "<s>" if name in SENTENCEPIECE else BEGIN.get(name)
    assert encoder.head == (() if begin is None else (encoder.special(begin),))
    for request in (ALONE, CROSS):
        prompt = render(request, FAMILIES[name], encoder, BUDGET, allow_dropping=False)
        assert prompt.token_ids[: len(encoder.head)] == encoder.head
        body = encoder.decode(prompt.token_ids[len(encoder.head) :])
        assert body.replace("▁<", " <") == prompt.text.replace("▁<", " <")


def test_ids_of_a_single_file(encoders: Encoders):
    encoder = encoders["qwen"]
    prompt = render(ALONE, FAMILIES["qwen"], encoder, BUDGET, allow_dropping=False)
    assert prompt.token_ids == (
        encoder.special("<|fim_prefix|>"),
        *encoder.encode(PREFIX),
        encoder.special("<|fim_suffix|>"),
        *encoder.encode(SUFFIX),
        encoder.special("<|fim_middle|>"),
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_every_special_token_of_the_family_stops(name: str, encoders: Encoders):
    family, encoder = FAMILIES[name], encoders[name]
    prompt = render(ALONE, family, encoder, BUDGET, allow_dropping=False)
    assert set(prompt.stop_token_ids) == {encoder.special(token) for token in family.stops}
    assert list(prompt.stop_token_ids) == sorted(set(prompt.stop_token_ids))


def test_order_is_read_from_the_template():
    suffix_first = {name for name, family in FAMILIES.items() if family.order == "spm"}
    assert suffix_first == {"mellum", "codestral", "seed-coder", "codegeex4", "aixcoder"}
