from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter

from aicockpit.config import EngineSettings
from aicockpit.engines import StartupReport
from aicockpit.fleet import EngineLauncher, Preparation, launcher, prepare
from aicockpit.paths import DataFolder
from aicockpit.planner.document import PlanDocument
from aicockpit.progress import SilentProgress
from aicockpit.start_records import StartRecords
from tests.unit.fleet.test_preparation import MACHINE, config_of, model_folder

pytestmark = pytest.mark.anyio
REPORT = StartupReport(tokens=174_720, context=4096, available=2.0)


@pytest.fixture
def preparation(tmp_path: Path, data: DataFolder) -> Preparation:
    text = f"""
    [server]
    api_key = "a-secret-of-the-gateway"
    [models.coder]
    source = "{model_folder(tmp_path / "My-Coder")}"
    context = 4096
    engine_args = {{ additional-config = {{ x = "a-secret-of-the-user" }}, enable-lora = true }}
    """
    return prepare(config_of(tmp_path, text), data, MACHINE, SilentProgress())


@pytest.fixture
def launch(
    preparation: Preparation, data: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> EngineLauncher:
    log = data.logs / "engines" / "coder.log"
    process = SimpleNamespace(
        log=SimpleNamespace(path=log),
        report=REPORT,
        resident_memory=lambda: 6 * 2**30,
        base_url="http://127.0.0.1:1",
        api_key="a-secret-of-the-engine",
        wait_ready=_ready,
    )

    @asynccontextmanager
    async def running(*_: object) -> AsyncIterator[Any]:
        yield process

    monkeypatch.setattr(launcher, "running_engine", running)
    return EngineLauncher(preparation, EngineSettings(), data, today=lambda: date(2026, 11, 22))


async def _ready(on_phase: object) -> None:
    pass


async def test_the_plan_lies_beside_the_log_without_a_secret(
    launch: EngineLauncher, data: DataFolder
):
    async with launch.running("coder"):
        text = (data.logs / "engines" / "coder.plan.json").read_text()
    plan = TypeAdapter(PlanDocument).validate_json(text, strict=False)
    assert plan.fits
    assert plan.kv_cache_tokens == 174_720
    assert plan.max_model_len == 4096
    assert "a-secret" not in text


async def test_a_ready_engine_is_compared_with_its_plan_and_teaches_the_next(
    launch: EngineLauncher, data: DataFolder, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level("INFO"):
        async with launch.running("coder") as engine:
            await engine.wait_ready(lambda _: None)
    assert str(engine.kv_cache) == "KV cache: predicted 174,720 tokens, got 174,720 (0.0 %)"
    assert "predicted 174,720 tokens" in caplog.text
    (seen,) = StartRecords(data).read().observations
    assert (seen.date, seen.engine_version, seen.tokens) == ("2026-11-22", "0.32.0", 174_720)
    assert seen.start.flags == ("additional-config", "enable-lora=True")
    assert "a-secret" not in data.calibration.read_text()
