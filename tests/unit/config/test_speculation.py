"""The setting that says whether an engine drafts tokens."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from aicockpit.config import ModelSettings, NgramSpeculation, load_config
from aicockpit.config.model import speculation_flags
from aicockpit.errors import ConfigError
from aicockpit.planner.speculation import NgramDrafts


def settings(**values: object) -> ModelSettings:
    return ModelSettings.model_validate({"source": "starter", **values})


@pytest.mark.parametrize("value", ["auto", "off", "ngram"])
def test_names(value: str):
    assert settings(speculation=value).speculation == value
    assert settings().speculation == "auto"


def test_a_table_has_the_same_defaults_as_the_planner():
    table = settings(speculation={}).speculation
    assert isinstance(table, NgramSpeculation)
    assert table.drafts() == NgramDrafts()
    assert NgramSpeculation(tokens=3).drafts() == NgramDrafts(tokens=3)


def test_lookups_that_exclude_each_other():
    with pytest.raises(ValidationError, match="lookup_min must not be above lookup_max"):
        NgramSpeculation(lookup_min=6)


@pytest.mark.parametrize(
    "key",
    [
        "speculative-config",
        "--speculative_config",
        "speculative_config.method",
        "sc",
        "spec_tokens",
    ],
)
def test_engine_args_that_speculate_are_recognised(key: str):
    assert speculation_flags(["speculator", "enforce-eager", key]) == [key]


@pytest.mark.parametrize("value", ["off", "ngram", {"tokens": 3}])
def test_engine_args_and_the_setting_may_not_both_say_it(value: object):
    engine_args = {"speculative-config": {"method": "suffix"}}
    assert settings(engine_args=engine_args).speculation == "auto"
    with pytest.raises(ValidationError, match=r"engine_args\.speculative-config both say"):
        settings(speculation=value, engine_args=engine_args)


def test_a_default_min_p_would_have_every_request_refused():
    assert settings(speculation="off", sampling_defaults={"min_p": 0.1})
    assert settings(speculation="ngram", sampling_defaults={"min_p": 0})
    with pytest.raises(ValidationError, match="does not go with a min_p"):
        settings(speculation="ngram", sampling_defaults={"min_p": 0.1})


def test_the_error_names_file_and_model(tmp_path):
    file = tmp_path / "cockpit.toml"
    file.write_text(
        '[models.coder]\nsource = "starter"\nspeculation = "ngram"\n'
        'engine_args.spec-method = "suffix"\n'
    )
    with pytest.raises(ConfigError, match=r"models\.coder.*engine_args\.spec-method"):
        load_config(file, environ={})
