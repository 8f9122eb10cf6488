"""Looks for processes that carry an engine's marks, and for open ports."""

import socket
import time
from collections.abc import Callable

from aicockpit.engines.guard import all_processes, environment_of
from aicockpit.engines.guarded import ENGINE_MARK, HOME_MARK
from aicockpit.paths import DataFolder


def marked_pids(data: DataFolder) -> list[int]:
    """Living processes of a data folder's engines, guards included."""
    found = []
    for stat in all_processes():
        environment = environment_of(stat.pid)
        if environment.get(HOME_MARK) == str(data.root) and ENGINE_MARK in environment:
            found.append(stat.pid)
    return found


def wait_until(condition: Callable[[], bool], seconds: float) -> float:
    """Seconds until the condition held; fails when it does not in time."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not within {seconds} s"
        time.sleep(0.01)
    return time.monotonic() - started


def is_open(port: int) -> bool:
    """Whether something listens on a loopback port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
