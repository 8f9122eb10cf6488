"""What it takes to start one offline worker: values only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aicockpit.engines.guarded import GuardedLog
    from aicockpit.paths import DataFolder


@dataclass(frozen=True)
class WorkerLaunch:
    """One worker to start."""

    name: str
    """The model's short name, for words meant for people."""
    engine_id: str
    """Carried by every process of the engine as its mark."""
    command: tuple[str, ...]
    """The interpreter and the script, without `--socket` and what follows it."""
    arguments: tuple[str, ...]
    """The engine's arguments, as vLLM's server takes them."""
    environment: Mapping[str, str]
    """The whole environment of the worker, but for its marks and its token."""
    data: DataFolder
    log: GuardedLog
    start_timeout: float = 1800.0
    """Seconds until the engine must be ready."""
    stop_timeout: float = 10.0
    """Seconds that the engine gets to end by itself."""


@dataclass(frozen=True)
class WorkerReady:
    """What the worker said when its engine was ready."""

    engine_version: str
    max_model_len: int
    max_num_seqs: int
    default_sampling_params: Mapping[str, object]

    @property
    def window(self) -> int:
        """Requests to have under way: enough that the engine's queue never runs dry."""
        return max(64, math.ceil(self.max_num_seqs * 1.5))
