"""Facts about a model on the Hub, read without downloading it.

Only config.json and the headers of the safetensors files are read: a few hundred kilobytes for
models of any size. The library can read headers too, but trusts that a server heeds ranges; where
one does not, this leaves as soon as the header has come.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from huggingface_hub import hf_hub_download, hf_hub_url
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from aicockpit.errors import BrokenModelError
from aicockpit.models.facts import Weights, facts_with_weights
from aicockpit.models.hub import HubModel, look_up
from aicockpit.models.hub_errors import hub_errors
from aicockpit.models.model_files import weight_files
from aicockpit.models.safetensors_file import TensorHeader, header_length, parse_header
from aicockpit.planner.facts import ModelFacts

_CONFIGURATION = ("config.json", "hf_quant_config.json")
_READERS = 8
_TIMEOUT = 10.0
_FIRST = 128 * 1024
"""Bytes that are asked for at first; nearly all headers are shorter."""
_LENGTH_BYTES = 8
_PARTIAL_CONTENT = 206


def read_remote_facts(repo_id: str, revision: str | None = None) -> ModelFacts:
    """The facts about a model on the Hub.

    Raises:
        ModelNotFoundError: no such repository or revision.
        GatedModelError: the Hub wants a token.
        HubUnreachableError: it did not answer, or may not be asked.
        BrokenModelError: config.json is missing, damaged or not a language model's, or there are
            no weights that vLLM loads.
    """
    model = look_up(repo_id, revision)
    sizes = {file.name: file.size for file in model.files}
    with hub_errors(repo_id, revision), TemporaryDirectory(prefix="aicockpit-") as temporary:
        folder = Path(temporary)
        for name in _CONFIGURATION:
            if name in sizes:
                hf_hub_download(repo_id, name, revision=model.commit, local_dir=folder)
        names = weight_files(sizes, folder)
        return facts_with_weights(folder / "config.json", _weights(model, names, sizes))


def _weights(model: HubModel, names: list[str], sizes: dict[str, int]) -> Weights:
    weights = Weights()
    with_header = [name for name in names if name.endswith(".safetensors")]
    weights.pickled = sum(sizes[name] for name in names if name not in with_header)
    with ThreadPoolExecutor(_READERS, thread_name_prefix="headers") as pool:
        for tensors in pool.map(lambda name: _header(model, name), with_header):
            weights.add(tensors)
    return weights


def _header(model: HubModel, name: str) -> list[TensorHeader]:
    url = hf_hub_url(model.repo_id, name, revision=model.commit)
    received = bytearray()
    try:
        while (wanted := _bytes_wanted(received)) > len(received):
            if not _receive(url, received, wanted):
                raise ValueError("the file ends within its header")
        return parse_header(bytes(received[8:wanted]))
    except ValueError as error:
        raise BrokenModelError(
            f"The weights file {name} of {model.repo_id} cannot be read.",
            why=f"{str(error).capitalize()}.",
            remedy="Choose another revision or repository with these weights.",
        ) from error


def _bytes_wanted(received: bytearray) -> int:
    """Length of the file's first part, up to the end of its header."""
    return 8 + header_length(received) if len(received) >= _LENGTH_BYTES else _FIRST


def _receive(url: str, received: bytearray, wanted: int) -> bool:
    """Append the bytes up to `wanted`, less where the file or its header ends; whether any came."""
    start = len(received)
    headers = build_hf_headers(library_name="aicockpit")
    headers["Accept-Encoding"] = "identity"
    headers["Range"] = f"bytes={start}-{wanted - 1}"
    with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT) as response:
        hf_raise_for_status(response)
        if response.status_code != _PARTIAL_CONTENT:
            received.clear()  # the server sends all of it
        for chunk in response.iter_bytes():
            received += chunk
            if len(received) >= _LENGTH_BYTES and len(received) >= _bytes_wanted(received):
                break
    return len(received) > start
