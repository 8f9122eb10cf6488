"""How long-running work tells what it is doing.

Work that takes more than a second reports to a `Progress`; the terminal draws bars from it and
everything else passes `SilentProgress`. Steps may be reported from any thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, Self

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

Unit = Literal["bytes", "items"]


class Step(Protocol):
    """One bar: a thing being done, with an amount where it is known."""

    def update(
        self,
        *,
        completed: int | None = None,
        total: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Set the amount done, the whole amount or the words behind the bar; None keeps them."""


class Progress(Protocol):
    """Where steps are reported."""

    def step(
        self, title: str, *, total: int | None = None, unit: Unit = "items"
    ) -> AbstractContextManager[Step]:
        """Begin a step, which ends with the `with` block (in failure if that raises)."""


class SilentStep:
    """A step that nobody watches."""

    def update(
        self,
        *,
        completed: int | None = None,
        total: int | None = None,
        detail: str | None = None,
    ) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class SilentProgress:
    """Progress that nobody watches."""

    def step(self, title: str, *, total: int | None = None, unit: Unit = "items") -> SilentStep:
        """Begin a silent step."""
        return SilentStep()


def format_amount(completed: int, total: int | None, unit: Unit) -> str:
    """Words for an amount: `3/156`, `1.20 GiB/3.40 GiB`; nothing while the whole is unknown."""
    if total is None:
        return ""
    if unit == "bytes":
        return f"{format_bytes(completed)}/{format_bytes(total)}"
    return f"{completed}/{total}"


def format_bytes(size: int) -> str:
    """Bytes in the largest binary unit that leaves a number of at least one: `1.26 GiB`."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.2f} {unit}"
        value /= 1024
    return f"{value:.2f} TiB"
