"""How much RAM a process and its descendants hold."""

from __future__ import annotations

from contextlib import suppress

import psutil


def resident_memory(pid: int) -> int:
    """Bytes that a process and its descendants hold, pages that they share counted once.

    0 where the system does not tell: not every kernel has the proportional share, and a process
    may be gone by the time it is asked for.
    """
    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += getattr(each.memory_full_info(), "pss", 0)
    return total
