"""Which files of a model an engine needs, and whether a folder has them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from aicockpit.errors import BrokenModelError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

SAFETENSORS_INDEX = "model.safetensors.index.json"
BIN_INDEX = "pytorch_model.bin.index.json"

_SMALL_FILES = re.compile(
    r"""
    [^/]+\.(jinja|tiktoken)                     # templates, tiktoken vocabularies
    | (tokenizer|spiece|sentencepiece[^/]*)\.model[^/]*
    | (merges|vocab)\.txt
    | additional_chat_templates/[^/]+\.jinja
    | (modules|sentence_bert_config|config_sentence_transformers)\.json
    | \d+_[A-Za-z]+/config\.json                # pooling of embedding models
    | [^/]+\.json
    """,
    re.VERBOSE,
)
_UNUSED_JSON = re.compile(
    r"(.*_results|trainer_state|training_.*|.*\.(msgpack|h5|onnx)\.index)\.json"
)
_SHARD = re.compile(r"(?P<series>.*)-\d+-of-(?P<count>\d+\.(safetensors|bin))")
_TOKENIZER = re.compile(r"tokenizer\.json|tekken\.json|vocab\.(json|txt)|.*\.(tiktoken|model)")


def small_files(names: Collection[str], *, code: bool) -> list[str]:
    """Configuration, tokenizer and template files; Python files too when `code` is allowed.

    config.json comes first: it tells the most and costs the least.
    """
    index = BIN_INDEX if not _safetensors(names) else SAFETENSORS_INDEX
    chosen = [
        name
        for name in names
        if (_SMALL_FILES.fullmatch(name) and not _UNUSED_JSON.fullmatch(name))
        or (code and name.endswith(".py"))
    ]
    unused = {SAFETENSORS_INDEX, BIN_INDEX} - {index}
    return sorted(set(chosen) - unused, key=lambda name: (name != "config.json", name))


def weight_files(names: Collection[str], folder: Path) -> list[str]:
    """The weights among a repository's files, each once: safetensors, else PyTorch's own.

    Args:
        names: every file of the repository.
        folder: where the small files already are; the index is read from it.

    Raises:
        BrokenModelError: there are no weights that an engine can load.
    """
    indexed = _indexed(folder, SAFETENSORS_INDEX)
    if indexed and indexed <= set(names):
        return sorted(indexed)
    found = _safetensors(names)
    if "model.safetensors" in found:
        return ["model.safetensors"]
    if found:
        return found
    indexed = _indexed(folder, BIN_INDEX)
    if indexed and indexed <= set(names):
        return sorted(indexed)
    found = sorted(name for name in names if re.fullmatch(r"pytorch_model[^/]*\.bin", name))
    if found:
        return ["pytorch_model.bin"] if "pytorch_model.bin" in found else found
    raise BrokenModelError(
        "The repository has no weights that vLLM can load.",
        why="It holds GGUF files only, which vLLM does not load by itself."
        if any(name.endswith(".gguf") for name in names)
        else "It holds neither safetensors nor pytorch_model.bin files.",
        remedy="Choose the repository with the original weights; its name is usually the same "
        "without GGUF, MLX or ONNX in it.",
    )


def what_is_missing(folder: Path, *, tokenizer: bool = True) -> str | None:
    """What keeps a folder from being a whole model, in words; None when it is whole.

    It looks at names only: a file that a pull has not finished does not have its name yet.

    Args:
        folder: with a config.json and weights.
        tokenizer: whether it must have one, too.
    """
    if not (folder / "config.json").is_file():
        return "config.json"
    names = {path.name for path in folder.iterdir() if path.is_file()}
    for index in (SAFETENSORS_INDEX, BIN_INDEX):
        indexed = _indexed(folder, index)
        if indexed and (absent := sorted(name for name in indexed if name not in names)):
            return f"{absent[0]}" + (f" and {len(absent) - 1} more" if len(absent) > 1 else "")
    weights = _safetensors(names) or [name for name in names if name.endswith(".bin")]
    if not weights:
        return "the weights (*.safetensors)"
    for name in weights:
        shard = _SHARD.fullmatch(name)
        if shard and len(_series(shard, weights)) < int(shard["count"].partition(".")[0]):
            return f"a file of the series that {name} belongs to"
    if tokenizer and not any(_TOKENIZER.fullmatch(name) for name in names):
        return "the tokenizer"
    return None


def model_weights(folder: Path) -> list[Path]:
    """The weight files that an engine loads from a folder."""
    names = [path.name for path in folder.iterdir() if path.is_file()]
    return [folder / name for name in weight_files(names, folder)]


def _safetensors(names: Collection[str]) -> list[str]:
    """Safetensors at the top; Mistral's second copy only when it is the only one."""
    found = sorted(
        name
        for name in names
        if name.endswith(".safetensors") and "/" not in name and not name.startswith("adapter")
    )
    return [name for name in found if not name.startswith("consolidated")] or found


def _series(shard: re.Match[str], names: Collection[str]) -> list[str]:
    """The files that belong to the same set of shards."""
    matches = [match for name in names if (match := _SHARD.fullmatch(name))]
    return [
        match[0]
        for match in matches
        if (match["series"], match["count"]) == (shard["series"], shard["count"])
    ]


def _indexed(folder: Path, index: str) -> set[str]:
    try:
        mapping = json.loads((folder / index).read_bytes())["weight_map"]
        return {str(name) for name in mapping.values()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return set()
