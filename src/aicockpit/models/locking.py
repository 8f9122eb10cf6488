"""One process at a time, across processes."""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aicockpit.progress import Progress

_POLL = 0.2
"""Seconds between two tries. flock itself could wait, but not while a bar is being drawn."""


@contextmanager
def locked(path: Path, *, what: str, progress: Progress) -> Iterator[None]:
    """Hold the lock file `path`, waiting for whoever has it.

    The system releases the lock when its holder ends, in whatever way, so nothing ever has to be
    cleaned up; the empty file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if not _try_lock(file.fileno()):
            with progress.step(f"Waiting for another AiCockpit that is preparing {what}"):
                while not _try_lock(file.fileno()):
                    time.sleep(_POLL)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
