"""Prompts with the starter's own tokenizer: the ids that its makers' library would give."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from aicockpit.fim import FAMILIES, FimBudget, FimRequest, detect_family, render
from aicockpit.models import LocatedModel, read_facts
from aicockpit.models.tokenizer import TokenizerEncoder, load_encoder
from tests.unit.fim.test_golden import ALONE, CROSS

ROOT = Path(__file__).parents[2]
BUDGET = FimBudget(window=32768, new_tokens=64)
QWEN = FAMILIES["qwen"]


@pytest.fixture(scope="module")
def encoder(starter: LocatedModel) -> TokenizerEncoder:
    return load_encoder(starter.path)


@pytest.fixture(scope="module")
def original(starter: LocatedModel) -> Tokenizer:
    return Tokenizer.from_file(str(starter.path / "tokenizer.json"))


def test_its_family(starter: LocatedModel, encoder: TokenizerEncoder):
    assert detect_family(encoder.special_tokens, "") is QWEN
    assert detect_family(read_facts(starter.path).fim_tokens, "") is QWEN
    assert encoder.head == ()


def test_golden_ids(encoder: TokenizerEncoder):
    golden: dict[str, Any] = json.loads((ROOT / "tests/golden/fim/qwen.json").read_text())
    for kind, request in (("file", ALONE), ("cross_file", CROSS)):
        prompt = render(request, QWEN, encoder, BUDGET, allow_dropping=False)
        assert list(prompt.token_ids) == golden[f"{kind}_ids"]
    assert set(prompt.stop_token_ids) == {*range(151643, 151646), *range(151659, 151665)}


def test_pieces_give_the_same_tokens_as_the_whole_text(
    encoder: TokenizerEncoder, original: Tokenizer
):
    """Our own sources, cut at many places, against the tokenizer on the whole raw prompt."""
    added = [token.content for token in original.get_added_tokens_decoder().values()]
    checked = 0
    for path in sorted((ROOT / "src/aicockpit").rglob("*.py")):
        text = path.read_text()
        if any(token in text for token in added):
            continue  # there the raw prompt has special tokens where ours has text
        for share in (0.3, 0.71):
            cursor = int(len(text) * share)
            request = FimRequest(text[:cursor], text[cursor:])
            raw = f"<|fim_prefix|>{request.prefix}<|fim_suffix|>{request.suffix}<|fim_middle|>"
            prompt = render(request, QWEN, encoder, BUDGET, allow_dropping=False)
            assert list(prompt.token_ids) == original.encode(raw).ids, path
            checked += 1
    assert checked > 100


def test_4000_tokens_take_at_most_5_milliseconds(
    encoder: TokenizerEncoder, capsys: pytest.CaptureFixture[str]
):
    """Of processor time, because others use the machine too."""
    text = "".join(path.read_text() for path in sorted((ROOT / "src").rglob("*.py")))
    fresh: list[float] = []
    typing: list[float] = []
    for start in range(0, 16 * 16_000, 16_000):
        part = text[start : start + 16_000]
        for times, typed in ((fresh, ""), (typing, "x = ")):
            request = FimRequest(part[:12_000] + typed, part[12_000:])
            began = time.thread_time()
            prompt = render(request, QWEN, encoder, BUDGET, allow_dropping=False)
            times.append((time.thread_time() - began) * 1000 * 4000 / len(prompt.token_ids))
    with capsys.disabled():
        print(
            f"\nrendering 4,000 tokens: never seen {min(fresh):.2f} ms at best, "
            f"{sorted(fresh)[8]:.2f} ms in the middle; while typing {sorted(typing)[8]:.2f} ms"
        )
    assert min(fresh) <= 5
    assert sorted(typing)[8] <= 2
