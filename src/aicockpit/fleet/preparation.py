"""From a configuration to engines that can be launched.

`prepare` blocks: it installs the engine environment and fetches weights where they are missing.
Its steps are listed in order in one place; what can be wrong in the configuration is found before
anything is started.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

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
from aicockpit.fleet.allotment import allot
from aicockpit.fleet.naming import ModelNames, name_models
from aicockpit.fleet.planning import FetchedModel, planned_flags, start_notes
from aicockpit.models import ModelStore, fetch_configured
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware
from aicockpit.planner.engine_memory import release_of_engine
from aicockpit.planner.machine import Accelerator
from aicockpit.planner.planned import Planned
from aicockpit.progress import Progress
from aicockpit.start_records import StartRecords

_LONG_CONTEXTS = "VLLM_ALLOW_LONG_MAX_MODEL_LEN"
"""The variable by which engines take a longer context than the model's own."""


@dataclass(frozen=True)
class PreparedModel:
    """A model whose engine can be launched."""

    key: str
    names: ModelNames
    model: FetchedModel
    planned: Planned
    spec: EngineSpec

    @property
    def context(self) -> int:
        """Tokens of the longest request that its engine takes."""
        told = self.spec.arguments.get("max-model-len")
        if isinstance(told, int) and told > 0:
            return told
        return self.planned.intent.context or self.model.facts.context_length

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever serves it should know, in sentences."""
        return start_notes(self.model, self.planned)


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
    release = replace(release_of_engine(environment.version), calibration=StartRecords(data).read())
    long_contexts = os.environ.get(_LONG_CONTEXTS, "").lower() in {"1", "true"}
    decisions = allot(
        candidates, config, hardware, accelerator, release, long_contexts=long_contexts
    )
    slices = {gpu.index: gpu.uuid for gpu in hardware.gpus if gpu.mig}
    prepared: list[PreparedModel] = []
    refused: list[RefusedModel] = []
    for model, decision in zip(candidates, decisions, strict=True):
        own = names[model.key]
        if isinstance(decision, CapacityError):
            refused.append(RefusedModel(model.key, own, decision))
            continue
        site = replace(_site(model, own, decision, accelerator, data), slices=slices)
        spec = engine_spec(site, _final_settings(model), config.engines)
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


def _site(
    model: FetchedModel,
    names: ModelNames,
    planned: Planned,
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
        gpus=planned.plan.gpus,
        planned=planned_flags(model, planned),
        chat_template=template_file(template, data, model.key) if template else None,
        architecture=model.facts.architecture,
        can_compile=has_compiler(os.environ),
    )


def _final_settings(model: FetchedModel) -> ModelSettings:
    """The settings with what the model itself decides where they leave it open."""
    arguments: dict[str, EngineArgument] = {}
    if model.facts.tool_call_format is not None:
        # Without a parser vLLM refuses every request that has tools.
        arguments["enable-auto-tool-choice"] = True
        arguments["tool-call-parser"] = model.facts.tool_call_format
    updates = {
        "engine_args": arguments | model.settings.engine_args,
        # The plan chose among those that were named.
        "gpus": "auto",
    }
    return model.settings.model_copy(update=updates)
