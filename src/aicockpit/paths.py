"""Where AiCockpit keeps what it makes: one folder, laid out here and nowhere else.

`AICOCKPIT_HOME` moves the whole folder; without it the platform's data folder is used. Nothing
here touches the disk: callers create what they write into.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class DataFolder:
    """The layout below the data folder."""

    root: Path

    @classmethod
    def default(cls) -> DataFolder:
        """The folder named by `AICOCKPIT_HOME`, else the platform's own."""
        named = os.environ.get("AICOCKPIT_HOME")
        root = Path(named) if named else platformdirs.user_data_path("aicockpit", appauthor=False)
        return cls(root.expanduser().absolute())

    @property
    def engines(self) -> Path:
        """Engine environments, one folder each."""
        return self.root / "engines"

    @property
    def models(self) -> Path:
        """Models that AiCockpit made itself (the starter) and records of those it pulled."""
        return self.root / "models"

    @property
    def downloads(self) -> Path:
        """Verified downloads that a later step consumes."""
        return self.root / "downloads"

    @property
    def logs(self) -> Path:
        """Engine and gateway logs."""
        return self.root / "logs"

    @property
    def calibration(self) -> Path:
        """What the starts of engines on this machine have shown."""
        return self.root / "calibration.json"

    @property
    def run(self) -> Path:
        """Short-lived files of running processes: sockets, inline chat templates."""
        return self.root / "run"


def user_config_file() -> Path:
    """The configuration file read when the working folder has no `cockpit.toml`."""
    return platformdirs.user_config_path("aicockpit", appauthor=False) / "cockpit.toml"
