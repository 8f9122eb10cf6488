"""The fleet's rules: what follows from each event.

`FleetMachine` holds every member's state. `handle` applies one event synchronously and asks for
effects; it never waits, logs once where a decision commits, and takes the time from its clock.

    waiting ──launch──▶ starting ──ready──▶ ready ──ended──▶ waiting (again, after a delay)
                           │                  │                  └─▶ failed (too often)
                           └──▶ failed        └──stop──▶ stopping ──▶ stopped

Engines start one after the other: a start takes all cores for compilation, and vLLM measures
free memory while it starts, which another start would disturb.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, assert_never

from aicockpit.errors import CockpitError, EngineLostError
from aicockpit.fleet.start_memory import KvCacheComparison

logger = logging.getLogger(__name__)

STABLE_AFTER = 300.0
"""Seconds of readiness after which earlier unexpected ends are forgotten."""

_FIRST_DELAY = 1.0
_LONGEST_DELAY = 60.0


class MemberState(StrEnum):
    """Where a model's engine stands."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Address:
    """Where an engine answers, and with which key."""

    base_url: str
    api_key: str = field(repr=False)


@dataclass
class Member:
    """One model's engine as the machine sees it."""

    key: str
    state: MemberState = MemberState.WAITING
    phase: str = "waiting"
    """What a starting engine is doing, in words."""
    address: Address | None = None
    kv_cache: KvCacheComparison | None = None
    """What the newest start that became ready said of its KV cache."""
    error: CockpitError | None = None
    """Why a failed engine failed."""
    restarts: int = 0
    """Unexpected ends in a row."""
    launch: int = 0
    """Number of the newest launch; events of earlier ones are stale."""
    since: float = 0.0
    """Clock reading when `state` was entered."""
    due: bool = True
    """Whether a waiting member may be launched now."""

    @property
    def settled(self) -> bool:
        """Whether nothing will change without an outside cause."""
        return self.state in {MemberState.READY, MemberState.FAILED, MemberState.STOPPED}


@dataclass(frozen=True)
class StartAll:
    """Launch what is waiting."""


@dataclass(frozen=True)
class PhaseChanged:
    """A starting engine went on to its next phase."""

    key: str
    launch: int
    phase: str


@dataclass(frozen=True)
class BecameReady:
    """An engine answers."""

    key: str
    launch: int
    address: Address
    kv_cache: KvCacheComparison | None = None


@dataclass(frozen=True)
class StartFailed:
    """An engine did not become ready."""

    key: str
    launch: int
    error: CockpitError


@dataclass(frozen=True)
class Ended:
    """An engine that was ready, or was asked to stop, is gone with all its processes."""

    key: str
    launch: int
    reason: str


@dataclass(frozen=True)
class RestartDue:
    """The delay before another launch is over."""

    key: str
    launch: int


@dataclass(frozen=True)
class StopAll:
    """End every engine and launch no more."""


Event = StartAll | PhaseChanged | BecameReady | StartFailed | Ended | RestartDue | StopAll


class Effects(Protocol):
    """All that the machine can do to the world. Every call returns at once."""

    def launch(self, key: str, launch: int) -> None:
        """Start an engine; its events carry the launch number."""

    def end(self, key: str) -> None:
        """Stop an engine, started or starting; `Ended` follows."""

    def remind(self, key: str, launch: int, delay: float) -> None:
        """Send `RestartDue` after `delay` seconds."""


class FleetMachine:
    """State and rules of all members.

    Args:
        keys: the models, in the order in which they start.
        effects: how the machine acts.
        clock: monotonic seconds.
        max_restarts: unexpected ends in a row after which a model is given up.
    """

    def __init__(
        self,
        keys: Iterable[str],
        effects: Effects,
        *,
        clock: Callable[[], float],
        max_restarts: int,
    ) -> None:
        self.members = {key: Member(key) for key in keys}
        self._effects = effects
        self._clock = clock
        self._max_restarts = max_restarts
        self._stopping = False

    @property
    def stopped(self) -> bool:
        """Whether `StopAll` came and every engine is gone."""
        gone = {MemberState.STOPPED, MemberState.FAILED}
        return self._stopping and all(m.state in gone for m in self.members.values())

    def handle(self, event: Event) -> None:
        """Apply one event."""
        match event:
            case StartAll():
                pass
            case StopAll():
                self._stop_all()
            case _:
                member = self.members[event.key]
                if event.launch != member.launch:
                    return
                self._handle_member(member, event)
        self._launch_next()

    def _handle_member(
        self, member: Member, event: PhaseChanged | BecameReady | StartFailed | Ended | RestartDue
    ) -> None:
        match event:
            case PhaseChanged(phase=phase):
                member.phase = phase
            case BecameReady(address=address, kv_cache=kv_cache):
                if member.state is MemberState.STARTING:
                    member.address = address
                    member.kv_cache = kv_cache
                    self._enter(member, MemberState.READY)
            case StartFailed(error=error):
                if member.state is MemberState.STARTING:
                    member.error = error
                    self._enter(member, MemberState.FAILED)
            case Ended(reason=reason):
                self._ended(member, reason)
            case RestartDue():
                member.due = True
            case _ as unreachable:
                assert_never(unreachable)

    def _ended(self, member: Member, reason: str) -> None:
        if member.state in {MemberState.FAILED, MemberState.STOPPED, MemberState.WAITING}:
            return
        member.address = None
        if member.state is not MemberState.READY:
            self._enter(member, MemberState.STOPPED)
            return
        if self._clock() - member.since >= STABLE_AFTER:
            member.restarts = 0
        member.restarts += 1
        if member.restarts > self._max_restarts:
            member.error = _gave_up(member.key, reason, member.restarts)
            self._enter(member, MemberState.FAILED)
            return
        logger.warning("model %s: its engine ended by itself: %s", member.key, reason)
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (member.restarts - 1))
        member.due = False
        member.phase = f"restarting after it ended ({reason})"
        self._enter(member, MemberState.WAITING)
        self._effects.remind(member.key, member.launch, delay)

    def _stop_all(self) -> None:
        self._stopping = True
        for member in self.members.values():
            match member.state:
                case MemberState.WAITING:
                    self._enter(member, MemberState.STOPPED)
                case MemberState.STARTING | MemberState.READY:
                    self._enter(member, MemberState.STOPPING)
                    self._effects.end(member.key)
                case MemberState.STOPPING | MemberState.STOPPED | MemberState.FAILED:
                    pass
                case _ as unreachable:
                    assert_never(unreachable)

    def _launch_next(self) -> None:
        members = self.members.values()
        if self._stopping or any(m.state is MemberState.STARTING for m in members):
            return
        for member in members:
            if member.state is MemberState.WAITING and member.due:
                member.launch += 1
                member.phase = "starting"
                self._enter(member, MemberState.STARTING)
                self._effects.launch(member.key, member.launch)
                return

    def _enter(self, member: Member, state: MemberState) -> None:
        logger.info("model %s: %s -> %s", member.key, member.state, state)
        member.state = state
        member.since = self._clock()


def _gave_up(key: str, reason: str, times: int) -> EngineLostError:
    return EngineLostError(
        f"The engine of {key} ended by itself {times} times in a row and was given up.",
        why=f"The last time: {reason}.",
        remedy="Read its log for the cause, correct that, and start AiCockpit again.",
    )
