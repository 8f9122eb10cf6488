"""What `nvidia-smi` prints, for what NVML does not tell."""

from __future__ import annotations

import shutil
import subprocess

_TIMEOUT = 5.0
"""Seconds; it takes some tenths, and hangs where a GPU does."""


def topology_output() -> str:
    """The matrix of `nvidia-smi topo -m`; empty when there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, "topo", "-m"], capture_output=True, text=True, timeout=_TIMEOUT, check=True
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return ""
    return done.stdout
