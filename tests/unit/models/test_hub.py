"""Pulls from a local Hub through the real library."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Self

import pytest
from huggingface_hub import constants, scan_cache_dir

from aicockpit.errors import (
    BrokenModelError,
    DiskSpaceError,
    GatedModelError,
    HubUnreachableError,
    IntegrityError,
    ModelError,
    ModelNotFoundError,
    RemoteCodeError,
)
from aicockpit.models import ModelStore, disk, read_facts, resumable
from aicockpit.progress import SilentProgress
from tests.support.local_hub import HubRepository, LocalHub, safetensors_bytes, tiny_model_files
from tests.support.recorded_progress import RecordedProgress, RecordedStep

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.paths import DataFolder

WEIGHTS = "model.safetensors"
QUIET = SilentProgress()


def add(hub: LocalHub, *, weights: int = 200_000, **config: object) -> HubRepository:
    repository = HubRepository(tiny_model_files(weights=weights, **config))
    hub.repositories["org/Tiny-1B"] = repository
    return repository


def test_a_pull_takes_what_an_engine_needs_and_nothing_else(
    hub: LocalHub, data: DataFolder
) -> None:
    repository = add(hub)
    progress = RecordedProgress()

    located = ModelStore(data).fetch("org/Tiny-1B", progress=progress)

    assert (located.origin, located.name) == ("hub", "tiny-1b")
    assert located.revision == repository.commit
    assert {path.name for path in located.path.iterdir()} == {
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        WEIGHTS,
    }
    for path in located.path.iterdir():
        assert path.read_bytes() == repository.files[path.name]
    assert read_facts(located.path).tensors[0].dtype == "BF16"


def test_one_bar_counts_all_files(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    progress = RecordedProgress()

    located = ModelStore(data).fetch("org/Tiny-1B", progress=progress)

    step = progress.named("Downloading")
    names = [path.name for path in located.path.iterdir()]
    assert step.total == sum(len(repository.files[name]) for name in names)
    assert step.completed[-1] == step.total
    assert step.completed == sorted(step.completed)
    assert step.finished


def test_the_second_fetch_asks_nobody(hub: LocalHub, data: DataFolder) -> None:
    add(hub)
    store = ModelStore(data)
    first = store.fetch("org/Tiny-1B", progress=QUIET)
    hub.requests.clear()

    again = store.fetch("org/Tiny-1B", progress=QUIET)

    assert (again.path, again.revision) == (first.path, first.revision)
    assert again.origin == "cache"
    assert hub.requests == []


def test_the_pulled_commit_stays_until_it_is_pulled_again(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    store = ModelStore(data)
    old = store.fetch("org/Tiny-1B", progress=QUIET)
    repository.commit = "f" * 40
    # Another tool has asked for the branch since, and the cache's reference has moved on.
    reference = old.path.parent.parent / "refs" / "main"
    reference.write_text(repository.commit)

    located = store.locate("org/Tiny-1B")
    assert located is not None
    assert located.revision == old.revision

    new = store.fetch("org/Tiny-1B", progress=QUIET, refresh=True)
    assert new.revision == "f" * 40
    assert store.locate("org/Tiny-1B", "f" * 40) is not None
    assert len(hub.downloads(WEIGHTS)) == 1  # the same content is not fetched twice


def test_a_revision_is_asked_for_and_recorded(hub: LocalHub, data: DataFolder) -> None:
    add(hub)
    store = ModelStore(data)
    store.fetch("org/Tiny-1B", revision="v1", progress=QUIET)
    assert store.locate("org/Tiny-1B", "v1") is not None
    with pytest.raises(ModelNotFoundError, match="no revision v2"):
        store.fetch("org/Tiny-1B", revision="v2", progress=QUIET)


def test_a_cut_within_one_run_is_resumed(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    repository.cut_after[WEIGHTS] = 70_000

    located = ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)

    assert [request.range for request in hub.downloads(WEIGHTS)] == [None, "bytes=70000-"]
    assert (located.path / WEIGHTS).read_bytes() == repository.files[WEIGHTS]


def test_an_interrupted_run_is_resumed_by_the_next(
    hub: LocalHub, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = add(hub)
    store = ModelStore(data)
    repository.cut_after[WEIGHTS] = 70_000
    monkeypatch.setattr(resumable, "RETRY_PAUSES", ())
    with pytest.raises(HubUnreachableError, match="is kept"):
        store.fetch("org/Tiny-1B", progress=QUIET)
    assert store.locate("org/Tiny-1B") is None
    assert store.listing() == []

    progress = RecordedProgress()
    located = store.fetch("org/Tiny-1B", progress=progress)

    assert [request.range for request in hub.downloads(WEIGHTS)] == [None, "bytes=70000-"]
    assert len(hub.downloads("config.json")) == 1
    assert (located.path / WEIGHTS).read_bytes() == repository.files[WEIGHTS]
    step = progress.named("Downloading")
    assert step.completed[-1] == step.total
    assert scan_cache_dir(constants.HF_HUB_CACHE).incomplete_files == frozenset()


def test_a_server_without_ranges_begins_anew(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    repository.cut_after[WEIGHTS] = 70_000
    repository.ignores_range = True
    progress = RecordedProgress()

    located = ModelStore(data).fetch("org/Tiny-1B", progress=progress)

    assert (located.path / WEIGHTS).read_bytes() == repository.files[WEIGHTS]
    step = progress.named("Downloading")
    assert step.completed[-1] == step.total


def test_other_bytes_than_listed_are_refused(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    repository.corrupt.add(WEIGHTS)
    store = ModelStore(data)
    with pytest.raises(IntegrityError, match=r"model\.safetensors from org/Tiny-1B"):
        store.fetch("org/Tiny-1B", progress=QUIET)
    assert store.locate("org/Tiny-1B") is None

    repository.corrupt.clear()
    store.fetch("org/Tiny-1B", progress=QUIET)
    assert hub.downloads(WEIGHTS)[-1].range is None


def test_a_full_disk_loses_nothing(
    hub: LocalHub, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = add(hub, weights=6_000_000)
    store = ModelStore(data)
    with monkeypatch.context() as patch:
        patch.setattr(resumable, "open_partial", lambda path: FullDisk(path, room=2_500_000))
        with pytest.raises(DiskSpaceError, match="run the same command again") as caught:
            store.fetch("org/Tiny-1B", progress=QUIET)
    assert os.strerror(errno.ENOSPC) in caught.value.why

    located = store.fetch("org/Tiny-1B", progress=QUIET)

    assert hub.downloads(WEIGHTS)[-1].range == "bytes=2500000-"
    assert (located.path / WEIGHTS).read_bytes() == repository.files[WEIGHTS]


class FullDisk:
    """A file on a disk with so much room; as the system does, it takes what still fits."""

    def __init__(self, path: Path, room: int) -> None:
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self._room = room

    def write(self, chunk: memoryview) -> int:
        if not self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = self._file.write(chunk[: self._room])
        self._room -= written
        return written

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def test_too_little_room_is_told_before_the_weights(
    hub: LocalHub, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(hub)
    monkeypatch.setattr(disk, "RESERVE", 2**60)
    with pytest.raises(DiskSpaceError, match="does not fit on the disk"):
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)
    assert hub.downloads(WEIGHTS) == []


def test_a_gated_model_without_a_token(hub: LocalHub, data: DataFolder) -> None:
    add(hub).gated = True
    with pytest.raises(GatedModelError) as caught:
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)
    assert "not told who is asking" in caught.value.why
    assert f"{hub.url}/org/Tiny-1B" in caught.value.remedy
    assert "HF_TOKEN" in caught.value.remedy


def test_a_gated_model_with_a_token(
    hub: LocalHub, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = add(hub)
    repository.gated = True
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with pytest.raises(GatedModelError, match="has not accepted its licence") as caught:
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)
    assert "hf_secret" not in str(caught.value)

    repository.licensed_tokens = ("hf_secret",)
    assert ModelStore(data).fetch("org/Tiny-1B", progress=QUIET).origin == "hub"
    assert {request.authorization for request in hub.downloads(WEIGHTS)} == {"Bearer hf_secret"}


def test_a_missing_repository_suggests_near_ones(hub: LocalHub, data: DataFolder) -> None:
    add(hub)
    store = ModelStore(data)
    store.fetch("org/Tiny-1B", progress=QUIET)
    with pytest.raises(ModelNotFoundError, match=r"Did you mean org/Tiny-1B\?"):
        store.fetch("org/Tinny-1b", progress=QUIET)
    with pytest.raises(ModelNotFoundError, match=r"Did you mean Qwen/Qwen2\.5-Coder-7B-Instruct"):
        store.fetch("Qwen/Qwen2.5-Code-7B-Instruct", progress=QUIET)
    with pytest.raises(ModelNotFoundError):
        store.fetch("not an id!", progress=QUIET)


def test_custom_code_is_refused_before_the_weights(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub, auto_map={"AutoModelForCausalLM": "modeling.Tiny"})
    repository.files["modeling.py"] = b"raise SystemExit"
    store = ModelStore(data)
    with pytest.raises(RemoteCodeError, match="trust_remote_code = true"):
        store.fetch("org/Tiny-1B", progress=QUIET)
    assert hub.downloads(WEIGHTS) == []
    assert hub.downloads("modeling.py") == []

    located = store.fetch("org/Tiny-1B", progress=QUIET, trust_remote_code=True)
    assert (located.path / "modeling.py").is_file()


def test_code_that_another_tool_did_not_fetch_is_fetched(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub, auto_map={"AutoModel": "modeling.Tiny", "AutoConfig": "org/x--conf.C"})
    repository.files["modeling.py"] = b"x = 1"
    store = ModelStore(data)
    located = store.fetch("org/Tiny-1B", progress=QUIET, trust_remote_code=True)
    (located.path / "modeling.py").unlink()
    assert store.fetch("org/Tiny-1B", progress=QUIET).path == located.path
    assert not (located.path / "modeling.py").exists()

    store.fetch("org/Tiny-1B", progress=QUIET, trust_remote_code=True)
    assert (located.path / "modeling.py").exists()
    assert len(hub.downloads(WEIGHTS)) == 1


def test_shards_come_from_the_index(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    del repository.files[WEIGHTS]
    first, second = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
    repository.files[first] = safetensors_bytes("BF16", (5000,))
    repository.files[second] = safetensors_bytes("F32", (5000,), width=4)
    repository.files["consolidated.safetensors"] = safetensors_bytes("BF16", (5000,))
    index = f'{{"weight_map": {{"a": "{first}", "b": "{second}"}}}}'
    repository.files["model.safetensors.index.json"] = index.encode()

    located = ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)

    found = {path.name for path in located.path.glob("*.safetensors")}
    assert found == {first, second}
    assert [group.dtype for group in read_facts(located.path).tensors] == ["F32", "BF16"]


def test_pytorch_weights_where_there_is_nothing_else(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    del repository.files[WEIGHTS]
    located = ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)
    assert (located.path / "pytorch_model.bin").is_file()
    assert not (located.path / "model.gguf").exists()

    del repository.files["pytorch_model.bin"]
    repository.commit = "e" * 40
    with pytest.raises(BrokenModelError, match="GGUF files only"):
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET, refresh=True)


def test_one_failure_among_many_files_ends_all(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    names = [f"extra_{number:02}.json" for number in range(20)]
    repository.files |= dict.fromkeys(names, b"{}")
    repository.withheld = set(names)
    with pytest.raises(ModelError, match="changed while it was being downloaded"):
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)
    assert hub.downloads(WEIGHTS) == []


def test_whoever_draws_the_bar_can_stop_the_download(hub: LocalHub, data: DataFolder) -> None:
    class StoppedByUserError(Exception):
        pass

    class Stopping(RecordedStep):
        def update(self, *, completed: int | None = None, **_: object) -> None:
            if completed is not None and completed > 1_000_000:
                raise StoppedByUserError

    class Progress(RecordedProgress):
        make_step = Stopping

    add(hub, weights=9_000_000)
    with pytest.raises(StoppedByUserError):
        ModelStore(data).fetch("org/Tiny-1B", progress=Progress())
    ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)
    first, second = hub.downloads(WEIGHTS)
    assert first.range is None
    assert second.range is not None


def test_where_xet_fails_plain_http_takes_over(hub: LocalHub, data: DataFolder) -> None:
    repository = add(hub)
    repository.on_xet = True
    progress = RecordedProgress()

    located = ModelStore(data).fetch("org/Tiny-1B", progress=progress)

    assert (located.path / WEIGHTS).read_bytes() == repository.files[WEIGHTS]
    assert any(request.path == "/api/xet-read-token" for request in hub.requests)
    step = progress.named("Downloading")
    assert step.completed[-1] == step.total


def test_a_hub_that_is_not_there(data: DataFolder) -> None:
    with pytest.raises(HubUnreachableError, match=r"127\.0\.0\.1:9 cannot be reached"):
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)


def test_a_hub_that_never_answers(
    data: DataFolder, hub: LocalHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aicockpit.models import hub as hub_module

    monkeypatch.setattr(hub_module, "CONTACT_DEADLINE", 0.05)
    hub.silent = True
    with pytest.raises(HubUnreachableError, match="did not answer within"):
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)


@pytest.mark.parametrize(
    ("status", "why"),
    [(200, "not one of a Hub"), (403, "403 came without"), (404, "404 came"), (503, "503 came")],
)
def test_something_else_answers_for_the_hub(
    data: DataFolder, hub: LocalHub, status: int, why: str
) -> None:
    hub.impostor = status
    with pytest.raises(HubUnreachableError, match=why):
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)


def test_offline_says_so(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(HubUnreachableError, match="HF_HUB_OFFLINE"):
        ModelStore(data).fetch("org/Tiny-1B", progress=QUIET)


def test_the_environment_is_honoured(hub: LocalHub, tmp_path: Path) -> None:
    """In a process of its own, because the library reads the environment only once."""
    add(hub).gated = True
    hub.repositories["org/Tiny-1B"].licensed_tokens = ("hf_secret",)
    home = tmp_path / "other"
    script = (
        "import sys\n"
        "from aicockpit.models import ModelStore\n"
        "from aicockpit.paths import DataFolder\n"
        "from aicockpit.progress import SilentProgress\n"
        "assert 'httpx2' not in sys.modules and 'gguf' not in sys.modules\n"
        "store = ModelStore(DataFolder.default())\n"
        "print(store.fetch('org/Tiny-1B', progress=SilentProgress()).path)\n"
    )
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(home),
        "HF_TOKEN": "hf_secret",
        "AICOCKPIT_HOME": str(tmp_path / "home"),
    }
    output = subprocess.run(
        [sys.executable, "-c", script], env=environment, check=True, capture_output=True, text=True
    )
    assert output.stdout.startswith(str(home / "hub" / "models--org--Tiny-1B" / "snapshots"))
    assert output.stderr == ""
