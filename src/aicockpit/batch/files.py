"""The files of a batch run, written so that a crash at any moment loses and repeats nothing.

Beside `OUT.jsonl` lie `OUT.errors.jsonl` (the lines that failed in the last run) and
`OUT.state.json` (which input and model the output belongs to). An answer is one `write` of one
whole line; a last line that a crash has torn is cut off at the next start, and its request is
carried out again.
"""

from __future__ import annotations

import errno
import fcntl
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import orjson

from aicockpit.batch.survey import id_digest
from aicockpit.errors import BatchError, DiskSpaceError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from aicockpit.batch.lines import BadLine
    from aicockpit.batch.survey import Survey


@dataclass(frozen=True)
class Fingerprint:
    """Which run an output file belongs to."""

    model: str | None
    """The model that was asked for by name."""
    lines: int
    sha256: str


class BatchFiles:
    """The output, errors and state files, locked against a second run while open."""

    def __init__(self, output: Path) -> None:
        self.output = output
        stem = output.name.removesuffix(".jsonl")
        self.errors = output.with_name(f"{stem}.errors.jsonl")
        self.state = output.with_name(f"{stem}.state.json")
        self.done: set[bytes] = set()
        """Digests of the ids that the output already answers."""
        self._output_descriptor = -1
        self._errors_descriptor = -1

    def __enter__(self) -> Self:
        try:
            self._output_descriptor = os.open(
                self.output, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644
            )
        except OSError as error:
            raise _cannot_write(self.output, error) from error
        try:
            self._lock()
            self._read_done()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.fsync(self._output_descriptor)
        self._close()

    def earlier(self) -> Fingerprint | None:
        """What the run that began this output noted down; None when there was none."""
        try:
            plain = orjson.loads(self.state.read_bytes())
            return Fingerprint(plain["model"], plain["lines"], plain["sha256"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BatchError(
                f"{self.state} cannot be read.",
                why="It tells which input and model the output belongs to, and is damaged.",
                remedy=f"Name another output file, or remove {self.state} and {self.output}.",
            ) from error

    def check(self, model: str | None, found: Survey) -> None:
        """Raise BatchError when the output began with another input or another model."""
        earlier = self.earlier()
        remedy = (
            "Name another output file with -o, or remove this one and its "
            f"{self.state.name} to begin anew."
        )
        if earlier is None:
            if self.done:
                raise BatchError(
                    f"{self.output} already has answers.",
                    why=f"There is no {self.state.name} that tells which input they belong to.",
                    remedy=remedy,
                )
            return
        if self.done and earlier.model != model:
            before = earlier.model or "no model by name"
            raise BatchError(
                f"{self.output} was begun with another model.",
                why=f"It was begun with {before}, and this run asks for {model or 'none'}.",
                remedy=remedy,
            )
        if self.done and earlier.sha256 != found.earlier_sha256:
            raise BatchError(
                f"{self.output} was begun with another input.",
                why=f"The first {earlier.lines} lines of the input are not those of that run.",
                remedy=remedy,
            )

    def begin(self, model: str | None, found: Survey) -> None:
        """Note down what this output belongs to and empty the errors file."""
        try:
            scratch = self.state.with_name(self.state.name + ".new")
            plain = {"model": model, "lines": found.lines, "sha256": found.sha256}
            with scratch.open("wb") as stream:
                stream.write(orjson.dumps(plain))
                stream.flush()
                os.fsync(stream.fileno())
            scratch.replace(self.state)
            self._errors_descriptor = os.open(
                self.errors,
                os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC,
                0o644,
            )
        except OSError as error:
            raise _cannot_write(self.output, error) from error

    def answer(self, line: dict[str, Any]) -> None:
        """Append one answer."""
        self._append(self._output_descriptor, line)

    def fail(self, bad: BadLine) -> None:
        """Append one line that failed."""
        line: dict[str, Any] = {"line": bad.number}
        if bad.custom_id is not None:
            line["custom_id"] = bad.custom_id
        line["error"] = {"code": bad.code, "message": bad.message}
        self._append(self._errors_descriptor, line)

    def _append(self, descriptor: int, line: dict[str, Any]) -> None:
        data = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        try:
            while data:
                data = data[os.write(descriptor, data) :]
        except OSError as error:
            raise _cannot_write(self.output, error) from error

    def _lock(self) -> None:
        try:
            fcntl.flock(self._output_descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BatchError(
                f"{self.output} is being written by another run.",
                why="Two runs into one file would answer lines twice.",
                remedy="Wait for it, stop it, or name another output file with -o.",
            ) from error

    def _read_done(self) -> None:
        """Learn which ids are answered, and cut off a torn last line."""
        whole = 0
        with os.fdopen(os.dup(self._output_descriptor), "rb") as stream:
            stream.seek(0)
            for number, raw in enumerate(stream, 1):
                if not raw.endswith(b"\n"):
                    break
                whole += len(raw)
                if raw.strip():
                    self._remember(number, raw)
        if whole < os.fstat(self._output_descriptor).st_size:
            os.ftruncate(self._output_descriptor, whole)

    def _remember(self, number: int, raw: bytes) -> None:
        try:
            line = orjson.loads(raw)
            custom_id = line["custom_id"]
            response = line["response"]
            succeeded = response is not None and response["status_code"] == 200
            key = id_digest(custom_id)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BatchError(
                f"{self.output} is not the output of a batch.",
                why=f"Its line {number} is not a batch answer.",
                remedy="Name another output file with -o; this one was left as it is.",
            ) from error
        if succeeded:
            self.done.add(key)

    def _close(self) -> None:
        for descriptor in (self._output_descriptor, self._errors_descriptor):
            if descriptor >= 0:
                os.close(descriptor)
        self._output_descriptor = self._errors_descriptor = -1


def _cannot_write(path: Path, error: OSError) -> BatchError | DiskSpaceError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskSpaceError(
            f"The disk is full: {path} cannot grow.",
            why="All answers so far are saved.",
            remedy="Make room and run the same command again; it goes on where it stopped.",
        )
    return BatchError(
        f"{path} cannot be written.",
        why=f"The system says: {error.strerror or error}.",
        remedy="Name an output file in a folder that exists and that you may write to.",
    )
