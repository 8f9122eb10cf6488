import pytest

from aicockpit.config import ModelSettings
from aicockpit.errors import ConfigError
from aicockpit.fleet.naming import ModelNames, name_models


def settings(served_name: str | None = None) -> ModelSettings:
    return ModelSettings(source="Qwen/Some-Model", served_name=served_name)


def test_the_short_name_is_the_id_and_the_key_an_alias():
    names = name_models({"coder": settings()}, {"coder": "some-model"})
    assert names["coder"] == ModelNames("some-model", ("coder",))


def test_a_served_name_wins():
    names = name_models({"coder": settings("gpt-4")}, {"coder": "some-model"})
    assert names["coder"].all == ("gpt-4", "coder")


def test_a_key_that_is_the_short_name_is_named_once():
    names = name_models({"some-model": settings()}, {"some-model": "some-model"})
    assert names["some-model"].all == ("some-model",)


def test_two_models_of_one_source_go_by_their_keys():
    short = {"a": "some-model", "b": "some-model"}
    names = name_models({"a": settings(), "b": settings()}, short)
    assert [n.all for n in names.values()] == [("a",), ("b",)]


def test_one_name_for_two_models_is_refused():
    with pytest.raises(ConfigError, match='the name "b"'):
        name_models({"a": settings("b"), "b": settings()}, {"a": "x", "b": "y"})
