"""Counts the bytes of many files into one bar, and stops all of them together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from aicockpit.progress import Step


_SHOWN_EVERY = 2**20
"""Bytes between two reports: pieces come by the ten thousand per second on a fast line."""


class TransferStoppedError(Exception):
    """Another file of the same transfer failed, or the user stopped it."""


class Transfer:
    """All files of one download. Threads may report to it at the same time."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._lock = threading.Lock()
        self._completed = 0
        self._shown = 0
        self._total: int | None = None
        self._stopped = False

    def expect(self, total: int) -> None:
        """Tell how many bytes there are in all."""
        self._total = total
        self._step.update(total=total)

    def add(self, size: int) -> None:
        """Count bytes that have arrived; negative when some turned out useless.

        Raises:
            TransferStoppedError: nothing more shall be fetched.
        """
        with self._lock:
            if self._stopped:
                raise TransferStoppedError
            self._completed += size
            if self._completed == self._total or abs(self._completed - self._shown) >= _SHOWN_EVERY:
                self._shown = self._completed
                self._step.update(completed=self._completed)

    def stop(self) -> None:
        """Make every thread that reports next end with TransferStoppedError."""
        with self._lock:
            self._stopped = True


class FileTally:
    """One file's share of a transfer."""

    def __init__(self, transfer: Transfer) -> None:
        self._transfer = transfer
        self.count = 0

    def add(self, size: int) -> None:
        """Count bytes of this file."""
        self.count += size
        self._transfer.add(size)

    def take_back(self) -> None:
        """Forget what was counted, because it has to be fetched again."""
        self.add(-self.count)

    def bar_class(self) -> type[Any]:
        """A class that `huggingface_hub` takes for tqdm and that counts into this tally."""
        tally = self

        class Bar:
            """The part of tqdm's interface that the library calls on a download."""

            def __init__(self, *_: object, **__: object) -> None:
                self.total: int | None = None

            def update(self, size: float | None = 1) -> None:
                tally.add(int(size or 0))

            def update_transfer(self, size: float | None = 1) -> None:
                """Bytes on the wire; the bar counts those that reach the disk."""

            def set_postfix_str(self, *_: object, **__: object) -> None:
                """Rates are drawn by whoever draws the step."""

            set_transfer_postfix_str = set_postfix_str

            def refresh(self) -> None:
                """Nothing is drawn here."""

            close = refresh

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None:
                return None

        return Bar
