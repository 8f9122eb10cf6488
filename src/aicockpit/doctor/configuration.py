"""Whether the configuration loads, and whether what it names is there."""

from __future__ import annotations

from collections.abc import Iterator

from aicockpit.config import ModelSettings
from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.models.location import as_path, is_path


def check_configuration(surroundings: Surroundings) -> Iterator[Finding]:
    """It loads; local models are where it says; GPUs that it names are there."""
    error = surroundings.config_error
    if error is not None:
        detail = f"{error.why}\nWhat follows was checked with the defaults."
        yield Finding("problem", error.what, detail, " ".join(error.remedy.split()))
        return
    models = surroundings.config.models
    if surroundings.config_file is None:
        yield Finding("ok", "There is no configuration file: the defaults apply.")
    else:
        named = f"models: {', '.join(models)}" if models else "it names no model"
        yield Finding("ok", f"{surroundings.config_file} loads; {named}.")
    for key, settings in models.items():
        yield from _check_model(key, settings, surroundings)


def _check_model(
    key: str, settings: ModelSettings, surroundings: Surroundings
) -> Iterator[Finding]:
    if is_path(settings.source) and not as_path(settings.source).exists():
        yield Finding(
            "problem",
            f"The model {key} is not where the configuration says.",
            f"There is no {as_path(settings.source)}.",
            f"Correct models.{key}.source.",
        )
    if surroundings.accelerator != "cuda" or settings.gpus == "auto":
        return
    there = {gpu.index for gpu in surroundings.hardware.gpus}
    if absent := [str(index) for index in settings.gpus if index not in there]:
        known = ", ".join(map(str, sorted(there))) or "none"
        yield Finding(
            "problem",
            f"The model {key} asks for GPU {', '.join(absent)}, which is not there.",
            f"The GPUs that can be used are: {known}.",
            f'Correct models.{key}.gpus, or set it to "auto".',
        )
