"""Facts from the Hub without the weights, through the real library."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import constants

from aicockpit.errors import (
    BrokenModelError,
    GatedModelError,
    HubUnreachableError,
    ModelNotFoundError,
)
from aicockpit.models import read_facts
from aicockpit.models.remote_facts import read_remote_facts
from tests.support.local_hub import HubRepository, LocalHub, safetensors_bytes, tiny_model_files

if TYPE_CHECKING:
    from pathlib import Path

NAME = "org/Tiny-1B"
MB = 1_000_000


def add(hub: LocalHub, **changes: bytes | None) -> HubRepository:
    files = tiny_model_files(weights=8 * MB)
    for name, content in changes.items():
        if content is None:
            del files[name]
        else:
            files[name] = content
    hub.repositories[NAME] = HubRepository(files)
    return hub.repositories[NAME]


def test_only_the_configuration_and_the_headers_are_read(hub: LocalHub):
    add(hub)
    facts = read_remote_facts(NAME)
    assert facts.weight_bytes == 8 * MB
    assert facts.weights_exact
    assert hub.served < 300_000
    asked = {request.path.rpartition("/")[2] for request in hub.requests if request.range}
    assert asked == {"model.safetensors"}
    files = {r.path.rpartition("/")[2] for r in hub.requests if "/resolve/" in r.path}
    assert files == {"config.json", "model.safetensors"}


def test_they_are_those_of_the_downloaded_model(hub: LocalHub, tmp_path: Path):
    repository = add(hub)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes(repository.files[name])
    assert read_remote_facts(NAME) == read_facts(tmp_path)


def test_all_shards_count_and_other_layouts_do_not(hub: LocalHub):
    shard = safetensors_bytes("BF16", (1000,))
    add(
        hub,
        **{
            "model.safetensors": None,
            "model-00001-of-00002.safetensors": shard,
            "model-00002-of-00002.safetensors": shard,
            "consolidated.safetensors": shard,
            "onnx/model.safetensors": shard,
        },
    )
    assert read_remote_facts(NAME).weight_bytes == 4000


def test_a_header_longer_than_the_first_answer(hub: LocalHub):
    entries = {
        f"layer.{at}.weight": {"dtype": "F16", "shape": [2], "data_offsets": [4 * at, 4 * at + 4]}
        for at in range(5000)
    }
    header = json.dumps(entries).encode()
    file = struct.pack("<Q", len(header)) + header + bytes(20_000)
    add(hub, **{"model.safetensors": file})
    assert len(header) > 128 * 1024
    facts = read_remote_facts(NAME)
    assert (facts.weight_bytes, facts.parameters) == (20_000, 10_000)
    assert len(hub.downloads("model.safetensors")) == 2


def test_a_server_that_ignores_ranges_is_left_in_time(hub: LocalHub):
    add(hub).ignores_range = True
    assert read_remote_facts(NAME).weight_bytes == 8 * MB


def test_pickled_weights_count_by_their_size(hub: LocalHub):
    add(hub, **{"model.safetensors": None, "pytorch_model.bin": bytes(50_000)})
    assert read_remote_facts(NAME).weight_bytes == 50_000


@pytest.mark.parametrize(
    "changes",
    [
        {"config.json": None},
        {"config.json": b"{"},
        {"model.safetensors": None, "pytorch_model.bin": None},
        {"model.safetensors": b"not such a file, by far"},
        {"model.safetensors": struct.pack("<Q", 500) + b"{}"},
        {"model.safetensors": struct.pack("<Q", 8) + b'{"a": 1}'},
    ],
)
def test_a_repository_that_is_no_model(hub: LocalHub, changes: dict[str, bytes | None]):
    add(hub, **changes)
    with pytest.raises(BrokenModelError):
        read_remote_facts(NAME)


def test_a_gated_model_wants_a_token(hub: LocalHub, monkeypatch: pytest.MonkeyPatch):
    repository = add(hub)
    repository.gated, repository.licensed_tokens = True, ("hf_licensed",)
    with pytest.raises(GatedModelError, match="HF_TOKEN"):
        read_remote_facts(NAME)
    monkeypatch.setenv("HF_TOKEN", "hf_licensed")
    assert read_remote_facts(NAME).weight_bytes == 8 * MB


def test_a_model_that_is_missing(hub: LocalHub):
    with pytest.raises(ModelNotFoundError):
        read_remote_facts("org/None")
    add(hub)
    with pytest.raises(ModelNotFoundError):
        read_remote_facts(NAME, "no-such-branch")


def test_no_hub(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(HubUnreachableError):
        read_remote_facts(NAME)  # nothing listens at the address that tests have
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubUnreachableError, match="HF_HUB_OFFLINE"):
        read_remote_facts(NAME)
