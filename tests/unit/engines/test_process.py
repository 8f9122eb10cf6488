"""A supervised engine's life, with a stand-in for vLLM and everything else real."""

import os
import signal
import subprocess
import sys
import textwrap
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import anyio
import pytest

from aicockpit.config import EngineSettings
from aicockpit.engines import (
    EngineClient,
    EngineProcess,
    EngineSpec,
    StartupPhase,
    StartupProgress,
    running_engine,
    start_engine,
    sweep,
)
from aicockpit.errors import EngineStartError
from aicockpit.paths import DataFolder
from tests.support.engine_marks import is_open, marked_pids, wait_until
from tests.support.standin_engine import standin_environment

pytestmark = pytest.mark.anyio

TypeOfRun = Callable[..., AbstractAsyncContextManager[EngineProcess]]
SETTINGS = EngineSettings.model_validate({"start_timeout": "20s", "stop_timeout": "150ms"})
SPEC = EngineSpec(
    # Tests run beside each other, and a guard ends whatever else has its engine's id.
    id=f"coder-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}",
    key="coder",
    model_path=Path("/models/coder"),
    served_names=("small-coder", "coder"),
    accelerator="cpu",
)


@pytest.fixture
def data(tmp_path: Path):
    data = DataFolder(tmp_path / "home")
    yield data
    for pid in marked_pids(data):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def run(data: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TypeOfRun:
    environment = standin_environment(tmp_path / "env")

    def run(habit: str = "", settings: EngineSettings = SETTINGS):
        monkeypatch.setenv("VLLM_STANDIN", habit)
        return running_engine(SPEC, environment, settings, data)

    return run


async def gone_within(data: DataFolder, engine: EngineProcess, seconds: float) -> None:
    with anyio.fail_after(seconds):
        await engine.wait_exited()
    assert marked_pids(data) == []
    assert not is_open(engine.port)


async def test_it_gets_ready_serves_and_leaves_nothing(run, data: DataFolder) -> None:
    told: list[StartupProgress] = []
    async with run() as engine:
        await engine.wait_ready(told.append)
        assert engine.ready
        assert [progress.phase for progress in told] == [
            StartupPhase.IMPORTING,
            StartupPhase.PREPARING,
            StartupPhase.LOADING,
            StartupPhase.LOADING,
            StartupPhase.OPENING,
            StartupPhase.READY,
        ]
        assert told[3].fraction == 0.5
        async with EngineClient(engine.base_url, engine.api_key) as client:
            assert await client.serves("coder")
            assert not await client.serves("other")
            assert (await client.load()).running == 2
        assert len(marked_pids(data)) == 3  # guard, engine, its grandchild
        assert engine.pid in marked_pids(data)
    await gone_within(data, engine, 1)
    assert not engine.ready
    assert engine.returncode == -signal.SIGTERM
    assert "Application startup complete" in engine.log.path.read_text()


async def test_the_key_is_random_and_needed_and_never_on_a_command_line(run) -> None:
    async with run() as engine:
        await engine.wait_ready()
        assert len(engine.api_key) >= 32
        assert engine.pid
        argv = await anyio.Path(f"/proc/{engine.pid}/cmdline").read_bytes()
        assert engine.api_key.encode() not in argv
        assert engine.api_key not in repr(engine.spec)
        assert engine.api_key not in engine.log.path.read_text()
        with pytest.raises(urllib.error.HTTPError) as refused:
            await anyio.to_thread.run_sync(urllib.request.urlopen, f"{engine.base_url}/v1/models")
        refused.value.close()


async def test_killing_the_api_process_takes_the_rest_with_it(run, data: DataFolder) -> None:
    async with run() as engine:
        await engine.wait_ready()
        os.kill(engine.pid, signal.SIGKILL)
        await gone_within(data, engine, 5)
        assert engine.returncode == -signal.SIGKILL
        assert "ran out of memory" in engine.lost_error().why


async def test_killing_the_guard_takes_the_engine_with_it(run, data: DataFolder) -> None:
    async with run() as engine:
        await engine.wait_ready()
        os.kill(engine.guard_pid, signal.SIGKILL)
        await gone_within(data, engine, 10)


async def test_an_engine_that_ends_by_itself_is_noticed(run, data: DataFolder) -> None:
    async with run("dies") as engine:
        await engine.wait_ready()
        with pytest.raises(urllib.error.URLError):
            await anyio.to_thread.run_sync(_open, f"{engine.base_url}/die")
        await gone_within(data, engine, 5)
        assert engine.returncode == 3
        assert "status 3" in engine.lost_error().why


def _open(url: str) -> None:
    try:
        urllib.request.urlopen(url)
    except ConnectionError as error:
        raise urllib.error.URLError(error) from error


async def test_one_that_ignores_sigterm_is_forced(run, data: DataFolder) -> None:
    async with run("stubborn") as engine:
        await engine.wait_ready()
        with anyio.fail_after(5):
            assert await engine.stop() == -signal.SIGKILL
        assert marked_pids(data) == []


async def test_force_can_be_asked_for(run, data: DataFolder) -> None:
    slow = EngineSettings.model_validate({"stop_timeout": "60s"})
    async with run("stubborn", slow) as engine:
        await engine.wait_ready()
        with anyio.fail_after(5):
            assert await engine.kill() == -signal.SIGKILL
        assert marked_pids(data) == []


async def test_a_refused_argument_is_explained(run, data: DataFolder) -> None:
    async with run("bad-flag") as engine:
        with pytest.raises(EngineStartError) as caught:
            await engine.wait_ready()
        assert caught.value.what == "The engine of coder did not start."
        assert "--swap-space" in caught.value.why
        assert str(data.logs / "engines" / "coder.log") in caught.value.remedy


async def test_a_taken_port_is_tried_again_with_another(run, data: DataFolder) -> None:
    async with run("port-taken-once") as engine:
        await engine.wait_ready()
        assert engine.ready
        assert (data.run / "taken").exists()


async def test_one_that_never_gets_ready_is_given_up(run, data: DataFolder) -> None:
    hasty = EngineSettings.model_validate({"start_timeout": "600ms", "stop_timeout": "150ms"})
    async with run("silent", hasty) as engine:
        with pytest.raises(EngineStartError, match=r"still \w+ ?\w* after 0\.6 seconds"):
            await engine.wait_ready()
        await gone_within(data, engine, 1)


async def test_stopping_during_the_start_answers_who_waits(run, data: DataFolder) -> None:
    async with run("silent") as engine, anyio.create_task_group() as tasks:
        caught: list[EngineStartError] = []

        async def wait() -> None:
            try:
                await engine.wait_ready()
            except EngineStartError as error:
                caught.append(error)

        tasks.start_soon(wait)
        await anyio.lowlevel.checkpoint()
        await engine.stop()
    assert "stopped before" in caught[0].why
    assert marked_pids(data) == []


async def test_cancelling_its_task_group_ends_it(data: DataFolder, tmp_path: Path) -> None:
    environment = standin_environment(tmp_path / "env")
    async with anyio.create_task_group() as tasks:
        engine = await start_engine(SPEC, environment, SETTINGS, data, tasks)
        await engine.wait_ready()
        tasks.cancel_scope.cancel()
    assert marked_pids(data) == []


async def test_a_failure_in_the_block_is_not_wrapped(run, data: DataFolder) -> None:
    with pytest.raises(EngineStartError):
        async with run("bad-flag") as engine:
            await engine.wait_ready()


async def test_an_inline_template_goes_with_the_engine(run, data: DataFolder) -> None:
    template = data.run / f"{SPEC.id}.jinja"
    template.parent.mkdir(parents=True)
    template.write_text("{{ messages }}")
    async with run("bad-flag") as engine:
        await engine.wait_exited()
    assert not template.exists()


OWNER = """
import sys
from pathlib import Path
import anyio
from aicockpit.engines import running_engine
from aicockpit.paths import DataFolder
from tests.support.standin_engine import standin_environment
from tests.unit.engines.test_process import SETTINGS, SPEC

async def main():
    environment = standin_environment(Path(sys.argv[2]))
    async with running_engine(SPEC, environment, SETTINGS, DataFolder(Path(sys.argv[1]))) as engine:
        await engine.wait_ready()
        print(engine.port, engine.guard_pid, flush=True)
        await anyio.sleep_forever()

anyio.run(main)
"""


@pytest.fixture
def owner(data: DataFolder, tmp_path: Path):
    """Another process that runs an engine: the process, the engine's port, the guard's pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER), str(data.root), str(tmp_path / "env2")],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert process.stdout
    port, guard = map(int, process.stdout.readline().split())
    yield process, port, guard
    process.kill()
    process.wait()
    process.stdout.close()


def test_killing_the_owner_leaves_nothing(owner, data: DataFolder) -> None:
    process, port, _ = owner
    assert len(marked_pids(data)) == 3
    assert sweep(data) == []  # not while the owner lives
    process.kill()
    wait_until(lambda: marked_pids(data) == [], 5)
    assert not is_open(port)


def test_killing_owner_and_guard_leaves_what_a_sweep_finds(owner, data: DataFolder) -> None:
    process, port, guard = owner
    process.send_signal(signal.SIGSTOP)  # it must not get to clean up
    os.kill(guard, signal.SIGKILL)
    process.kill()
    process.wait()
    swept = sweep(data, grace=0.2)
    assert {one.engine for one in swept} == {SPEC.id}
    assert {one.owner.partition(":")[0] for one in swept} == {str(process.pid)}
    assert marked_pids(data) == []
    assert not is_open(port)
