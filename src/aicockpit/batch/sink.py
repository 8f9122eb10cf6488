"""Where the outcome of every line goes: the files, the counts, the progress bar."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from aicockpit.batch.lines import BadLine, BatchLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aicockpit.batch.files import BatchFiles
    from aicockpit.progress import Step


class Sink:
    """Takes outcomes as they come. Used by one thread."""

    def __init__(
        self, files: BatchFiles, step: Step, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.answers = 0
        self.failures = 0
        self.prompt_tokens = 0
        self.completion_tokens = 0
        self._files = files
        self._step = step
        self._clock = clock
        self._began = clock()

    @property
    def seconds(self) -> float:
        """Time since the work began."""
        return self._clock() - self._began

    def requests(self, lines: Iterator[BatchLine | BadLine]) -> Iterator[BatchLine]:
        """The lines that are requests; the others are noted down in passing."""
        for line in lines:
            if isinstance(line, BatchLine):
                yield line
            else:
                self.failed(line)

    def answered(self, line: dict[str, Any], body: dict[str, Any]) -> None:
        """Save an answer."""
        self._files.answer(line)
        self.answers += 1
        usage = body.get("usage") or {}
        self.prompt_tokens += usage.get("prompt_tokens") or 0
        self.completion_tokens += usage.get("completion_tokens") or 0
        self._step.update(completed=self.answers + self.failures)

    def failed(self, bad: BadLine) -> None:
        """Save why a line failed."""
        self._files.fail(bad)
        self.failures += 1
        self._step.update(completed=self.answers + self.failures)

    def pace(self, generated: int | None = None) -> None:
        """Show the speed: tokens generated so far, of unfinished answers too where known."""
        tokens = self.completion_tokens if generated is None else generated
        failed = f", {self.failures} failed" if self.failures else ""
        self._step.update(detail=f"{tokens / max(self.seconds, 0.001):.0f} tokens/s{failed}")
