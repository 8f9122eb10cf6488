from pathlib import Path

import pytest
from typer.testing import CliRunner

from aicockpit.cli.main import app
from aicockpit.cli.options import read_config
from aicockpit.cli.screen import base_url_of, example_request
from aicockpit.cli.serve import choose_models, model_overrides, only_models
from aicockpit.config import Config, ModelSettings, ServerSettings

SUGGESTION = "Qwen/Qwen2.5-Coder-0.5B-Instruct"
TWO = Config(models={"a": ModelSettings(source="x/A"), "b": ModelSettings(source="x/B")})


def test_without_anything_the_suggestion_is_served_and_may_be_replaced():
    chosen = choose_models(Config(), None, suggestion=SUGGESTION)
    assert chosen.keys == ["qwen2.5-coder-0.5b-instruct"]
    assert chosen.added["qwen2.5-coder-0.5b-instruct"]["source"] == SUGGESTION
    assert chosen.is_default


def test_configured_models_are_all_served():
    assert choose_models(TWO, None, suggestion=SUGGESTION).keys == ["a", "b"]


def test_one_configured_model_can_be_picked():
    chosen = choose_models(TWO, "b", suggestion=SUGGESTION)
    assert (chosen.keys, chosen.added, chosen.is_default) == (["b"], {}, False)


def test_a_folder_is_served_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "My-Model").mkdir()
    monkeypatch.chdir(tmp_path)
    chosen = choose_models(Config(), "My-Model", suggestion=SUGGESTION)
    assert chosen.added == {"my-model": {"source": str(tmp_path / "My-Model")}}


def test_options_of_a_model_need_to_know_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cockpit.toml").write_text("[models.a]\nsource='x/A'\n[models.b]\nsource='x/B'")
    result = CliRunner().invoke(app, ["serve", "--context", "4096"])
    assert result.exit_code == 2
    assert "--context" in result.stderr
    assert "a, b" in result.stderr


def test_options_are_laid_over_the_files_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cockpit.toml").write_text("[models.a]\nsource='x/A'\ncontext=1024")
    for about, context in (({}, 1024), ({"context": 4096}, 4096)):
        chosen = choose_models(read_config(None, ()).config, None, suggestion=SUGGESTION)
        overrides = {"server": {}, "models": model_overrides(chosen, about)}
        final = only_models(read_config(None, (), overrides).config, chosen.keys)
        assert final.models["a"].source == "x/A"
        assert final.models["a"].context == context


def test_a_model_that_is_not_configured_is_added_and_the_others_left_out():
    chosen = choose_models(TWO, "x/C", suggestion=SUGGESTION)
    added = TWO.model_copy(update={"models": {**TWO.models, "c": ModelSettings(source="x/C")}})
    assert model_overrides(chosen, {"dtype": "float16"}) == {
        "c": {"source": "x/C", "dtype": "float16"}
    }
    assert list(only_models(added, chosen.keys).models) == ["c"]


def test_an_open_address_without_a_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["serve", "--host", "0.0.0.0"])
    assert result.exit_code == 2
    assert "AICOCKPIT_SERVER__API_KEY" in result.stderr


def test_the_curl_line_names_the_key_and_never_holds_it():
    server = ServerSettings.model_validate({"api_key": "very-secret", "host": "0.0.0.0"})
    config = Config(server=server)
    line = example_request(config)
    assert "$AICOCKPIT_SERVER__API_KEY" in line
    assert "very-secret" not in line
    assert line.startswith("curl http://127.0.0.1:8000/v1/completions")


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000")],
)
def test_base_urls(host: str, url: str):
    assert base_url_of(Config(server=ServerSettings(host=host))) == url


def test_version():
    result = CliRunner().invoke(app, ["--version"])
    assert result.stdout.startswith("aicockpit ")


def test_json_of_engines_is_for_programs():
    result = CliRunner().invoke(app, ["engines", "list", "--json"])
    assert result.exit_code == 0
    assert '"name": "vllm-cpu"' in result.stdout
