"""Where a serving gateway's own log goes."""

from __future__ import annotations

import logging
import logging.handlers

from aicockpit.config import EngineSettings
from aicockpit.paths import DataFolder


def log_to_file(data: DataFolder, settings: EngineSettings) -> None:
    """Send the log to `gateway.log`, rotated like the engines' logs."""
    data.logs.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        data.logs / "gateway.log",
        maxBytes=settings.log_size,
        backupCount=settings.log_files - 1,
        encoding="utf-8",
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
