"""Settings whose values carry their unit: `"15m"`, `"2GiB"`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE_UNITS = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_NUMBER_AND_UNIT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def parse_duration(value: object) -> float:
    """Seconds of a text such as `"90s"` or `"15m"`; a bare number has no unit and is refused."""
    return _parse(value, _DURATION_UNITS, example="15m")


def parse_size(value: object) -> int:
    """Bytes of a text such as `"2GiB"`; a bare number has no unit and is refused."""
    return int(_parse(value, _SIZE_UNITS, example="2GiB"))


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads back to the same number."""
    return _format(seconds, _DURATION_UNITS, smallest="s")


def format_size(size: float) -> str:
    """The shortest text that `parse_size` reads back to the same number."""
    return _format(size, _SIZE_UNITS, smallest="B")


def _parse(value: object, units: dict[str, float] | dict[str, int], *, example: str) -> float:
    known = ", ".join(units)
    match = _NUMBER_AND_UNIT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'must be a text with a number and a unit ({known}), such as "{example}"')
    number, unit = match.groups()
    if unit not in units:
        raise ValueError(f'has the unknown unit "{unit}"; units are {known}')
    return float(number) * units[unit]


def _format(value: float, units: dict[str, float] | dict[str, int], *, smallest: str) -> str:
    for unit, factor in sorted(units.items(), key=lambda item: -item[1]):
        if value >= factor and value % factor == 0:
            return f"{int(value // factor)}{unit}"
    return f"{value:.6f}".rstrip("0").rstrip(".") + smallest


def _unit_schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    _unit_schema(r"^\d+(\.\d+)?(ms|s|m|h|d)$", "15m"),
]
"""Seconds, written with a unit."""

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    PlainSerializer(format_size, return_type=str),
    _unit_schema(r"^\d+(\.\d+)?(B|KiB|MiB|GiB|TiB)$", "2GiB"),
]
"""Bytes, written with a unit."""
