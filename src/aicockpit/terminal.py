"""Progress bars on the terminal, or one line per step where there is no terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from aicockpit.progress import Unit, format_amount

_LINE_INTERVAL = 10.0
"""Seconds between lines of one step where there is no terminal."""


class TerminalProgress:
    """Draws the steps that are reported to it; satisfies `aicockpit.progress.Progress`."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, soft_wrap=True, highlight=False)
        self._bars = Progress(
            _MarkColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            _AmountColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[detail]}", style="dim", markup=False),
            console=self._console,
        )
        self._running = 0

    @contextmanager
    def step(
        self, title: str, *, total: int | None = None, unit: Unit = "items"
    ) -> Iterator[BarStep | LineStep]:
        """Show a step until its block ends."""
        if not self._console.is_terminal:
            yield from self._line_step(title, total, unit)
            return
        self._enter()
        task = self._bars.add_task(title, total=total, unit=unit, detail="", failed=False)
        step = BarStep(self._bars, task)
        try:
            yield step
            step.finish()
        except BaseException:
            self._bars.update(task, failed=True)
            self._bars.stop_task(task)
            raise
        finally:
            self._leave()

    def _line_step(self, title: str, total: int | None, unit: Unit) -> Iterator[LineStep]:
        self._console.print(f"{title} …", markup=False)
        started = time.monotonic()
        yield LineStep(self._console, title, total, unit)
        self._console.print(f"{title}: done in {time.monotonic() - started:.0f} s", markup=False)

    def _enter(self) -> None:
        self._running += 1
        if self._running == 1:
            self._bars.start()

    def _leave(self) -> None:
        self._running -= 1
        if self._running == 0:
            self._bars.stop()
            for task in self._bars.task_ids:
                self._bars.remove_task(task)


class BarStep:
    """A step drawn as a bar."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self._bars = bars
        self._task = task

    def update(
        self,
        *,
        completed: int | None = None,
        total: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=completed, total=total)
        if detail is not None:
            self._bars.update(self._task, detail=detail)

    def finish(self) -> None:
        """Fill the bar and drop the words behind it."""
        task = next(task for task in self._bars.tasks if task.id == self._task)
        total = task.total or 1
        self._bars.update(self._task, completed=total, total=total, detail="")


class LineStep:
    """A step told in lines, for logs."""

    def __init__(self, console: Console, title: str, total: int | None, unit: Unit) -> None:
        self._console = console
        self._title = title
        self._unit = unit
        self._completed = 0
        self._total = total
        self._detail = ""
        self._told = time.monotonic()

    def update(
        self,
        *,
        completed: int | None = None,
        total: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Say where the step stands, every ten seconds and when the words change."""
        self._completed = completed if completed is not None else self._completed
        self._total = total if total is not None else self._total
        changed = detail is not None and detail != self._detail
        self._detail = detail if detail is not None else self._detail
        now = time.monotonic()
        if now - self._told < (1.0 if changed else _LINE_INTERVAL):
            return
        self._told = now
        amount = format_amount(self._completed, self._total, self._unit)
        words = ", ".join(part for part in (amount, self._detail) if part)
        self._console.print(f"{self._title}: {words}", markup=False)


class _MarkColumn(SpinnerColumn):
    """Turning while a step runs, then whether it succeeded."""

    def render(self, task: Task) -> RenderableType:
        return Text("✗", style="red") if task.fields["failed"] else super().render(task)


class _AmountColumn(ProgressColumn):
    """Done and whole amount in the step's unit."""

    def render(self, task: Task) -> Text:
        total = int(task.total) if task.total is not None and not task.finished else None
        return Text(format_amount(int(task.completed), total, task.fields["unit"]), style="cyan")
