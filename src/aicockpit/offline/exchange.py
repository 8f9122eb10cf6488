"""What is asked of a worker and what comes back: values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aicockpit.offline.outputs import RequestOutput

Key = TypeVar("Key")


@dataclass(frozen=True)
class Request(Generic[Key]):
    """One thing to ask of the worker."""

    key: Key
    """What the caller knows it by."""
    payload: Mapping[str, object]
    """The worker's `request` message without `type` and `id`."""


@dataclass(frozen=True)
class Answered(Generic[Key]):
    """A request that was carried out."""

    key: Key
    output: RequestOutput


@dataclass(frozen=True)
class Refused(Generic[Key]):
    """A request that failed, without harm to the others."""

    key: Key
    code: str
    """`invalid_request` or `engine_error`."""
    message: str
    """The engine's own words."""


@dataclass(frozen=True)
class Pace:
    """How far the engine is, twice a second."""

    running: int
    finished: int
    generated_tokens: int
    """Tokens generated since the engine started, those of unfinished answers included."""
    prompt_tokens: int


Event = Answered[Key] | Refused[Key] | Pace
"""What `OfflineEngine.run` yields."""
