"""Runs the GGUF conversion in a process of its own.

Reading a GGUF file takes some 500 MB that a long-running gateway would never quite give back, and
a child can be ended in the middle. Its standard output carries one JSON object per line. When the
parent dies, the next line meets a closed pipe and ends the child.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aicockpit.errors import BrokenModelError, ModelError

if TYPE_CHECKING:
    from aicockpit.progress import Step


def convert_in_child(gguf: Path, folder: Path, step: Step) -> None:
    """Do `gguf_conversion.convert_gguf(gguf, folder, step)` in a child process.

    Raises:
        BrokenModelError: the file cannot be converted.
        OSError: as the child met it, such as a full disk.
        ModelError: the child ended in another way.
    """
    command = [sys.executable, "-m", __name__, str(gguf), str(folder)]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        )
        try:
            assert child.stdout is not None  # noqa: S101 - it is a pipe
            for line in child.stdout:
                _handle(json.loads(line), step)
            child.wait()
        finally:
            child.kill()
            child.communicate()
        errors.seek(0)
        last = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
    if child.returncode != 0:
        last = last or f"exit status {child.returncode}"
        raise ModelError(
            f"The conversion of {gguf.name} ended early.",
            why=f"Its process said: {last.rstrip('.')}.",
            remedy="Make sure that 1 GiB of memory is free and run the same command again.",
        )


def _handle(message: dict[str, object], step: Step) -> None:
    match message:
        case {"errno": int(number), "strerror": str(words)}:
            raise OSError(number, words)
        case {"what": str(what), "why": str(why), "remedy": str(remedy)}:
            raise BrokenModelError(what, why=why, remedy=remedy)
        case {"completed": completed, "total": total}:
            step.update(
                completed=completed if isinstance(completed, int) else None,
                total=total if isinstance(total, int) else None,
            )


class _LineStep:
    """Reports as JSON lines."""

    def update(
        self,
        *,
        completed: int | None = None,
        total: int | None = None,
        detail: str | None = None,
    ) -> None:
        _say({"completed": completed, "total": total, "detail": detail})


def _say(message: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _main(gguf: Path, folder: Path) -> None:
    from aicockpit.models.gguf_conversion import convert_gguf  # noqa: PLC0415 - the child only

    try:
        convert_gguf(gguf, folder, _LineStep())
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        _say({"errno": error.errno, "strerror": error.strerror})
    except BrokenModelError as error:
        _say({"what": error.what, "why": error.why, "remedy": error.remedy})


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
