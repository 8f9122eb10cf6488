"""Tokenizers that take strangers' text for text, however the model's own file would."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from tokenizers.processors import TemplateProcessing

from aicockpit.errors import BrokenModelError
from aicockpit.fim import FAMILIES, FimBudget, FimRequest, detect_family, render
from aicockpit.models.tokenizer import TokenizerEncoder, load_encoder
from tests.support.tiny_tokenizer import write_byte_level, write_sentencepiece

QWEN = FAMILIES["qwen"].stops
LLAMA = FAMILIES["codellama"].stops
SOURCE = Path(__file__).parents[3] / "src" / "aicockpit"


@pytest.fixture(scope="module")
def byte_level(tmp_path_factory: pytest.TempPathFactory) -> TokenizerEncoder:
    return load_encoder(write_byte_level(tmp_path_factory.mktemp("byte-level"), QWEN))


@pytest.fixture(scope="module")
def sentencepiece(tmp_path_factory: pytest.TempPathFactory) -> TokenizerEncoder:
    return load_encoder(write_sentencepiece(tmp_path_factory.mktemp("sentencepiece"), LLAMA))


def test_tokens_that_are_not_marked_special_stay_text_too(
    byte_level: TokenizerEncoder, tmp_path: Path
):
    text = "a<|fim_prefix|>b<|endoftext|>"
    plain = Tokenizer.from_file(str(write_byte_level(tmp_path, QWEN) / "tokenizer.json"))
    plain.encode_special_tokens = True
    prefix = byte_level.special("<|fim_prefix|>")
    assert prefix in plain.encode(text).ids  # what the library alone would do
    assert prefix not in byte_level.encode(text)
    assert byte_level.decode(byte_level.encode(text)) == text


def test_tokens_that_merges_make_stay_text_too(sentencepiece: TokenizerEncoder):
    text = "x</s> <PRE>y <PRE>▁<PRE></s></s> <EOT>"
    ids = sentencepiece.encode(text)
    special = {sentencepiece.special(token) for token in ("</s>", "<s>", *LLAMA)}
    assert special.isdisjoint(ids)
    assert sentencepiece.decode(ids) == text
    assert sentencepiece.special("▁<PRE>") is not None


def test_text_is_encoded_as_it_is(byte_level: TokenizerEncoder, sentencepiece: TokenizerEncoder):
    for encoder in (byte_level, sentencepiece):
        for text in ("", " ", "a", " a", "▁a ▁", "e\u0301 é", "日本🙂\r\n\t"):
            assert encoder.decode(encoder.encode(text)) == text


def test_a_space_in_front_is_reported_and_not_added(
    byte_level: TokenizerEncoder, sentencepiece: TokenizerEncoder
):
    assert (byte_level.lead, sentencepiece.lead) == ("", " ")
    assert sentencepiece.encode(" def") == sentencepiece.encode("x def")[1:]
    assert sentencepiece.encode("def") == sentencepiece.encode("xdef")[1:]


def test_the_begin_of_sequence(tmp_path: Path, sentencepiece: TokenizerEncoder):
    assert sentencepiece.head == (sentencepiece.special("<s>"),)  # by its class's habit
    assert load_encoder(write_byte_level(tmp_path / "none", QWEN)).head == ()
    with_begin = load_encoder(write_byte_level(tmp_path / "begin", QWEN, begin="<bos>"))
    assert with_begin.head == (with_begin.special("<bos>"),)
    folder = write_sentencepiece(tmp_path / "off", LLAMA)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps({**config, "add_bos_token": False}))
    assert load_encoder(folder).head == ()


def test_a_token_behind_a_sequence_is_not_put_in_front(tmp_path: Path):
    path = write_byte_level(tmp_path, QWEN, begin="<bos>") / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(path))
    end = tokenizer.token_to_id("<bos>")
    tokenizer.post_processor = TemplateProcessing(
        single="$A <bos>", special_tokens=[("<bos>", end)]
    )
    tokenizer.save(str(path))
    assert load_encoder(tmp_path).head == ()


def test_ordinary_words_among_the_added_tokens_stay_words(tmp_path: Path):
    encoder = load_encoder(write_byte_level(tmp_path, (*QWEN, "<table>", "\n\n\n")))
    assert encoder.special("<table>") is None
    assert len(encoder.encode("<table>")) == 1
    assert len(encoder.encode("\n\n\n")) == 1


def test_the_family_is_found_from_its_special_tokens(
    byte_level: TokenizerEncoder, sentencepiece: TokenizerEncoder
):
    assert detect_family(byte_level.special_tokens, "model") is FAMILIES["qwen"]
    assert detect_family(sentencepiece.special_tokens, "model") is FAMILIES["codellama"]


def test_several_threads_get_the_same(byte_level: TokenizerEncoder):
    texts = [path.read_text()[:3000] for path in sorted(SOURCE.glob("models/*.py"))]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: byte_level.encode_many(texts), range(8)))
    assert all(result == results[0] for result in results)
    assert [byte_level.decode(ids) for ids in results[0]] == texts


def test_the_cache_forgets(byte_level: TokenizerEncoder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("aicockpit.models.tokenizer._CACHED_CHARACTERS", 100)
    for number in range(50):
        text = f"{number} " * 10
        assert byte_level.decode(byte_level.encode(text)) == text
    assert byte_level._cached <= 100


def test_a_folder_without_a_tokenizer(tmp_path: Path):
    with pytest.raises(BrokenModelError, match="has no tokenizer"):
        load_encoder(tmp_path)


def test_a_broken_tokenizer(tmp_path: Path):
    (tmp_path / "tokenizer.json").write_text('{"model": 1}')
    with pytest.raises(BrokenModelError, match="cannot be read as a tokenizer"):
        load_encoder(tmp_path)
    (tmp_path / "tokenizer.json").write_text("[")
    with pytest.raises(BrokenModelError, match="cannot be read as a tokenizer"):
        load_encoder(tmp_path)


def test_rendering_4000_tokens_takes_at_most_5_milliseconds(byte_level: TokenizerEncoder):
    """Text that was never seen; the processor time of the best of several, because others use the
    machine too."""
    text = "".join(path.read_text() for path in sorted(SOURCE.glob("engines/*.py")))
    budget = FimBudget(window=10**6, new_tokens=64)
    seconds = []
    for start in range(0, 90_000, 9_000):
        part = text[start : start + 9_000]
        request = FimRequest(part[:7_000], part[7_000:])
        began = time.thread_time()
        prompt = render(request, FAMILIES["qwen"], byte_level, budget, allow_dropping=False)
        seconds.append((time.thread_time() - began) * 4000 / len(prompt.token_ids))
        assert len(prompt.token_ids) > 3000
    assert min(seconds) <= 0.005
