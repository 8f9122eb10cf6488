"""What `aicockpit plan` is asked about: the model, the machine, the release, what is pinned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from aicockpit.errors import CapacityError, ConfigError, GatedModelError, HubUnreachableError
from aicockpit.hardware import detect
from aicockpit.models import STARTER, ModelStore, read_facts
from aicockpit.models.catalog import catalogue, find
from aicockpit.models.facts import read_config_facts
from aicockpit.models.location import is_path
from aicockpit.models.model_files import what_is_missing
from aicockpit.models.suggestions import no_folder
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware, ModelFacts
from aicockpit.planner.candidates import propose
from aicockpit.planner.engine_memory import GIB, RELEASES, EngineRelease
from aicockpit.planner.hardware_text import HardwareTextError, parse_hardware
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.planned import Planned, Target, plan_target
from aicockpit.start_records import StartRecords

_GPU_RELEASE, _CPU_RELEASE = "0.33", "0.32"
_FORMATS = {"half": "float16", "float": "float32"}
"""vLLM's other names of number formats."""


def make_plan(target: Target, machine: Hardware, intent: Intent, release: EngineRelease) -> Planned:
    """Plan, and look for ways out when it does not fit."""
    known = find(target.name)
    return plan_target(
        target,
        machine,
        intent,
        release,
        model=known.model if known else target.name,
        catalogue=catalogue(),
    )


def calibrated(release: EngineRelease, description: str | None, machine: Hardware) -> EngineRelease:
    """The release with what this machine's own starts have shown.

    A machine that is only described learns from them by the names of its GPUs, so a description
    without GPUs learns nothing.
    """
    if description is not None and not machine.gpus:
        return release
    return replace(release, calibration=StartRecords(DataFolder.default()).read())


def make_proposal(machine: Hardware, intent: Intent, release: EngineRelease) -> Planned:
    """Plan the catalogue's models for a machine: for chats, with one for completions beside it.

    Raises:
        CapacityError: none fits.
    """
    found = propose(catalogue(), machine, intent, release)
    if not found:
        raise CapacityError(
            "None of the catalogue's models fits.",
            why="Each was planned with what was asked for, and needs more memory.",
            remedy="Ask for less context or fewer requests at a time, or describe a larger machine "
            "with --hardware.",
        )
    first, *beside = (
        Planned(
            Target(chosen.candidate.source, chosen.candidate.source, chosen.candidate.facts),
            machine,
            chosen.intent,
            release,
            chosen.plan,
            (),
        )
        for chosen in found
    )
    return replace(first, beside=tuple(beside))


def pins_of(*, free_gib: float | None, available_kv_gib: float | None, **given: Any) -> Pins:  # noqa: ANN401
    """What options decided; `auto` decides nothing."""
    chosen: dict[str, Any] = {
        name: None if value == "auto" else value for name, value in given.items()
    }
    chosen["dtype"] = _FORMATS.get(str(chosen["dtype"]), chosen["dtype"])
    return Pins(**chosen, free=_bytes(free_gib), available_kv=_bytes(available_kv_gib))


def machine_of(text: str | None) -> Hardware:
    """The machine that a description means; this one without a description."""
    if text is None:
        return detect()
    try:
        return parse_hardware(text)
    except HardwareTextError as problem:
        raise ConfigError(
            "The machine to plan for is not understood.",
            why=str(problem),
            remedy="Name one of these, or leave --hardware out to plan for this machine.",
        ) from problem


def find_model(name: str) -> Target:
    """The model that a name means: a config.json, one on this machine, or one on the Hub."""
    path = Path(name).expanduser()
    if path.is_file():
        return Target(name, str(path.absolute().parent), read_config_facts(path))
    if (path / "config.json").is_file():
        return Target(name, str(path.absolute()), _facts_in(path))
    return _elsewhere(name)


def _facts_in(folder: Path) -> ModelFacts:
    """Of a model's folder, whose weights need not have been downloaded."""
    if what_is_missing(folder, tokenizer=False):
        return read_config_facts(folder / "config.json")
    return read_facts(folder)


def _elsewhere(name: str) -> Target:
    located = ModelStore(DataFolder.default()).locate(name)
    if located is not None:
        return Target(name, str(located.path), read_facts(located.path))
    if is_path(name) or Path(name).is_dir():
        raise no_folder(name)
    known = find(name)
    if name == STARTER and known is not None:
        note = "The starter model is not on this machine yet; it is planned as the model it is."
        return Target(name, known.source, known.facts, (note,))
    from aicockpit.models.remote_facts import read_remote_facts  # noqa: PLC0415 - slow to import

    try:
        return Target(name, name, read_remote_facts(name))
    except (HubUnreachableError, GatedModelError) as error:
        if known is None or known.source != name:
            raise
        note = f"Planned from the catalogue, because the Hub did not tell: {error.what}"
        return Target(name, name, known.facts, (note,))


def release_of(version: str | None, machine: Hardware) -> EngineRelease:
    """The release of the engine: the one that AiCockpit installs on such a machine, by default."""
    wanted = version or (_CPU_RELEASE if machine.accelerator == "cpu" else _GPU_RELEASE)
    release = RELEASES.get(".".join(wanted.removeprefix("v").split(".")[:2]))
    if release is None:
        raise ConfigError(
            f"vLLM {wanted} cannot be planned for.",
            why=f"Its memory was not studied; known are {', '.join(RELEASES)}.",
            remedy="Leave --engine-version out to plan for the release that AiCockpit installs.",
        )
    return release


def _bytes(gib: float | None) -> int | None:
    return None if gib is None else int(gib * GIB)
