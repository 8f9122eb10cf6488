"""Runs programs that a model wrote: no input, no files, little time and memory."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile

_SECONDS = 5

# Limits are set by the child itself: a function between fork and exec is unsafe beside threads.
_RUNNER = f"""
import resource, sys
for name, most in (
    ("CPU", {_SECONDS}), ("AS", 1 << 30), ("FSIZE", 0), ("NOFILE", 16), ("CORE", 0)
):
    resource.setrlimit(getattr(resource, "RLIMIT_" + name), (most, most))
exec(compile(sys.argv[1], "answer", "exec"), {{"__name__": "answer"}})
"""


def passes(program: str) -> bool:
    """Whether a Python program ends by itself, in time and without an error."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _RUNNER, program],
            cwd=folder,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(_SECONDS) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
