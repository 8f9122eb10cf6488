"""The choice among a repository's files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from aicockpit.errors import BrokenModelError
from aicockpit.models.model_files import small_files, weight_files, what_is_missing

if TYPE_CHECKING:
    from pathlib import Path

REPOSITORY = (
    ".gitattributes", "LICENSE", "README.md", "config.json", "generation_config.json",
    "merges.txt", "vocab.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model.v3",
    "tekken.json", "params.json", "chat_template.jinja", "preprocessor_config.json",
    "additional_chat_templates/tool.jinja", "1_Pooling/config.json", "trainer_state.json",
    "eval_results.json", "configuration_x.py", "kernels/fast.py", "model.safetensors",
    "consolidated.safetensors", "pytorch_model.bin", "pytorch_model.bin.index.json",
    "tf_model.h5", "model.gguf", "onnx/model.onnx", "onnx/config.json", "original/params.json",
    "figures/a.png", "training_args.bin", "adapter_model.safetensors",
)  # fmt: skip

NEEDED = {
    "config.json", "generation_config.json", "merges.txt", "vocab.json", "tokenizer.json",
    "tokenizer_config.json", "tokenizer.model.v3", "tekken.json", "params.json",
    "chat_template.jinja", "preprocessor_config.json", "additional_chat_templates/tool.jinja",
    "1_Pooling/config.json",
}  # fmt: skip


def test_small_files_without_and_with_code() -> None:
    chosen = small_files(REPOSITORY, code=False)
    assert set(chosen) == NEEDED
    assert chosen[0] == "config.json"
    with_code = small_files(REPOSITORY, code=True)
    assert set(with_code) - set(chosen) == {"configuration_x.py", "kernels/fast.py"}


def test_weights_are_taken_once(tmp_path: Path) -> None:
    assert weight_files(REPOSITORY, tmp_path) == ["model.safetensors"]
    only_mistral = ["config.json", "consolidated.safetensors"]
    assert weight_files(only_mistral, tmp_path) == ["consolidated.safetensors"]
    without = [name for name in REPOSITORY if not name.endswith(".safetensors")]
    assert weight_files(without, tmp_path) == ["pytorch_model.bin"]


def test_an_adapter_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(BrokenModelError, match="neither safetensors nor"):
        weight_files(["adapter_config.json", "adapter_model.safetensors"], tmp_path)


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).touch()


def test_what_a_folder_lacks(tmp_path: Path) -> None:
    assert what_is_missing(tmp_path / "absent") == "config.json"
    assert what_is_missing(tmp_path) == "config.json"
    fill(tmp_path, "config.json")
    assert what_is_missing(tmp_path) == "the weights (*.safetensors)"
    fill(tmp_path, "model.safetensors")
    assert what_is_missing(tmp_path) == "the tokenizer"
    fill(tmp_path, "tokenizer.json")
    assert what_is_missing(tmp_path) is None


def test_shards_must_be_whole(tmp_path: Path) -> None:
    first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    fill(tmp_path, "config.json", "tokenizer.json", first)
    assert what_is_missing(tmp_path) == f"a file of the series that {first} belongs to"
    index = {"weight_map": {"a": first, "b": second}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    assert what_is_missing(tmp_path) == second
    fill(tmp_path, second)
    assert what_is_missing(tmp_path) is None


def test_links_into_nothing_are_not_files(tmp_path: Path) -> None:
    fill(tmp_path, "config.json", "tokenizer.json")
    (tmp_path / "model.safetensors").symlink_to(tmp_path / "gone")
    assert what_is_missing(tmp_path) == "the weights (*.safetensors)"
