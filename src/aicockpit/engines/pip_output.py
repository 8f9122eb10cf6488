"""What pip prints while it installs a lock, understood line by line.

Pure: lines in, values out. pip is run with `--progress-bar raw`, which reports a download as
`Progress BYTES of BYTES` lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_COLLECTING = re.compile(r"(?:Collecting|Processing|Requirement already satisfied:) (\S+)")
_DOWNLOADING = re.compile(r"\s+(?:Downloading|Using cached) (\S+)")
_PROGRESS = re.compile(r"\s*Progress (\d+) of (\d+)")
_NO_DISTRIBUTION = re.compile(
    r"ERROR: (?:No matching distribution found for|"
    r"Could not find a version that satisfies the requirement) (\S+)"
)
_CHATTER = re.compile(r"\s*(?:WARNING:|Looking in |\[notice\]|Progress |$)")
_REASON_LINES = 4


class PipPhase(StrEnum):
    """What pip is busy with."""

    COLLECTING = "collecting"
    """Looking packages up and downloading them."""
    INSTALLING = "installing"
    """Unpacking them; pip prints nothing meanwhile."""
    DONE = "done"


@dataclass(frozen=True)
class PipStatus:
    """How far pip has come."""

    phase: PipPhase = PipPhase.COLLECTING
    collected: int = 0
    """Packages looked up so far, the current one included."""
    package: str = ""
    """Name of the current file or package."""
    downloaded: int = 0
    """Bytes of the current download."""
    size: int = 0
    """All bytes of the current download; 0 when unknown."""


class PipOutput:
    """Follows one run of pip."""

    def __init__(self) -> None:
        self.status = PipStatus()
        self.missing: str | None = None
        """A requirement that no configured index has."""
        self._errors: list[str] = []
        self._tail: list[str] = []

    def feed(self, line: str) -> None:
        """Take one line of output."""
        if not _CHATTER.match(line):
            self._tail = [*self._tail[1 - _REASON_LINES :], line.strip()]
        if line.startswith("ERROR:"):
            self._errors.append(line.removeprefix("ERROR:").strip())
            if match := _NO_DISTRIBUTION.match(line):
                self.missing = match[1]
        self.status = _advance(self.status, line)

    @property
    def reason(self) -> str:
        """What went wrong, in pip's own last words."""
        return " ".join(self._errors[-_REASON_LINES:] or self._tail) or "pip printed no reason."


def _advance(status: PipStatus, line: str) -> PipStatus:
    if match := _PROGRESS.match(line):
        return PipStatus(
            status.phase, status.collected, status.package, int(match[1]), int(match[2])
        )
    if match := _COLLECTING.match(line):
        return PipStatus(PipPhase.COLLECTING, status.collected + 1, _name(match[1]))
    if match := _DOWNLOADING.match(line):
        return PipStatus(status.phase, status.collected, _name(match[1]))
    if line.startswith("Installing collected packages"):
        return PipStatus(PipPhase.INSTALLING, status.collected)
    if line.startswith("Successfully installed"):
        return PipStatus(PipPhase.DONE, status.collected)
    return status


def _name(subject: str) -> str:
    """The package in `name==version`, a file's name or its path."""
    if "==" in subject:
        return subject.partition("==")[0]
    return subject.rpartition("/")[2].partition("-")[0]
