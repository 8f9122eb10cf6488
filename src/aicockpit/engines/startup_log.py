"""How far an engine's start has come, read from its log line by line. Pure.

The lines are those of vLLM 0.32 and 0.33. An unknown line changes nothing, so a newer engine only
shows coarser phases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class StartupPhase(StrEnum):
    """What a starting engine is busy with, in order."""

    IMPORTING = "importing"
    """Python modules and the model's configuration."""
    PREPARING = "preparing workers"
    LOADING = "loading weights"
    COMPILING = "compiling"
    SIZING = "sizing the KV cache"
    WARMING_UP = "warming up"
    OPENING = "opening the server"
    """It answers any moment now."""
    READY = "ready"


_ORDER = list(StartupPhase)

_SIGNS = (
    (StartupPhase.PREPARING, re.compile(r"Initializing a V1 LLM engine")),
    (
        StartupPhase.LOADING,
        re.compile(r"Starting to load model|Loading weights took|Model loading took"),
    ),
    (
        StartupPhase.COMPILING,
        re.compile(
            r"Warming up model for the compilation|for vLLM's torch\.compile|"
            r"Directly load AOT compilation|Dynamo bytecode transform time|Compiling a graph"
        ),
    ),
    (
        StartupPhase.SIZING,
        re.compile(
            r"Available KV cache memory|[CG]PU KV cache size|for KV cache on node|"
            r"torch\.compile took|saved AOT compiled function|Initial profiling/warmup run took"
        ),
    ),
    (StartupPhase.WARMING_UP, re.compile(r"Maximum concurrency for|Graph capturing finished")),
    (
        StartupPhase.OPENING,
        re.compile(r"Starting vLLM (?:API )?server|Application startup complete"),
    ),
)
_SHARDS = re.compile(
    r"[Ll]oading [\w ]*(?:shards|loader|Streamer):\s+(\d+)% Completed \| (\d+)/(\d+)"
)
_GRAPHS = re.compile(r"Capturing CUDA graphs[^:]*:\s+(\d+)%.*? (\d+)/(\d+)")
_LISTENING = re.compile(r"Application startup complete|Uvicorn running on")


@dataclass(frozen=True)
class StartupProgress:
    """A phase and how much of it is done."""

    phase: StartupPhase = StartupPhase.IMPORTING
    fraction: float | None = None
    """Between 0 and 1; None when the engine does not say."""
    detail: str = ""
    """In words, such as `2 of 4 shards`."""


class StartupLog:
    """Follows one start. Phases only go forward: several workers print at the same time."""

    def __init__(self) -> None:
        self.progress = StartupProgress()
        self.listening = False
        """The engine says that its server is up."""

    def feed(self, line: str) -> bool:
        """Take one line; whether it changed `progress`."""
        self.listening = self.listening or bool(_LISTENING.search(line))
        found = _read(line)
        if found is None or _ORDER.index(found.phase) < _ORDER.index(self.progress.phase):
            return False
        if found.phase is self.progress.phase and found.fraction is None:
            return False
        changed = found != self.progress
        self.progress = found
        return changed


def _read(line: str) -> StartupProgress | None:
    if match := _SHARDS.search(line):
        return _amount(StartupPhase.LOADING, match, "shards")
    if match := _GRAPHS.search(line):
        return _amount(StartupPhase.WARMING_UP, match, "CUDA graphs")
    # The furthest sign wins: one line may say both that the cache is sized and how it is used.
    for phase, sign in reversed(_SIGNS):
        if sign.search(line):
            return StartupProgress(phase)
    return None


def _amount(phase: StartupPhase, match: re.Match[str], unit: str) -> StartupProgress:
    percent, done, total = match.groups()
    return StartupProgress(phase, int(percent) / 100, f"{done} of {total} {unit}")
