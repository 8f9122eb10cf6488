"""A progress that remembers what it was told."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aicockpit.progress import Unit


@dataclass
class RecordedStep:
    """One step and everything it reported."""

    title: str
    total: int | None
    completed: list[int] = field(default_factory=list)
    finished: bool = False

    def update(
        self,
        *,
        completed: int | None = None,
        total: int | None = None,
        detail: str | None = None,
    ) -> None:
        if total is not None:
            self.total = total
        if completed is not None:
            self.completed.append(completed)


class RecordedProgress:
    """Keeps all steps in order."""

    make_step = RecordedStep

    def __init__(self) -> None:
        self.steps: list[RecordedStep] = []

    @property
    def titles(self) -> list[str]:
        return [step.title for step in self.steps]

    def named(self, start: str) -> RecordedStep:
        """The one step whose title begins so."""
        (step,) = [step for step in self.steps if step.title.startswith(start)]
        return step

    @contextmanager
    def step(
        self, title: str, *, total: int | None = None, unit: Unit = "items"
    ) -> Iterator[RecordedStep]:
        step = self.make_step(title, total)
        self.steps.append(step)
        yield step
        step.finished = True
