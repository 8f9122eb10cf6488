"""Whether what AiCockpit writes can be written, and whether there is room for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.engines import EnvironmentState, EnvironmentStore
from aicockpit.models.hub_library import cache_folder
from aicockpit.planner.memory import GIB

_SMALL_MODEL = 2 * GIB
"""Room that one small model takes."""


def check_disk(surroundings: Surroundings) -> Iterator[Finding]:
    """The data folder, then the model cache."""
    data = surroundings.data
    parts = (data.root, data.engines, data.models, data.downloads, data.logs, data.run)
    needed, what = _to_install(surroundings)
    yield _folder("data folder", parts, needed, what, "AICOCKPIT_HOME")
    cache = cache_folder()
    same = _device(cache) == _device(data.root)
    yield _folder("model cache", (cache,), needed if same else 0, what if same else "", "HF_HOME")


def _to_install(surroundings: Surroundings) -> tuple[int, str]:
    """Bytes and name of the engine environment that is not there yet."""
    spec = surroundings.environment
    try:
        state = EnvironmentStore(surroundings.data).status(spec.name).state
    except PermissionError:
        return 0, ""  # that the folder is closed to us is told anyway
    if state is EnvironmentState.INSTALLED:
        return 0, ""
    return spec.disk, f"the engine environment {spec.name}"


def _folder(name: str, parts: tuple[Path, ...], needed: int, what: str, variable: str) -> Finding:
    root = parts[0]
    move = f"set {variable} to a folder on another disk"
    for part in parts:
        if obstacle := _obstacle(part):
            return Finding(
                "problem",
                f"The {name} {root} cannot be written.",
                obstacle,
                f"Correct its owner and permissions, or {move}.",
            )
    free = shutil.disk_usage(_existing(root)).free
    title = f"The {name} {root} has {free / GIB:.1f} GiB free."
    if needed and free < needed:
        return Finding(
            "problem",
            title,
            f"Installing {what} needs {needed / GIB:.0f} GiB.",
            f"Free some space, or {move}.",
        )
    if free < needed + _SMALL_MODEL:
        return Finding(
            "warning",
            title,
            f"A small model takes {_SMALL_MODEL / GIB:.0f} GiB"
            + (f", beside {needed / GIB:.0f} GiB for {what}." if needed else "."),
            f"Free some space (`aicockpit models list` shows what models take), or {move}.",
        )
    return Finding("ok", title)


def _obstacle(folder: Path) -> str:
    """Why nothing can be written there; empty when it can."""
    existing = _existing(folder)
    if not existing.is_dir():
        return f"{existing} is not a folder."
    if not os.access(existing, os.W_OK | os.X_OK):
        return f"We may not write into {existing}."
    return ""


def _existing(path: Path) -> Path:
    """The path, or the nearest one above it that there is."""
    while not _is_there(path):
        path = path.parent
    return path


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False  # one of the folders above it may not be looked into


def _device(path: Path) -> int:
    return _existing(path).stat().st_dev
