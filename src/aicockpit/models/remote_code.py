"""Models that bring Python code of their own, which loading them would run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aicockpit.errors import RemoteCodeError

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.models.location import LocatedModel
    from aicockpit.planner.facts import ModelFacts

_CONFIG_FILES = ("config.json", "tokenizer_config.json", "processor_config.json")


def check_remote_code(located: LocatedModel, facts: ModelFacts, *, allowed: bool) -> None:
    """Refuse a model that brings code which nobody allowed.

    Raises:
        RemoteCodeError: the model has code and `allowed` is not set.
    """
    if facts.custom_code and not allowed:
        raise refuse_remote_code(located.source)


def wants_remote_code(folder: Path) -> bool:
    """Whether a model's configuration names classes in Python files of its own (`auto_map`)."""
    return bool(_classes(folder))


def missing_code(folder: Path) -> list[str]:
    """Python files that the configuration names and the folder lacks."""
    modules = {name.rpartition(".")[0] for name in _classes(folder)}
    # `org/name--module.Class` lies in another repository, where the engine looks for it.
    names = (f"{module}.py" for module in modules if "--" not in module)
    return sorted(name for name in names if not (folder / name).is_file())


def _classes(folder: Path) -> set[str]:
    """Every class in an `auto_map`; tokenizers list two, of which one may be null."""
    found: set[str] = set()
    for name in _CONFIG_FILES:
        mapping = _read(folder / name).get("auto_map")
        values = mapping.values() if isinstance(mapping, dict) else [mapping]
        for value in values:
            classes = value if isinstance(value, list) else [value]
            found.update(entry for entry in classes if isinstance(entry, str))
    return found


def refuse_remote_code(source: str) -> RemoteCodeError:
    """The refusal, with the risk and the setting."""
    return RemoteCodeError(
        f"The model {source} wants to run Python code of its own.",
        why="Its configuration has an `auto_map`, so loading it runs Python files from its "
        "repository. They could do anything that you can do on this machine.",
        remedy="Read those files first. If you trust whoever wrote them, set "
        "`trust_remote_code = true` for this model in cockpit.toml, under `[models.<key>]` with "
        f'`source = "{source}"`. Otherwise choose another model.',
    )


def _read(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
