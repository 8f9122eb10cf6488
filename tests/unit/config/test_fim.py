"""The setting that says how a model is asked to fill in the middle."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from aicockpit.config import FimTemplate, ModelSettings
from aicockpit.fim import FAMILIES


@pytest.mark.parametrize("value", ["auto", "off", *FAMILIES])
def test_names(value: str):
    assert ModelSettings(source="starter", fim=value).fim == value
    assert ModelSettings(source="starter").fim == "auto"


def test_an_unknown_family_is_refused_with_those_that_there_are():
    with pytest.raises(ValidationError, match="or one of: qwen, codegemma"):
        ModelSettings(source="starter", fim="qwenn")


def test_a_template():
    settings = ModelSettings.model_validate(
        {
            "source": "starter",
            "fim": {"template": "<PRE>{prefix}<SUF>{suffix}<MID>", "stop_tokens": ["<EOT>"]},
        }
    )
    assert isinstance(settings.fim, FimTemplate)
    family = settings.fim.family()
    assert family.stops == ("<PRE>", "<SUF>", "<MID>", "<EOT>")


def test_a_template_that_cannot_be_used():
    with pytest.raises(ValidationError, match=r"template must have \{suffix\}"):
        FimTemplate(template="{prefix}")
