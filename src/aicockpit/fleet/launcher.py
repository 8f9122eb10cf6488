"""Launches prepared models as supervised engine processes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from aicockpit.config import EngineSettings
from aicockpit.engines import (
    EngineProcess,
    StartupProgress,
    new_engine_id,
    running_engine,
)
from aicockpit.fleet.machine import Address
from aicockpit.fleet.preparation import Preparation
from aicockpit.paths import DataFolder


class EngineLauncher:
    """Makes engine processes; satisfies the fleet's `Launcher`.

    Args:
        preparation: the models and the environment that their engines run in.
        settings: how engines are run.
        data: where logs go.
    """

    def __init__(
        self, preparation: Preparation, settings: EngineSettings, data: DataFolder
    ) -> None:
        self._specs = {model.key: model.spec for model in preparation.models}
        self._environment = preparation.environment
        self._settings = settings
        self._data = data

    @asynccontextmanager
    async def running(self, key: str) -> AsyncIterator[LaunchedEngine]:
        """A new engine process under an id of its own."""
        spec = replace(self._specs[key], id=new_engine_id(key))
        async with running_engine(spec, self._environment, self._settings, self._data) as process:
            yield LaunchedEngine(process)


class LaunchedEngine:
    """An engine process as the fleet sees it."""

    def __init__(self, process: EngineProcess) -> None:
        self._process = process

    async def wait_ready(self, on_phase: Callable[[str], None]) -> Address:
        """Return when the engine answers."""
        await self._process.wait_ready(lambda progress: on_phase(phase_words(progress)))
        return Address(self._process.base_url, self._process.api_key)

    async def wait_ended(self) -> str:
        """Why the engine ended, once nothing of it is left."""
        await self._process.wait_exited()
        return self._process.lost_error().why


def phase_words(progress: StartupProgress) -> str:
    """A phase in words: `loading weights, 50 % (1 of 2 shards)`."""
    words = str(progress.phase)
    if progress.fraction is not None:
        words += f", {progress.fraction:.0%}"
    return f"{words} ({progress.detail})" if progress.detail else words
