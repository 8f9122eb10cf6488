"""Which way a batch goes: through the gateway when it serves the model, else offline."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import anyio

from aicockpit.batch.gateway_path import Gateway, served_models
from aicockpit.config import Config, ModelSettings
from aicockpit.errors import BatchError
from aicockpit.hardware import detect
from aicockpit.models.defaults import default_source
from aicockpit.models.location import short_name

if TYPE_CHECKING:
    from aicockpit.batch.survey import Survey

PathWish = Literal["auto", "gateway", "offline"]

_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound


@dataclass(frozen=True)
class GatewayPath:
    """Through a gateway that serves the model."""

    gateway: Gateway
    kind: Literal["gateway"] = "gateway"


@dataclass(frozen=True)
class OfflinePath:
    """On an engine of its own."""

    settings: ModelSettings
    or_starter: bool = False
    """Nobody chose the model, so the starter will do when the Hub cannot be reached."""
    kind: Literal["offline"] = "offline"


def choose_path(
    wish: PathWish, model: str | None, found: Survey, config: Config
) -> GatewayPath | OfflinePath:
    """Choose; asks the gateway's address what it serves.

    Raises BatchError when the wish cannot be met.
    """
    if wish != "offline":
        gateway = _gateway(config)
        served = anyio.run(functools.partial(served_models, gateway))
        needed = {model} if model else {name or "default" for name in found.models}
        if served is not None and needed <= served:
            return GatewayPath(gateway)
        if wish == "gateway":
            raise _not_served(gateway, served, needed)
    return _offline(model, found, config)


def _gateway(config: Config) -> Gateway:
    server = config.server
    host = _EVERY_ADDRESS.get(server.host, server.host)
    host = f"[{host}]" if ":" in host else host
    key = server.api_key.get_secret_value() if server.api_key else None
    return Gateway(f"http://{host}:{server.port}", key)


def _offline(model: str | None, found: Survey, config: Config) -> OfflinePath:
    named = {model} if model else {name for name in found.models if name not in {None, "default"}}
    if len(named) > 1:
        listed = ", ".join(sorted(str(name) for name in named))
        raise BatchError(
            "The lines name several models.",
            why=f"They name {listed}, and an offline run loads one.",
            remedy="Choose one for all lines with --model, or serve them all with "
            "`aicockpit serve` and run the batch again.",
        )
    name = next(iter(named), None)
    if name is None:
        return _default(config)
    if name in config.models:
        return OfflinePath(config.models[name])
    for settings in config.models.values():
        if name in {settings.served_name, settings.source, short_name(settings.source)}:
            return OfflinePath(settings)
    return OfflinePath(ModelSettings(source=name))


def _default(config: Config) -> OfflinePath:
    key = config.server.default_model or next(iter(config.models), None)
    if key is not None:
        return OfflinePath(config.models[key])
    return OfflinePath(ModelSettings(source=default_source(detect())), or_starter=True)


def _not_served(gateway: Gateway, served: set[str] | None, needed: set[str]) -> BatchError:
    if served is None:
        why = f"Nothing at {gateway.base_url} answers as a gateway."
    else:
        missing = ", ".join(sorted(needed - served))
        why = f"It does not serve {missing}; it serves {', '.join(sorted(served)) or 'nothing'}."
    return BatchError(
        "The batch cannot go through the gateway.",
        why=why,
        remedy="Start it with `aicockpit serve`, or let the batch run offline.",
    )
