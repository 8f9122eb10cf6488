"""The catalogue of coding models: data in catalog.toml beside this file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aicockpit.models.facts import config_facts
from aicockpit.models.location import short_name
from aicockpit.planner.candidates import Candidate, Licence

_FILE = Path(__file__).with_name("catalog.toml")


@cache
def catalogue() -> tuple[Candidate, ...]:
    """All models and their variants, best first within a role."""
    data = tomllib.loads(_FILE.read_text())
    licences = {
        name: Licence(name, commercial=said["commercial"], free=said["free"])
        for name, said in data["licences"].items()
    }
    return tuple(found for entry in data["models"] for found in _candidates(entry, licences))


def find(source: str) -> Candidate | None:
    """The entry that a Hub id, a folder or a short name stands for."""
    exact = [entry for entry in catalogue() if entry.source == source]
    near = [entry for entry in catalogue() if short_name(entry.source) == short_name(source)]
    return next(iter([*exact, *near]), None)


def _candidates(entry: dict[str, Any], licences: Mapping[str, Licence]) -> list[Candidate]:
    config = entry["config"]
    licence = licences[entry["licence"]]
    default = entry.get("default", False)
    model = _candidate(entry, entry["source"], config, licence, default=default)
    variants = [
        _candidate(
            entry,
            variant["source"],
            {**config, "quantization_config": variant["quantization"]},
            licence,
            default=variant.get("default", False),
        )
        for variant in entry.get("variants", ())
    ]
    return [model, *variants]


def _candidate(
    entry: dict[str, Any], source: str, config: dict[str, Any], licence: Licence, *, default: bool
) -> Candidate:
    return Candidate(
        source=source,
        model=entry["source"],
        facts=config_facts(config),
        roles=tuple(entry["roles"]),
        parameters=entry["parameters"],
        licence=licence,
        default=default,
        fim=entry.get("fim"),
        tool_call_parser=entry.get("tool_call_parser"),
        reasoning_parser=entry.get("reasoning_parser"),
    )
