"""Reads the configuration from file, environment and command line, in that order of weight."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from aicockpit.config.model import Config, EngineSettings, ModelSettings, ServerSettings
from aicockpit.errors import ConfigError

FILE_NAME = "cockpit.toml"
_PREFIX = "AICOCKPIT_"
_SEPARATOR = "__"
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "server": ServerSettings,
    "engines": EngineSettings,
    "models": ModelSettings,
}

Location = tuple[str, ...]


@dataclass(frozen=True)
class LoadedConfig:
    """A configuration and where it came from."""

    config: Config
    file: Path | None
    """The file that was read; None when there was none."""


def find_config_file(folder: Path, user_file: Path) -> Path | None:
    """The file that is read when none is named: the folder's, then the user's."""
    candidates = (folder / FILE_NAME, user_file)
    return next((file for file in candidates if _is_file(file)), None)


def _is_file(file: Path) -> bool:
    try:
        return file.is_file()
    except PermissionError:
        return False  # whoever may not look into a folder has no configuration there


def load_config(
    file: Path | None,
    *,
    environ: Mapping[str, str],
    overrides: Mapping[str, object] | None = None,
) -> LoadedConfig:
    """Read and check a configuration.

    Args:
        file: a TOML file; None for the defaults alone.
        environ: variables of which `AICOCKPIT_<SECTION>__<NAME>` are settings.
        overrides: sections and values, nested as in the file, that win over file and environment.

    Raises:
        ConfigError: with every problem found, each with where it was written.
    """
    values = _read_file(file) if file is not None else {}
    origins: dict[Location, str] = {}
    for variable, text in sorted(environ.items()):
        location = _location_of_variable(variable)
        if location is not None:
            _put(values, location, _value_of_text(text))
            origins[location] = f"environment variable {variable}"
    for location, value in _leaves(overrides or {}):
        _put(values, location, value)
        origins[location] = "command line"
    try:
        return LoadedConfig(Config.model_validate(values), file)
    except ValidationError as error:
        raise _config_error(error, file, origins) from error


def _read_file(file: Path) -> dict[str, Any]:
    try:
        with file.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError as error:
        raise ConfigError(
            f"The configuration file {file} does not exist.",
            why="It was named on the command line.",
            remedy="Check the path, or leave the option out to use ./cockpit.toml.",
        ) from error
    except OSError as error:
        raise ConfigError(
            f"The configuration file {file} cannot be read.",
            why=f"The system says: {error.strerror}.",
            remedy="Check the file's permissions.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The configuration file {file} is not valid TOML.",
            why=f"The parser says: {error}.",
            remedy="Correct that place; texts need quotes, and a table header is [models.name].",
        ) from error


def _location_of_variable(variable: str) -> Location | None:
    """`AICOCKPIT_SERVER__PORT` names `server.port`; names without a section are not settings."""
    if not variable.startswith(_PREFIX) or _SEPARATOR not in variable:
        return None
    return tuple(variable.removeprefix(_PREFIX).lower().split(_SEPARATOR))


def _value_of_text(text: str) -> object:
    """Lists and tables are written as in TOML; everything else is taken as text."""
    if text[:1] in {"[", "{"}:
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text
    return text


def _leaves(tree: Mapping[str, object], above: Location = ()) -> Iterator[tuple[Location, object]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value


def _put(values: dict[str, Any], location: Location, value: object) -> None:
    for part in location[:-1]:
        inner = values.setdefault(part, {})
        if not isinstance(inner, dict):
            return  # the wrong type is reported by validation
        values = inner
    values[location[-1]] = value


def _config_error(
    error: ValidationError, file: Path | None, origins: Mapping[Location, str]
) -> ConfigError:
    source = str(file) if file is not None else "configuration"
    problems = []
    for detail in error.errors(include_url=False, include_input=False):
        location = tuple(str(part) for part in detail["loc"])
        origin = next(
            (name for place, name in origins.items() if location[: len(place)] == place), source
        )
        problems.append(f"{origin}: {_explain(location, detail['type'], detail['msg'])}")
    # A union reports each of its members; the reader needs the place once.
    unique = list(dict.fromkeys(problems))
    count = "one problem" if len(unique) == 1 else f"{len(unique)} problems"
    return ConfigError(
        f"The configuration has {count}.",
        why="\n".join(f"- {problem}" for problem in unique),
        remedy="Correct them; docs/configuration.md lists every setting with its meaning.",
    )


def _explain(location: Location, kind: str, message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(location[-1], _names_beside(location), n=1, cutoff=0.5)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        return f"{'.'.join(location)}: there is no such setting{hint}"
    return f"{'.'.join(location)}: {message[:1].lower()}{message[1:]}"


def _names_beside(location: Location) -> Sequence[str]:
    if len(location) == 1:
        return list(Config.model_fields)
    section = _SECTIONS.get(location[0])
    return list(section.model_fields) if section else []
