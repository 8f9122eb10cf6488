"""Launches prepared models as supervised engine processes."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import anyio.to_thread
import orjson

from aicockpit.config import EngineSettings
from aicockpit.engines import (
    EngineProcess,
    StartupProgress,
    new_engine_id,
    running_engine,
)
from aicockpit.fleet.machine import Address
from aicockpit.fleet.preparation import Preparation, PreparedModel
from aicockpit.fleet.start_memory import KvCacheComparison, compare, observe
from aicockpit.paths import DataFolder
from aicockpit.planner.document import document
from aicockpit.start_records import StartRecords

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.planner.planned import Planned

logger = logging.getLogger(__name__)


class EngineLauncher:
    """Makes engine processes; satisfies the fleet's `Launcher`.

    Args:
        preparation: the models and the environment that their engines run in.
        settings: how engines are run.
        data: where logs and plans go, and what starts have shown.
        today: the day of a start.
    """

    def __init__(
        self,
        preparation: Preparation,
        settings: EngineSettings,
        data: DataFolder,
        *,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._models = {model.key: model for model in preparation.models}
        self._environment = preparation.environment
        self._settings = settings
        self._data = data
        self._today = today

    @asynccontextmanager
    async def running(self, key: str) -> AsyncIterator[LaunchedEngine]:
        """A new engine process under an id of its own, with its plan beside its log."""
        model = self._models[key]
        spec = replace(model.spec, id=new_engine_id(key))
        async with running_engine(spec, self._environment, self._settings, self._data) as process:
            plan_file = process.log.path.with_suffix(".plan.json")
            await anyio.to_thread.run_sync(write_plan, model.planned, plan_file)
            yield LaunchedEngine(process, model, self._learn)

    def _learn(self, process: EngineProcess, model: PreparedModel) -> None:
        """Keep what this start showed, for the next plan. Blocks."""
        observation = observe(
            model.planned,
            process.report,
            resident=process.resident_memory(),
            engine_version=self._environment.version,
            date=self._today().isoformat(),
        )
        if observation is not None:
            StartRecords(self._data).add(observation)


class LaunchedEngine:
    """An engine process as the fleet sees it."""

    def __init__(
        self,
        process: EngineProcess,
        model: PreparedModel,
        learn: Callable[[EngineProcess, PreparedModel], None],
    ) -> None:
        self._process = process
        self._model = model
        self._learn = learn
        self.kv_cache: KvCacheComparison | None = None

    async def wait_ready(self, on_phase: Callable[[str], None]) -> Address:
        """Return when the engine answers."""
        await self._process.wait_ready(lambda progress: on_phase(phase_words(progress)))
        self.kv_cache = compare(self._model.planned, self._process.report)
        if self.kv_cache is not None:
            level = logging.WARNING if self.kv_cache.is_notable else logging.INFO
            told = f"{self.kv_cache}. {self.kv_cache.advice}".strip()
            logger.log(level, "model %s: %s", self._model.key, told)
        await anyio.to_thread.run_sync(self._learn, self._process, self._model)
        return Address(self._process.base_url, self._process.api_key)

    async def wait_ended(self) -> str:
        """Why the engine ended, once nothing of it is left."""
        await self._process.wait_exited()
        return self._process.lost_error().why


def write_plan(planned: Planned, path: Path) -> None:
    """Write a plan as `aicockpit plan --json` prints it. Blocks.

    It has what the plan decided and none of the configuration's own values, so no secret.
    """
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(document(planned, explain=True), option=options))
    except OSError as error:
        logger.warning("the plan could not be written to %s: %s", path, error)


def phase_words(progress: StartupProgress) -> str:
    """A phase in words: `loading weights, 50 % (1 of 2 shards)`."""
    words = str(progress.phase)
    if progress.fraction is not None:
        words += f", {progress.fraction:.0%}"
    return f"{words} ({progress.detail})" if progress.detail else words
