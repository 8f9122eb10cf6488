"""A small GGUF file becomes a folder that says and holds the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors import deserialize
from tokenizers import Tokenizer

from aicockpit.errors import BrokenModelError
from aicockpit.models import read_facts
from aicockpit.models.conversion_process import convert_in_child
from aicockpit.models.gguf_conversion import convert_gguf, to_bfloat16
from tests.support import tiny_gguf
from tests.support.recorded_progress import RecordedStep

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    source = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    tiny_gguf.write_tiny_gguf(source)
    convert_gguf(source, folder, RecordedStep("", None))
    return folder


def floats(bits: NDArray[np.uint16]) -> NDArray[np.float32]:
    return (bits.astype(np.uint32) << 16).view(np.float32)


def test_rounding_is_to_nearest_and_ties_to_even() -> None:
    values = np.array(
        [
            1.0,
            1.0 + 2**-8,  # half-way between 1 and 1 + 2**-7: the even one is 1
            1.0 + 3 * 2**-8,  # half-way: the even one is 1 + 2**-6
            1.0 + 2**-8 + 2**-20,  # just above half-way
            -0.0,
            np.inf,
            -1.0 - 3 * 2**-8,
        ],
        dtype=np.float32,
    )
    expected = [1.0, 1.0, 1.0 + 2**-6, 1.0 + 2**-7, -0.0, np.inf, -1.0 - 2**-6]
    assert floats(to_bfloat16(values)).tolist() == expected


def test_random_values_are_off_by_half_a_step_at_most() -> None:
    values = np.random.default_rng(1).standard_normal(10_000).astype(np.float32)
    error = np.abs(floats(to_bfloat16(values)) - values)
    assert (error <= np.abs(values) * 2.0**-8).all()


def test_every_tensor_is_there_under_its_new_name(converted: Path, tmp_path: Path) -> None:
    source = tiny_gguf.write_tiny_gguf(tmp_path / "again.gguf")
    whole = (converted / "model.safetensors").read_bytes()
    content = dict(deserialize(whole))  # type: ignore[no-untyped-call]
    assert len(content) == len(source)
    for old, new in {
        "token_embd.weight": "model.embed_tokens.weight",
        "output.weight": "lm_head.weight",
        "output_norm.weight": "model.norm.weight",
        "blk.1.attn_k.bias": "model.layers.1.self_attn.k_proj.bias",
        "blk.0.attn_output.weight": "model.layers.0.self_attn.o_proj.weight",
        "blk.1.ffn_down.weight": "model.layers.1.mlp.down_proj.weight",
        "blk.0.ffn_norm.weight": "model.layers.0.post_attention_layernorm.weight",
    }.items():
        entry = content[new]
        assert entry["dtype"] == "BF16"
        assert tuple(entry["shape"]) == source[old].shape
        values = floats(np.frombuffer(entry["data"], dtype="<u2")).reshape(source[old].shape)
        assert np.allclose(values, source[old], atol=0.03)


def test_the_configuration_says_what_the_file_said(converted: Path) -> None:
    facts = read_facts(converted)
    assert facts.architecture == "Qwen2ForCausalLM"
    assert (facts.layers, facts.hidden_size, facts.intermediate_size) == (2, 64, 96)
    assert (facts.attention_heads, facts.kv_heads, facts.head_size) == (4, 2, 16)
    assert (facts.context_length, facts.dtype) == (512, "bfloat16")
    assert not facts.tied_embeddings
    assert facts.chat_template
    generation = json.loads((converted / "generation_config.json").read_bytes())
    config = json.loads((converted / "config.json").read_bytes())
    assert generation["eos_token_id"] == [config["eos_token_id"], config["bos_token_id"]]
    assert "repetition_penalty" not in generation
    assert config["rms_norm_eps"] == 1e-6


def test_the_tokenizer_keeps_ids_and_knows_what_is_special(converted: Path) -> None:
    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))
    first = tokenizer.token_to_id("<|endoftext|>")
    assert first is not None
    assert [tokenizer.token_to_id(token) for token in tiny_gguf.ADDED] == list(
        range(first, first + len(tiny_gguf.ADDED))
    )
    assert tokenizer.get_vocab_size() == first + len(tiny_gguf.ADDED)
    ids = tokenizer.encode("def  x<|im_end|><|fim_prefix|>").ids
    assert tokenizer.id_to_token(ids[0]) == "def"
    assert ids[-2:] == [first + 2, first + 4]
    # FIM tokens are not special in Qwen2.5's own tokenizer: they stay in the text.
    assert tokenizer.decode(ids, skip_special_tokens=True) == "def  x<|fim_prefix|>"


def test_text_is_normalised_before_it_is_split(converted: Path) -> None:
    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))
    assert tokenizer.encode("e\u0301").ids == tokenizer.encode("é").ids
    assert len(tokenizer.encode("é").ids) == 1


def test_the_template_is_copied(converted: Path) -> None:
    template = (converted / "chat_template.jinja").read_text()
    assert template == tiny_gguf.TEMPLATE


def test_the_child_does_the_same_and_reports(converted: Path, tmp_path: Path) -> None:
    tiny_gguf.write_tiny_gguf(tmp_path / "tiny.gguf")
    folder = tmp_path / "model"
    folder.mkdir()
    step = RecordedStep("", None)

    convert_in_child(tmp_path / "tiny.gguf", folder, step)

    for path in converted.iterdir():
        assert (folder / path.name).read_bytes() == path.read_bytes()
    assert step.completed[-1] == step.total


def test_other_models_are_refused_by_the_child_too(tmp_path: Path) -> None:
    tiny_gguf.write_tiny_gguf(tmp_path / "llama.gguf", architecture="llama")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF and nothing more")
    with pytest.raises(BrokenModelError, match="architecture is llama"):
        convert_in_child(tmp_path / "llama.gguf", tmp_path, RecordedStep("", None))
    with pytest.raises(BrokenModelError, match="cannot be converted"):
        convert_gguf(tmp_path / "broken.gguf", tmp_path, RecordedStep("", None))


def test_the_child_passes_the_systems_errors_on(tmp_path: Path) -> None:
    tiny_gguf.write_tiny_gguf(tmp_path / "tiny.gguf")
    with pytest.raises(FileNotFoundError):
        convert_in_child(tmp_path / "tiny.gguf", tmp_path / "absent", RecordedStep("", None))
