"""Arguments and options that several commands share."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aicockpit.errors import ConfigError
from aicockpit.paths import user_config_file

if TYPE_CHECKING:
    from aicockpit.config import LoadedConfig

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Configuration file. Default: ./cockpit.toml, then the user's own.",
        metavar="FILE",
    ),
]

SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Set one setting, written as in the file, such as server.port=8123. Repeatable.",
        metavar="KEY=VALUE",
    ),
]


def read_config(
    file: Path | None, settings: Iterable[str], overrides: Mapping[str, Any] | None = None
) -> LoadedConfig:
    """Load the configuration as every command does.

    Args:
        file: the `--config` option.
        settings: the `--set` options.
        overrides: what other options say, nested as in the file; wins over `settings`.
    """
    from aicockpit.config.loading import find_config_file, load_config  # noqa: PLC0415 - slow

    merged: dict[str, Any] = {}
    for setting in settings:
        _merge(merged, parse_setting(setting))
    _merge(merged, overrides or {})
    found = file or find_config_file(Path.cwd(), user_config_file())
    return load_config(found, environ=os.environ, overrides=merged)


def parse_setting(text: str) -> dict[str, Any]:
    """A `KEY=VALUE` as nested sections; a value that is not TOML is taken as text."""
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(
            f'"{text}" is not a setting.',
            why="A setting has the form KEY=VALUE.",
            remedy="Write, for example, --set server.port=8123.",
        )
    for line in (f"{key} = {value}", f"{key} = {_quoted(value)}"):
        try:
            return tomllib.loads(line)
        except tomllib.TOMLDecodeError as error:
            problem = error
    raise ConfigError(
        f'"{key}" is not the name of a setting.',
        why=f"The parser says: {problem}.",
        remedy='Write it as in the file, such as server.port or models."qwen2.5".context.',
    )


def parse_pairs(texts: Iterable[str], option: str) -> dict[str, Any]:
    """The values of a repeatable NAME=VALUE option."""
    pairs: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(
                f'"{text}" is not a value for {option}.',
                why=f"{option} takes NAME=VALUE.",
                remedy=f"Write, for example, {option} name=1.",
            )
        pairs[name.strip().lstrip("-")] = parse_value(value)
    return pairs


def parse_value(text: str) -> object:
    """A TOML value, or the text itself when it is not one."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _merge(into: dict[str, Any], values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value
