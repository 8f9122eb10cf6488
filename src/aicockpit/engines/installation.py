"""Filling an engine environment's folder: venv, locks, byte-compilation, the engine's flags.

One function per step, listed in order in `Installation.run`. The caller holds the environment's
lock and writes the finished marker; a failure here leaves a folder without one, which the next
attempt wipes.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Self

from aicockpit.engines.flags import HELP_FILE, help_command
from aicockpit.engines.guarded import GuardedLog, marks, run_guarded
from aicockpit.engines.pip_output import PipOutput, PipPhase
from aicockpit.errors import EnvironmentInstallError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aicockpit.engines.catalog import EnvironmentSpec, LockFile
    from aicockpit.paths import DataFolder
    from aicockpit.progress import Progress, Step

_LOCKS = resources.files("aicockpit.engines").joinpath("locks")
_MEGABYTE = 1_000_000
_TAIL = 4
_COMPILING = "Compiling "


def lock_bytes(lock: LockFile) -> bytes:
    """The contents of a shipped lock file."""
    return _LOCKS.joinpath(lock.name).read_bytes()


@dataclass
class Installation:
    """One attempt to make an environment in an empty folder."""

    spec: EnvironmentSpec
    folder: Path
    data: DataFolder
    progress: Progress

    @property
    def python(self) -> Path:
        """The environment's own interpreter."""
        return self.folder / "bin" / "python"

    @property
    def log(self) -> GuardedLog:
        """Everything that the steps print."""
        return GuardedLog(self.data.logs / f"install-{self.spec.label}.log")

    def run(self) -> None:
        """Do all steps.

        Raises:
            EnvironmentInstallError: one failed.
        """
        with self.progress.step(f"Creating {self.spec.label}"):
            self._create()
        for lock in self.spec.locks:
            self._install(lock)
        self._compile()
        with self.progress.step("Reading the engine's flags"):
            self._record_flags()

    def _create(self) -> None:
        tail = _Tail()
        argv = [sys.executable, "-m", "venv", "--clear", str(self.folder)]
        if self._run(argv, on_line=tail.feed) != 0:
            raise self._failure(
                "making a virtual environment failed",
                tail.text,
                "Install Python's venv module (Debian: apt install python3-venv) and try again.",
            )

    def _install(self, lock: LockFile) -> None:
        output = self._pip(lock, index=None)
        if output.missing is not None and lock.fallback_index is not None:
            output = self._pip(lock, index=lock.fallback_index)
        if output.status.phase is not PipPhase.DONE:
            raise self._failure(
                f"pip could not install {lock.title}",
                output.reason,
                "Check the network and pip's configuration (`pip config list`), then run "
                f"`aicockpit engines install {self.spec.name}` again.",
            )

    def _pip(self, lock: LockFile, *, index: str | None) -> PipOutput:
        # pip wants a path, and a package need not lie in files.
        requirements = self.folder / lock.name
        requirements.write_bytes(lock_bytes(lock))
        # The pip that comes with Python may be too old to report its progress.
        raw = [] if lock is self.spec.locks[0] else ["--progress-bar", "raw"]
        argv = [
            *(str(self.python), "-m", "pip", "install", "--no-deps", "--require-hashes"),
            *("--no-compile", "--no-input", *raw),
            *(["--index-url", index] if index else []),
            *("--requirement", str(requirements)),
        ]
        output = PipOutput()
        with _PipBars(self.progress, lock, self._site_packages()) as bars:
            code = self._run(
                argv, on_line=output.feed, on_tick=lambda: bars.show(output), network=True
            )
        # Re-installing what is there already ends well without a word of success.
        if code == 0:
            output.feed("Successfully installed")
        return output

    def _compile(self) -> None:
        site_packages = self._site_packages()
        total = sum(1 for _ in site_packages.rglob("*.py"))
        with self.progress.step("Compiling the engine's Python files", total=total) as step:
            done = 0

            def count(line: str) -> None:
                nonlocal done
                if line.startswith(_COMPILING):
                    done += 1
                    step.update(completed=done)

            # Its return code says that some file did not compile: packages ship templates.
            argv = [str(self.python), "-m", "compileall", "-j", "0", str(site_packages)]
            self._run(argv, on_line=count)
            step.update(completed=total)

    def _record_flags(self) -> None:
        lines: list[str] = []
        argv = help_command(self.python, self.spec.accelerator)
        code = self._run(argv, on_line=lines.append)
        if code != 0:
            raise self._failure(
                "the installed engine does not run",
                " ".join(lines[-_TAIL:]) or f"It ended with status {code}.",
                f"Run `aicockpit engines remove {self.spec.name}` and install it again; if it "
                "fails again, read the log.",
            )
        (self.folder / HELP_FILE).write_text("\n".join(lines), encoding="utf-8")

    def _site_packages(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def _run(
        self,
        argv: list[str],
        *,
        on_line: Callable[[str], None],
        on_tick: Callable[[], None] = lambda: None,
        network: bool = False,
    ) -> int:
        # The id is ours alone: the guard ends everything that carries it.
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PYTHON") and name not in {"HF_TOKEN", "VIRTUAL_ENV"}
        }
        environment |= {"PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        environment |= {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb"}
        environment |= marks(self.data, f"install-{self.spec.name}-{os.getpid()}")
        if not network:
            environment |= {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
        return run_guarded(argv, environment, self.log, on_line=on_line, on_tick=on_tick)

    def _failure(self, what: str, reason: str, remedy: str) -> EnvironmentInstallError:
        return EnvironmentInstallError(
            f"Installing {self.spec.label} failed: {what}.",
            why=reason if reason.endswith(".") else f"{reason}.",
            remedy=f"{remedy} The whole output is in {self.log.path}.",
        )


class _Tail:
    """The last lines of some output."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def feed(self, line: str) -> None:
        self._lines = [*self._lines[1 - _TAIL :], line.strip()]

    @property
    def text(self) -> str:
        return " ".join(self._lines) or "It printed nothing."


class _PipBars:
    """Draws one run of pip as two bars: packages fetched, packages unpacked."""

    def __init__(self, progress: Progress, lock: LockFile, site_packages: Path) -> None:
        self._progress = progress
        self._title = lock.title
        self._packages = lock_bytes(lock).count(b"==")
        self._site_packages = site_packages
        self._before = self._unpacked()
        self._phase: PipPhase | None = None
        self._step: Step | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def show(self, output: PipOutput) -> None:
        """Bring the bar up to date."""
        status = output.status
        if status.phase is PipPhase.COLLECTING:
            detail = status.package
            if status.size:
                detail += f" {status.downloaded / _MEGABYTE:.0f}/{status.size / _MEGABYTE:.0f} MB"
            step = self._enter(status.phase, f"Downloading {self._title}")
            step.update(completed=max(0, status.collected - 1), detail=detail)
        else:
            step = self._enter(PipPhase.INSTALLING, f"Installing {self._title}")
            unpacked = self._unpacked() - self._before
            done = self._packages if status.phase is PipPhase.DONE else unpacked
            step.update(completed=max(0, min(done, self._packages)), detail="")

    def _enter(self, phase: PipPhase, title: str) -> Step:
        if self._step is None or phase is not self._phase:
            if self._step is not None:
                self._step.update(completed=self._packages, detail="")
            self._stack.close()
            self._phase = phase
            self._step = self._stack.enter_context(self._progress.step(title, total=self._packages))
        return self._step

    def _unpacked(self) -> int:
        return sum(1 for _ in self._site_packages.glob("*.dist-info"))
