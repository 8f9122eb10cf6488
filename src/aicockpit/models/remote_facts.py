"""Facts about a model on the Hub, read without downloading it.

Only config.json and the headers of the safetensors files are fetched: a few hundred kilobytes for
models of any size.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from huggingface_hub import HfApi, hf_hub_download

from aicockpit.models.facts import read_config_facts
from aicockpit.models.hub import HubModel, look_up
from aicockpit.models.hub_errors import hub_errors
from aicockpit.planner.facts import TensorBytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aicockpit.planner.facts import ModelFacts

_CONFIGURATION = ("config.json", "hf_quant_config.json")
_READERS = 8
_TIMEOUT = 10.0


def read_remote_facts(repo_id: str, revision: str | None = None) -> ModelFacts:
    """The facts about a model on the Hub.

    Raises:
        ModelNotFoundError: no such repository or revision.
        GatedModelError: the Hub wants a token.
        HubUnreachableError: it did not answer, or may not be asked.
        BrokenModelError: config.json is missing, damaged or not a language model's.
    """
    model = look_up(repo_id, revision)
    names = {file.name for file in model.files}
    with hub_errors(repo_id, revision), TemporaryDirectory(prefix="aicockpit-") as folder:
        for name in _CONFIGURATION:
            if name in names:
                hf_hub_download(repo_id, name, revision=model.commit, local_dir=folder)
        facts = read_config_facts(Path(folder) / "config.json")
        tensors = _tensors(model, _safetensors(names))
    return replace(facts, tensors=tensors, weights_exact=True) if tensors else facts


def _safetensors(names: Iterable[str]) -> list[str]:
    """The model's own weights; other layouts of the same ones lie in subfolders."""
    found = sorted(name for name in names if name.endswith(".safetensors") and "/" not in name)
    shards = [name for name in found if "-of-" in name]
    return shards or found


def _tensors(model: HubModel, files: list[str]) -> tuple[TensorBytes, ...]:
    api = HfApi(library_name="aicockpit")

    def read(name: str) -> list[tuple[str, int, int]]:
        header = api.parse_safetensors_file_metadata(
            model.repo_id, name, revision=model.commit, timeout=_TIMEOUT
        )
        return [
            (tensor.dtype, tensor.parameter_count, tensor.data_offsets[1] - tensor.data_offsets[0])
            for tensor in header.tensors.values()
        ]

    parameters: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    with ThreadPoolExecutor(_READERS, thread_name_prefix="headers") as pool:
        for tensors in pool.map(read, files):
            for dtype, count, size in tensors:
                parameters[dtype] += count
                sizes[dtype] += size
    groups = [TensorBytes(dtype, parameters[dtype], size) for dtype, size in sizes.items()]
    return tuple(sorted(groups, key=lambda group: -group.size))
