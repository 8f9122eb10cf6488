"""What the gateway needs to know about models, and asks of the fleet.

The gateway never starts an engine. It asks a `Directory` where a model answers and which models
there are; the fleet implements it. Every method is a fast synchronous read on the event loop's
own thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aicockpit.fim import FimFamily

DEFAULT_ALIAS = "default"
"""The name under which clients reach the default model without knowing its id."""


@dataclass(frozen=True)
class FimSource:
    """What is needed to render prompts that have a model fill in the middle."""

    family: FimFamily
    folder: Path
    """The model's folder, which has its tokenizer."""
    context_length: int
    """Tokens of the model's window, prompt and answer together."""


@dataclass(frozen=True)
class Route:
    """Where one model answers."""

    model_id: str
    """The public id, which labels metrics."""
    base_url: str
    """Scheme, address and port without a trailing slash, such as `http://127.0.0.1:40123`."""
    api_key: str = field(repr=False)
    """The engine's own key; it never leaves the gateway."""
    upstream_model: str
    """The name by which the engine itself knows the model."""
    fim: FimSource | None = field(default=None, repr=False)
    """None for a model that does not fill in the middle."""


@dataclass(frozen=True)
class ServedModel:
    """One entry of `/v1/models`."""

    id: str
    aliases: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    created: int = 0
    """Unix time in seconds."""
    context_length: int | None = None
    """Longest context in tokens, as far as it is known yet."""
    state: str = "ready"
    """`ready` when requests are answered; any other word says what it is doing instead."""
    default: bool = False
    fim: str | None = None
    """Name of the family whose prompts make the model fill in the middle; None if it cannot."""


class Directory(Protocol):
    """The models that are served, and where."""

    def models(self) -> Sequence[ServedModel]:
        """All served models whatever their state, the default one first."""

    def route(self, name: str) -> Route:
        """Where the model called `name` (id, alias or `default`) answers now.

        Raises:
            UnknownModelError: no served model has this name.
            ModelLoadingError: its engine is starting.
            ModelFailedError: its engine did not start or was lost.
        """

    def status(self) -> Mapping[str, object]:
        """Everything that `/api/status` shows, ready for JSON."""
