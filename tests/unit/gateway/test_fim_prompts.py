"""Tokenizers are loaded once, and nothing slow happens on the event loop."""

from __future__ import annotations

import threading
from pathlib import Path

import anyio
import pytest

from aicockpit.config import ModelSettings
from aicockpit.errors import FimUnsupportedError
from aicockpit.fim import FAMILIES, Encoder, FimRequest
from aicockpit.gateway.directory import FimSource
from aicockpit.gateway.fim_prompts import FimPrompts, fim_family
from aicockpit.gateway.fim_shapes import FimCall
from aicockpit.models import LocatedModel
from aicockpit.models.fim_tokens import fim_tokens
from aicockpit.models.tokenizer import load_encoder
from aicockpit.planner import ModelFacts
from tests.support.byte_tokenizer import QWEN, save_byte_tokenizer

CALL = FimCall(FimRequest("a", "b"), new_tokens=4, allow_dropping=False, stream=False)
TOKENS = fim_tokens(QWEN)


@pytest.mark.anyio
async def test_a_tokenizer_is_loaded_once_and_in_a_thread(tmp_path: Path):
    save_byte_tokenizer(tmp_path)
    loaded_in: list[threading.Thread] = []

    def load(folder: Path) -> Encoder:
        loaded_in.append(threading.current_thread())
        return load_encoder(folder)

    prompts = FimPrompts(load)
    source = FimSource(FAMILIES["qwen"], tmp_path, 100)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(prompts.render, source, CALL)
    assert len(loaded_in) == 1
    assert loaded_in[0] is not threading.main_thread()


@pytest.mark.anyio
async def test_a_model_without_a_tokenizer_file(tmp_path: Path):
    source = FimSource(FAMILIES["qwen"], tmp_path, 100)
    with pytest.raises(FimUnsupportedError, match=r"no tokenizer\.json"):
        await FimPrompts().render(source, CALL)


@pytest.mark.anyio
async def test_a_family_whose_tokens_are_missing(tmp_path: Path):
    save_byte_tokenizer(tmp_path)
    source = FimSource(FAMILIES["deepseek"], tmp_path, 100)
    with pytest.raises(FimUnsupportedError, match="as deepseek"):
        await FimPrompts().render(source, CALL)


def family_of(fim: object, tokens: tuple[str, ...] = TOKENS) -> str | None:
    settings = ModelSettings.model_validate({"source": "x", "fim": fim})
    facts = ModelFacts("A", "a", 1, 1, 1, 1, 1, 1, 1, 1, "bfloat16", fim_tokens=tokens)
    located = LocatedModel(Path("/models/x"), "x", "folder", None, "some-model")
    family = fim_family(settings, facts, located)
    return family.name if family else None


def test_the_configuration_has_the_first_word_on_the_family():
    assert family_of("auto") == "qwen"
    assert family_of("auto", ()) is None
    assert family_of("off") is None
    assert family_of("deepseek") == "deepseek"
    assert family_of({"template": "<P>{prefix}<S>{suffix}<M>"}) is not None
