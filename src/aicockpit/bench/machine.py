"""The machine and the versions that a measurement was taken on."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path


def describe_machine() -> dict[str, str]:
    """In words for people, by what they are about."""
    return dict(_machine())


def _machine() -> Iterator[tuple[str, str]]:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        if names:
            yield "cpu", f"{len(names)} x {names[0]}"
    yield "python", f"Python {platform.python_version()}"
    for package in ("uvicorn", "uvloop", "aiohttp", "aicockpit"):
        yield package, f"{package} {version(package)}"
