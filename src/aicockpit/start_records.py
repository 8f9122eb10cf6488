"""What the starts of engines on this machine have shown, kept from one run to the next.

One JSON file in the data folder, versioned and bounded, written whole or not at all. It is a
convenience: without it plans follow the rules alone.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aicockpit.planner.calibration import (
    MOST_OBSERVATIONS,
    Calibration,
    EngineStart,
    MemoryParts,
    Observation,
    remember,
)

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.paths import DataFolder

logger = logging.getLogger(__name__)

VERSION = 1
"""Of the file's form and of the rules that its figures are compared with."""


class StartRecords:
    """The starts recorded in one data folder."""

    def __init__(self, data: DataFolder) -> None:
        self._file = data.calibration

    def read(self) -> Calibration:
        """What is recorded; nothing where there is no file, or one of another version.

        A file that cannot be understood is set aside beside itself, with one warning.
        """
        content = self._content()
        if content is None or content.get("version") != VERSION:
            return Calibration()
        try:
            found = tuple(_observation(one) for one in content["observations"])
        except (KeyError, TypeError, ValueError) as error:
            self._set_aside(error)
            return Calibration()
        return Calibration(found[-MOST_OBSERVATIONS:])

    def add(self, observation: Observation) -> None:
        """Record a start in place of an earlier one like it.

        A file of another version is left to the release that wrote it. A disk that cannot be
        written to is no reason to end a start: it is logged.
        """
        content = self._content()
        if content is not None and content.get("version") != VERSION:
            return
        known = remember(self.read().observations, observation)
        text = json.dumps(
            {"version": VERSION, "observations": [asdict(one) for one in known]}, indent=1
        )
        try:
            _write_whole(self._file, text)
        except OSError as error:
            logger.warning("this start could not be recorded in %s: %s", self._file, error)

    def _content(self) -> dict[str, Any] | None:
        try:
            content = json.loads(self._file.read_bytes())
        except OSError:
            return None
        except ValueError as error:
            self._set_aside(error)
            return None
        if not isinstance(content, dict):
            self._set_aside(ValueError("it is not an object"))
            return None
        return content

    def _set_aside(self, error: Exception) -> None:
        aside = self._file.with_name(f"{self._file.name}.unreadable")
        with suppress(OSError):
            self._file.replace(aside)
        logger.warning(
            "%s could not be read (%s) and is now %s; plans follow the rules alone until an "
            "engine has started again",
            self._file,
            error,
            aside.name,
        )


def _observation(record: dict[str, Any]) -> Observation:
    start = dict(record["start"])
    start["flags"] = tuple(str(flag) for flag in start["flags"])
    found = Observation(
        start=EngineStart(**start),
        engine_version=str(record["engine_version"]),
        date=str(record["date"]),
        rules=_parts(record["rules"]),
        seen=_parts(record["seen"]),
        available=int(record["available"]),
        tokens=int(record["tokens"]),
    )
    if found.start.tensor_parallel < 1 or found.start.pipeline_parallel < 1:
        raise ValueError("an engine has at least one process")
    return found


def _parts(record: dict[str, Any]) -> MemoryParts:
    parts = MemoryParts(**{name: int(size) for name, size in record.items()})
    if min(asdict(parts).values()) < 0:
        raise ValueError("memory cannot be less than nothing")
    return parts


def _write_whole(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text + "\n")
        os.replace(name, path)  # noqa: PTH105 - a name from tempfile
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - as above
        raise
