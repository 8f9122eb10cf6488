"""From a configuration to engines that can be launched.

`prepare` blocks: it installs the engine environment and fetches weights where they are missing.
Its steps are listed in order in one place; what can be wrong in the configuration is found before
anything is started.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from aicockpit.config import Config, ModelSettings
from aicockpit.config.model import EngineArgument
from aicockpit.engines import (
    EngineSite,
    EngineSpec,
    EnvironmentStore,
    InstalledEnvironment,
    check_arguments,
    check_speculation,
    chosen_accelerator,
    engine_spec,
    environment_for,
    has_compiler,
    load_flags,
    template_file,
)
from aicockpit.errors import CapacityError
from aicockpit.fleet.naming import ModelNames, name_models
from aicockpit.models import LocatedModel, ModelStore, fetch_configured
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware, ModelFacts
from aicockpit.planner.machine import Accelerator
from aicockpit.planner.memory import GIB
from aicockpit.planner.placement import Placement, PlacementRequest, Refusal, place
from aicockpit.progress import Progress


@dataclass(frozen=True)
class FetchedModel:
    """A configured model whose files are on this machine."""

    key: str
    settings: ModelSettings
    located: LocatedModel
    facts: ModelFacts


@dataclass(frozen=True)
class PreparedModel:
    """A model whose engine can be launched."""

    key: str
    names: ModelNames
    model: FetchedModel
    placement: Placement
    spec: EngineSpec


@dataclass(frozen=True)
class RefusedModel:
    """A model that does not fit beside the others."""

    key: str
    names: ModelNames
    error: CapacityError


@dataclass(frozen=True)
class Preparation:
    """Everything that serving needs to know about the models."""

    environment: InstalledEnvironment
    models: tuple[PreparedModel, ...]
    refused: tuple[RefusedModel, ...]
    default: str
    """Key of the default model."""


def prepare(
    config: Config,
    data: DataFolder,
    hardware: Hardware,
    progress: Progress,
    *,
    fall_back_to_starter: bool = False,
) -> Preparation:
    """Make everything ready to launch the configured models.

    Args:
        config: with at least one model.
        fall_back_to_starter: nobody named the model, so the starter may stand in for it when the
            Hub cannot be reached.

    Raises:
        CockpitError: what cannot be made ready, with the remedy. A model that merely does not fit
            beside the others is refused alone, unless none fits.
    """
    accelerator = chosen_accelerator(config.engines, hardware)
    for key, settings in config.models.items():
        check_speculation(key, settings, accelerator)
    environment = EnvironmentStore(data).install(environment_for(accelerator), progress, hardware)
    store = ModelStore(data)
    candidates = [
        FetchedModel(
            key,
            settings,
            *fetch_configured(store, settings, progress, or_starter=fall_back_to_starter),
        )
        for key, settings in config.models.items()
    ]
    names = name_models(config.models, {model.key: model.located.name for model in candidates})
    requests = [_request(model, config) for model in candidates]
    prepared: list[PreparedModel] = []
    refused: list[RefusedModel] = []
    for model, decision in zip(candidates, place(requests, hardware, accelerator), strict=True):
        own = names[model.key]
        match decision:
            case Refusal():
                error = _capacity_error(decision, accelerator)
                refused.append(RefusedModel(model.key, own, error))
            case Placement():
                site = _site(model, own, decision, accelerator, data)
                settings = _final_settings(model, decision)
                spec = engine_spec(site, settings, config.engines)
                prepared.append(PreparedModel(model.key, own, model, decision, spec))
    if not prepared:
        raise refused[0].error
    flags = load_flags(environment, data)
    for ready in prepared:
        check_arguments(flags, ready.spec.arguments)
    keys = [ready.key for ready in prepared]
    wanted = config.server.default_model or next(iter(config.models))
    default = wanted if wanted in keys else keys[0]
    return Preparation(environment, tuple(prepared), tuple(refused), default)


def _request(model: FetchedModel, config: Config) -> PlacementRequest:
    settings = model.settings
    return PlacementRequest(
        key=model.key,
        facts=model.facts,
        dtype=settings.dtype,
        cpu_kv_cache=config.engines.cpu_kv_cache,
        gpus=None if settings.gpus == "auto" else settings.gpus,
        gpu_memory_utilization=settings.gpu_memory_utilization,
    )


def _site(
    model: FetchedModel,
    names: ModelNames,
    placement: Placement,
    accelerator: Accelerator,
    data: DataFolder,
) -> EngineSite:
    template = model.settings.chat_template
    return EngineSite(
        id=model.key,  # each launch gets an id of its own
        key=model.key,
        model_path=model.located.path,
        served_names=names.all,
        accelerator=accelerator,
        gpus=placement.gpus,
        chat_template=template_file(template, data, model.key) if template else None,
        architecture=model.facts.architecture,
        can_compile=has_compiler(os.environ),
    )


def _final_settings(model: FetchedModel, placement: Placement) -> ModelSettings:
    """The settings with what was decided where they leave it open."""
    arguments: dict[str, EngineArgument] = {}
    if model.facts.tool_call_format is not None:
        # Without a parser vLLM refuses every request that has tools.
        arguments["enable-auto-tool-choice"] = True
        arguments["tool-call-parser"] = model.facts.tool_call_format
    updates = {
        "gpu_memory_utilization": placement.gpu_memory_utilization,
        "engine_args": arguments | model.settings.engine_args,
    }
    return model.settings.model_copy(update=updates)


def _capacity_error(refusal: Refusal, accelerator: Accelerator) -> CapacityError:
    memory = "RAM" if accelerator == "cpu" else "GPU memory"
    beside = f" beside {', '.join(refusal.beside)}" if refusal.beside else ""
    smaller = (
        "lower engines.cpu_kv_cache"
        if accelerator == "cpu"
        else "choose a quantised variant or more GPUs"
    )
    return CapacityError(
        f"The model {refusal.key} does not fit{beside}.",
        why=f"It needs about {refusal.needed / GIB:.1f} GiB of {memory} and "
        f"{refusal.available / GIB:.1f} GiB are left.",
        remedy=f"Serve fewer models at a time, free memory, or {smaller}.",
    )
