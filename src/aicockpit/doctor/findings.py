"""What a check finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "problem"]
"""Fine; worth knowing; serving works, but less well or not safely; serving does not work."""


@dataclass(frozen=True)
class Finding:
    """One fact about the machine and what it means for serving."""

    level: Level
    title: str
    """What there is, one short sentence."""
    detail: str = ""
    """Why it matters, where that is not plain."""
    remedy: str = ""
    """What to do, in one line; whoever is warned is also told this."""

    def __post_init__(self) -> None:
        if self.level in ("warning", "problem") and not self.remedy:
            raise ValueError(f"no remedy: {self.title}")
        if "\n" in self.remedy:
            raise ValueError(f"a remedy of several lines: {self.remedy}")
