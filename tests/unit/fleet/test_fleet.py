from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from aicockpit.errors import EngineStartError
from aicockpit.fleet.fleet import Fleet
from aicockpit.fleet.machine import Address, MemberState
from aicockpit.fleet.start_memory import KvCacheComparison

pytestmark = pytest.mark.anyio


class ScriptedEngine:
    """An engine whose life the test decides."""

    def __init__(self, *, fails: bool = False, never_ready: bool = False) -> None:
        self.fails = fails
        self.never_ready = never_ready
        self.end = anyio.Event()
        self.stops = 0
        self.kv_cache: KvCacheComparison | None = KvCacheComparison(1000, 1000)

    async def wait_ready(self, on_phase: Callable[[str], None]) -> Address:
        on_phase("loading weights")
        await anyio.lowlevel.checkpoint()
        if self.never_ready:
            await anyio.sleep_forever()
        if self.fails:
            raise EngineStartError("It did not start.", why="Because.", remedy="Do this.")
        return Address("http://127.0.0.1:1", "secret")

    async def wait_ended(self) -> str:
        await self.end.wait()
        return "exit status 1"


class ScriptedLauncher:
    def __init__(self, *engines: ScriptedEngine) -> None:
        self.engines = list(engines)
        self.launched: list[str] = []

    @asynccontextmanager
    async def running(self, key: str) -> AsyncIterator[ScriptedEngine]:
        self.launched.append(key)
        engine = self.engines[len(self.launched) - 1]
        try:
            yield engine
        finally:
            engine.stops += 1


def states(fleet: Fleet) -> list[MemberState]:
    return [member.state for member in fleet.members.values()]


async def test_all_become_ready_and_stop():
    engines = [ScriptedEngine(), ScriptedEngine()]
    fleet = Fleet(["a", "b"], ScriptedLauncher(*engines), max_restarts=0)
    seen: set[str] = set()
    with (
        anyio.fail_after(5),
        fleet.watched_by(lambda member: seen.add(f"{member.key}: {member.phase}")),
    ):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fleet.run)
            await fleet.wait_until(lambda: states(fleet) == [MemberState.READY] * 2)
            await fleet.stop()
    assert states(fleet) == [MemberState.STOPPED] * 2
    assert [engine.stops for engine in engines] == [1, 1]
    assert "a: loading weights" in seen
    assert fleet.members["a"].kv_cache == KvCacheComparison(1000, 1000)


async def test_a_failed_start_is_kept_with_its_reason_and_cleaned_up():
    engine = ScriptedEngine(fails=True)
    fleet = Fleet(["a"], ScriptedLauncher(engine), max_restarts=0)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fleet.run)
            await fleet.wait_until(lambda: states(fleet) == [MemberState.FAILED])
            await fleet.stop()
    assert "It did not start." in str(fleet.members["a"].error)
    assert engine.stops == 1


async def test_an_engine_that_dies_is_replaced():
    first, second = ScriptedEngine(), ScriptedEngine()
    launcher = ScriptedLauncher(first, second)
    fleet = Fleet(["a"], launcher, max_restarts=1)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fleet.run)
            await fleet.wait_until(lambda: states(fleet) == [MemberState.READY])
            first.end.set()
            await fleet.wait_until(lambda: fleet.members["a"].launch == 2)
            await fleet.wait_until(lambda: states(fleet) == [MemberState.READY])
            await fleet.stop()
    assert launcher.launched == ["a", "a"]
    assert (first.stops, second.stops) == (1, 1)


async def test_stopping_while_an_engine_starts_ends_it():
    engine = ScriptedEngine(never_ready=True)
    fleet = Fleet(["a"], ScriptedLauncher(engine), max_restarts=0)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fleet.run)
            await fleet.wait_until(lambda: states(fleet) == [MemberState.STARTING])
            await fleet.stop()
    assert engine.stops == 1
    assert states(fleet) == [MemberState.STOPPED]


async def test_cancelling_the_fleet_ends_its_engines():
    engine = ScriptedEngine()
    fleet = Fleet(["a"], ScriptedLauncher(engine), max_restarts=0)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fleet.run)
            await fleet.wait_until(lambda: states(fleet) == [MemberState.READY])
            tasks.cancel_scope.cancel()
    assert engine.stops == 1
