"""The task that owns the fleet's state and carries out what its rules decide."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Protocol

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from aicockpit.errors import CockpitError
from aicockpit.fleet.machine import (
    Address,
    BecameReady,
    Ended,
    Event,
    FleetMachine,
    Member,
    PhaseChanged,
    RestartDue,
    StartAll,
    StartFailed,
    StopAll,
)
from aicockpit.fleet.start_memory import KvCacheComparison

logger = logging.getLogger(__name__)

_QUEUE_LENGTH = 1024

OnPhase = Callable[[str], None]
Watcher = Callable[[Member], None]


class Engine(Protocol):
    """A launched engine process."""

    @property
    def kv_cache(self) -> KvCacheComparison | None:
        """Once ready: the size of its KV cache beside its plan, if it said."""

    async def wait_ready(self, on_phase: OnPhase) -> Address:
        """Return when the engine answers; raise `EngineStartError` when it will not."""

    async def wait_ended(self) -> str:
        """Return, in words, why the engine ended, once all its processes are gone."""


class Launcher(Protocol):
    """Makes engine processes."""

    def running(self, key: str) -> AbstractAsyncContextManager[Engine]:
        """A new process of a model's engine, whose processes all end with the block."""


class Fleet:
    """All engines of this gateway.

    Reading `members` is fine for routing and display; changes happen in `run` alone.

    Args:
        keys: the models to run, in the order in which they start.
        launcher: makes their engine processes.
        max_restarts: unexpected ends in a row after which a model is given up.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        keys: list[str],
        launcher: Launcher,
        *,
        max_restarts: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._launcher = launcher
        self._send: MemoryObjectSendStream[Event]
        self._receive: MemoryObjectReceiveStream[Event]
        self._send, self._receive = anyio.create_memory_object_stream(_QUEUE_LENGTH)
        self._machine = FleetMachine(keys, self, clock=clock, max_restarts=max_restarts)
        self._scopes: dict[str, anyio.CancelScope] = {}
        self._tasks: TaskGroup | None = None
        self._watchers: list[Watcher] = []
        self._changed = anyio.Event()

    @property
    def members(self) -> Mapping[str, Member]:
        """Every model's state, by key."""
        return self._machine.members

    @contextmanager
    def watched_by(self, watcher: Watcher) -> Iterator[None]:
        """Call `watcher` with every member after each event, until the block ends."""
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)

    async def run(self) -> None:
        """Start all engines and look after them until `stop`; cancelling ends them too."""
        async with self._send, self._receive, anyio.create_task_group() as tasks:
            self._tasks = tasks
            self._apply(StartAll())
            async for event in self._receive:
                self._apply(event)
                if self._machine.stopped:
                    break
            tasks.cancel_scope.cancel()  # only reminders of restarts can be left

    async def stop(self) -> None:
        """End all engines and return when their processes are gone."""
        await self._send.send(StopAll())
        await self.wait_until(lambda: self._machine.stopped)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return when `condition`, asked after each event, is true."""
        while not condition():
            await self._changed.wait()

    def launch(self, key: str, launch: int) -> None:
        """Effect: start an engine."""
        self._task_group.start_soon(self._supervise, key, launch)

    def end(self, key: str) -> None:
        """Effect: stop an engine."""
        self._scopes[key].cancel()

    def remind(self, key: str, launch: int, delay: float) -> None:
        """Effect: send `RestartDue` later."""
        self._task_group.start_soon(self._remind, RestartDue(key, launch), delay)

    async def _supervise(self, key: str, launch: int) -> None:
        ended: Event = Ended(key, launch, "it was stopped")
        with anyio.CancelScope() as scope:
            self._scopes[key] = scope
            ended = await self._live(key, launch)
        await self._send.send(ended)

    async def _live(self, key: str, launch: int) -> Event:
        async with self._launcher.running(key) as engine:
            try:
                address = await engine.wait_ready(
                    lambda phase: self._show(PhaseChanged(key, launch, phase))
                )
            except CockpitError as error:
                return StartFailed(key, launch, error)
            await self._send.send(BecameReady(key, launch, address, engine.kv_cache))
            return Ended(key, launch, await engine.wait_ended())

    def _show(self, event: PhaseChanged) -> None:
        try:
            self._send.send_nowait(event)
        except anyio.WouldBlock:
            logger.debug("a phase of %s was not shown: the queue is full", event.key)

    async def _remind(self, event: RestartDue, delay: float) -> None:
        await anyio.sleep(delay)
        await self._send.send(event)

    @property
    def _task_group(self) -> TaskGroup:
        if self._tasks is None:
            raise RuntimeError("the fleet is not running")
        return self._tasks

    def _apply(self, event: Event) -> None:
        self._machine.handle(event)
        for watcher in self._watchers:
            for member in self.members.values():
                watcher(member)
        self._changed.set()
        self._changed = anyio.Event()
