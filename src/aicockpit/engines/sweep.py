"""Finding what earlier owners left behind, and ending it.

Every process of an engine, its guard included, carries three marks in its environment: the
engine's id, the data folder and its owner. A process whose owner is gone belongs to nobody.
Blocking; Linux only.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aicockpit.engines.guard import all_processes, environment_of, is_resource_tracker, read_stat
from aicockpit.engines.guarded import ENGINE_MARK, HOME_MARK, OWNER_MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from aicockpit.paths import DataFolder

_GRACE = 3.0
_FORCED = 5.0


@dataclass(frozen=True)
class SweptProcess:
    """A process of one of our engines."""

    pid: int
    engine: str
    """Id of the engine that it belongs to."""
    owner: str
    """`pid:start` of the process that started the engine."""


def sweep(data: DataFolder, *, grace: float = _GRACE) -> list[SweptProcess]:
    """End every process of this data folder's engines whose owner is gone.

    Returns what was ended. `grace` is the time in seconds between SIGTERM and SIGKILL.
    """
    return _end(lambda: [found for found in marked(data) if not _owner_lives(found)], grace)


def end_engine(data: DataFolder, engine_id: str, *, grace: float = _GRACE) -> list[SweptProcess]:
    """End every process of one engine, whoever owns it; for when its guard is gone."""
    return _end(lambda: [found for found in marked(data) if found.engine == engine_id], grace)


def marked(data: DataFolder) -> list[SweptProcess]:
    """Every living process of this data folder's engines, guards included."""
    return [swept for swept, _ in _marked(data)]


def running_in(data: DataFolder, folder: Path) -> list[SweptProcess]:
    """Processes of engines that run from an environment's folder."""
    return [
        swept
        for swept, environment in _marked(data)
        if environment.get("VIRTUAL_ENV") == str(folder)
    ]


def _marked(data: DataFolder) -> list[tuple[SweptProcess, dict[str, str]]]:
    found = []
    for stat in all_processes():
        if stat.zombie or stat.pid == os.getpid():
            continue
        environment = environment_of(stat.pid)
        engine = environment.get(ENGINE_MARK)
        if engine and environment.get(HOME_MARK) == str(data.root):
            swept = SweptProcess(stat.pid, engine, environment.get(OWNER_MARK, ""))
            found.append((swept, environment))
    return found


def _owner_lives(process: SweptProcess) -> bool:
    pid, _, start = process.owner.partition(":")
    if not pid.isdigit():
        return False
    stat = read_stat(int(pid))
    return stat is not None and not stat.zombie and str(stat.start) == start


def _end(find: Callable[[], list[SweptProcess]], grace: float) -> list[SweptProcess]:
    """SIGTERM to all that `find` finds, SIGKILL after the grace, until it finds nothing."""
    swept: dict[int, SweptProcess] = {}
    started = time.monotonic()
    while found := find():
        swept |= {process.pid: process for process in found}
        elapsed = time.monotonic() - started
        if elapsed > grace + _FORCED:
            break  # stuck in the kernel; nothing more can be done from here
        forced = elapsed >= grace
        # Resource trackers go by themselves once those that they track are gone.
        trackers = [process for process in found if is_resource_tracker(process.pid)]
        targets = [process for process in found if process not in trackers] or trackers
        signal_number = signal.SIGKILL if forced else signal.SIGTERM
        handles = [handle for target in targets if (handle := _signal(target, signal_number))]
        _wait(handles, 0.5 if forced else max(0.0, grace - elapsed))
    return list(swept.values())


def _signal(process: SweptProcess, number: signal.Signals) -> int | None:
    """Signal a process through a handle, so that a reused pid cannot be hit; the handle."""
    try:
        handle = os.pidfd_open(process.pid)
    except OSError:
        return None
    if environment_of(process.pid).get(ENGINE_MARK) != process.engine:
        os.close(handle)
        return None
    with contextlib.suppress(OSError):
        signal.pidfd_send_signal(handle, number)
    return handle


def _wait(handles: list[int], seconds: float) -> None:
    """Until all processes have ended, or the time is up."""
    until = time.monotonic() + seconds
    pending = set(handles)
    poll = select.poll()  # select() refuses the high descriptors of a busy server
    for handle in handles:
        poll.register(handle, select.POLLIN)
    try:
        while pending and (left := until - time.monotonic()) > 0:
            for handle, _ in poll.poll(left * 1000):
                poll.unregister(handle)
                pending.discard(handle)
    finally:
        for handle in handles:
            os.close(handle)
