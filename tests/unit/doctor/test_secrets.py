import os
from pathlib import Path

import pytest
from huggingface_hub import constants

from aicockpit.doctor.secrets import check_secrets
from tests.support.examined import levels, machine, words

KEY = "sk-nobody-may-see-this"


@pytest.fixture(autouse=True)
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "token"
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(file))
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    return file


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    file = tmp_path / "cockpit.toml"
    file.touch(0o600)
    return file


def with_key(file: Path | None, **server: object):
    return machine(config={"server": {"api_key": KEY, **server}}, config_file=file)


def test_on_this_machine_no_key_is_needed():
    assert levels(check_secrets(machine())) == ["ok", "note"]


def test_for_others_a_key_is_needed():
    found = list(check_secrets(machine(config={"server": {"host": "0.0.0.0"}})))
    assert levels(found) == ["problem", "note"]
    assert "AICOCKPIT_SERVER__API_KEY" in found[0].remedy
    assert levels(check_secrets(with_key(None, host="0.0.0.0"))) == ["ok", "note"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0o600, ["ok", "note"]),
        (0o640, ["ok", "warning", "note"]),
        (0o604, ["ok", "warning", "note"]),
        (0o602, ["ok", "warning", "note"]),
        (0o666, ["ok", "warning", "warning", "note"]),
    ],
)
def test_who_can_read_and_change_the_configuration(config_file, mode, expected):
    config_file.chmod(mode)
    assert levels(check_secrets(with_key(config_file))) == expected


def test_a_key_from_the_environment_is_not_in_the_file(config_file, monkeypatch):
    config_file.chmod(0o644)
    monkeypatch.setenv("AICOCKPIT_SERVER__API_KEY", KEY)
    assert levels(check_secrets(with_key(config_file))) == ["ok", "note"]


def test_the_hubs_token(token_file, monkeypatch):
    token_file.write_text("hf_secret")
    token_file.chmod(0o600)
    assert levels(check_secrets(machine())) == ["ok", "ok"]
    token_file.chmod(0o644)
    found = list(check_secrets(machine()))
    assert levels(found) == ["ok", "ok", "warning"]
    assert f"chmod 600 {token_file}" in words(found)
    token_file.unlink()
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert levels(check_secrets(machine(environ=os.environ))) == ["ok", "ok"]


def test_no_secret_is_put_into_words(token_file, config_file, monkeypatch):
    token_file.write_text("hf_secret")
    token_file.chmod(0o666)
    config_file.chmod(0o666)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    said = words(check_secrets(with_key(config_file)))
    assert KEY not in said
    assert "hf_secret" not in said
