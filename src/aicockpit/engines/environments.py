"""Engine environments on this machine: what is installed, installing, removing.

An environment is a virtual environment in a folder of its own below the data folder, named after
engine and version. It counts as installed only when its marker, written last and atomically, names
the very locks that this version of AiCockpit ships. Everything here blocks; start at
`EnvironmentStore.install`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from aicockpit.engines.catalog import CATALOG, EnvironmentSpec, check_installable, environment_spec
from aicockpit.engines.installation import Installation, lock_bytes
from aicockpit.engines.sweep import running_in
from aicockpit.errors import DiskSpaceError, EnvironmentBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aicockpit.paths import DataFolder
    from aicockpit.planner import Hardware
    from aicockpit.planner.machine import Accelerator
    from aicockpit.progress import Progress

_MARKER = "aicockpit-environment.json"
_WAIT_STEP = 0.5


class EnvironmentState(StrEnum):
    """Whether an environment can be used."""

    INSTALLED = "installed"
    ABSENT = "not installed"
    UNFINISHED = "unfinished"
    """An installation was interrupted; installing starts afresh."""
    OUTDATED = "outdated"
    """Installed from locks that this version of AiCockpit no longer ships."""
    UNSUPPORTED = "not available yet"


@dataclass(frozen=True)
class EnvironmentStatus:
    """One known environment and what there is of it."""

    spec: EnvironmentSpec
    state: EnvironmentState
    folder: Path


@dataclass(frozen=True)
class InstalledEnvironment:
    """An environment that engines can be started from."""

    name: str
    version: str
    accelerator: Accelerator
    python: Path
    """Its interpreter."""
    folder: Path


Build = Callable[["EnvironmentSpec", "Path", "DataFolder", "Progress"], None]
"""Fills an environment's empty folder, or raises EnvironmentInstallError."""


class EnvironmentStore:
    """The engine environments below one data folder."""

    def __init__(self, data: DataFolder, build: Build | None = None) -> None:
        """`build` fills an empty folder; without it that is `Installation`."""
        self._data = data
        self._build = build or _build

    def catalog(self) -> tuple[EnvironmentSpec, ...]:
        """All environments that have a name."""
        return CATALOG

    def status(self, name: str) -> EnvironmentStatus:
        """What there is of an environment.

        Raises:
            UnknownEnvironmentError: there is no such name.
        """
        spec = environment_spec(name)
        folder = self._folder(spec)
        return EnvironmentStatus(spec, _state(spec, folder), folder)

    def installed(self, name: str) -> InstalledEnvironment | None:
        """The environment if it is ready for use, else None."""
        status = self.status(name)
        if status.state is not EnvironmentState.INSTALLED:
            return None
        return _installed(status.spec, status.folder)

    def install(self, name: str, progress: Progress, hardware: Hardware) -> InstalledEnvironment:
        """Make the environment unless it is there already; waits for another that makes it.

        Raises:
            UnknownEnvironmentError: there is no such name.
            UnsupportedEnvironmentError: it cannot run on this machine.
            DiskSpaceError: the disk has too little room.
            EnvironmentInstallError: a step failed.
            EnvironmentBusyError: it must be made again, but engines are running from it.
        """
        spec = environment_spec(name)
        if installed := self.installed(name):
            return installed
        check_installable(spec, hardware)
        folder = self._folder(spec)
        self._data.engines.mkdir(parents=True, exist_ok=True)
        with self._lock(spec, progress):
            if installed := self.installed(name):
                return installed
            self._check_unused(spec, folder, "made again")
            _wipe(folder)
            _check_room(spec, self._data.engines)
            self._build(spec, folder, self._data, progress)
            _write_marker(spec, folder)
        return _installed(spec, folder)

    def remove(self, name: str) -> bool:
        """Delete the environment, older versions of it included; False when there was none.

        Raises:
            UnknownEnvironmentError: there is no such name.
            EnvironmentBusyError: engines are running from it, or it is being installed.
        """
        spec = environment_spec(name)
        folders = [path for path in self._data.engines.glob(f"{spec.name}-*") if path.is_dir()]
        if not folders:
            return False
        with self._lock(spec, progress=None):
            for folder in folders:
                self._check_unused(spec, folder, "removed")
            for folder in folders:
                _wipe(folder)
        return True

    def _folder(self, spec: EnvironmentSpec) -> Path:
        return self._data.engines / spec.label

    def _check_unused(self, spec: EnvironmentSpec, folder: Path, verb: str) -> None:
        if users := running_in(self._data, folder):
            pids = ", ".join(str(user.pid) for user in users)
            raise EnvironmentBusyError(
                f"The engine environment {spec.name} cannot be {verb} now.",
                why=f"Engines are running from it (process {pids}).",
                remedy="Stop the server that runs them (Ctrl-C in its terminal) and try again.",
            )

    @contextlib.contextmanager
    def _lock(self, spec: EnvironmentSpec, progress: Progress | None) -> Iterator[None]:
        """Hold the environment's lock; the kernel frees it even when we are killed.

        Without a progress to say so, another holder is an error and not waited for.
        """
        path = self._data.engines / f"{spec.name}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not _try_lock(descriptor):
                if progress is None:
                    raise EnvironmentBusyError(
                        f"The engine environment {spec.name} is busy.",
                        why="Another process is installing or removing it.",
                        remedy="Wait until that has finished and try again.",
                    )
                with progress.step(f"Waiting for another process that installs {spec.name}"):
                    while not _try_lock(descriptor):
                        time.sleep(_WAIT_STEP)
            yield
        finally:
            os.close(descriptor)


def _build(spec: EnvironmentSpec, folder: Path, data: DataFolder, progress: Progress) -> None:
    Installation(spec, folder, data, progress).run()


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _installed(spec: EnvironmentSpec, folder: Path) -> InstalledEnvironment:
    return InstalledEnvironment(
        spec.name, spec.version, spec.accelerator, folder / "bin" / "python", folder
    )


def _state(spec: EnvironmentSpec, folder: Path) -> EnvironmentState:
    if not spec.locks:
        return EnvironmentState.UNSUPPORTED
    if not folder.is_dir():
        return EnvironmentState.ABSENT
    try:
        marker = json.loads((folder / _MARKER).read_bytes())
    except (OSError, ValueError):
        return EnvironmentState.UNFINISHED
    # A virtual environment dies with the Python that made it.
    if not (folder / "bin" / "python").exists():
        return EnvironmentState.UNFINISHED
    return (
        EnvironmentState.INSTALLED
        if isinstance(marker, dict) and marker.get("locks") == _digests(spec)
        else EnvironmentState.OUTDATED
    )


def _digests(spec: EnvironmentSpec) -> dict[str, str]:
    return {lock.name: hashlib.sha256(lock_bytes(lock)).hexdigest() for lock in spec.locks}


def _write_marker(spec: EnvironmentSpec, folder: Path) -> None:
    marker = {
        "name": spec.name,
        "version": spec.version,
        "accelerator": spec.accelerator,
        "locks": _digests(spec),
        "installed": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
    part = folder / f"{_MARKER}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(marker, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / _MARKER)


def _wipe(folder: Path) -> None:
    # The marker first, so that an interrupted removal does not leave half that looks whole.
    (folder / _MARKER).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)


def _check_room(spec: EnvironmentSpec, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < spec.disk:
        raise DiskSpaceError(
            f"There is too little room for the engine environment {spec.label}.",
            why=f"It needs {spec.disk / 2**30:.0f} GiB and {folder} has {free / 2**30:.1f} GiB "
            "free.",
            remedy="Free some space, or set AICOCKPIT_HOME to a folder on a larger disk.",
        )
