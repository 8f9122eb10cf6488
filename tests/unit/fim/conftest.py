"""A real tokenizer for each family, small and built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from aicockpit.fim import FAMILIES, FimFamily
from aicockpit.models.tokenizer import TokenizerEncoder, load_encoder
from tests.support.tiny_tokenizer import write_byte_level, write_sentencepiece

SENTENCEPIECE = ("codellama", "codestral", "aixcoder")
GPT2 = ("starcoder", "starcoder2", "santacoder", "mellum")
BEGIN = {"deepseek": "<｜begin▁of▁sentence｜>", "codegemma": "<bos>"}  # noqa: RUF001

Encoders = dict[str, TokenizerEncoder]


def _write(folder: Path, family: FimFamily) -> Path:
    if family.name in SENTENCEPIECE:
        return write_sentencepiece(folder, family.stops)
    begin = BEGIN.get(family.name)
    return write_byte_level(folder, family.stops, begin=begin, gpt2=family.name in GPT2)


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Encoders:
    root = tmp_path_factory.mktemp("tokenizers")
    return {name: load_encoder(_write(root / name, family)) for name, family in FAMILIES.items()}
