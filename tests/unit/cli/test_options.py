import pytest

from aicockpit.cli.options import parse_pairs, parse_setting, read_config
from aicockpit.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("server.port=8123", {"server": {"port": 8123}}),
        ("server.host=127.0.0.1", {"server": {"host": "127.0.0.1"}}),
        ('models."qwen2.5".context=4096', {"models": {"qwen2.5": {"context": 4096}}}),
        ("models.a.gpus=[0, 1]", {"models": {"a": {"gpus": [0, 1]}}}),
        ("engines.stop_timeout=5s", {"engines": {"stop_timeout": "5s"}}),
        ('server.default_model=say "x"', {"server": {"default_model": 'say "x"'}}),
    ],
)
def test_settings(text, expected):
    assert parse_setting(text) == expected


@pytest.mark.parametrize("text", ["server.port", "=1", "server..port=1", "a b=1"])
def test_what_is_not_a_setting_is_refused(text):
    with pytest.raises(ConfigError):
        parse_setting(text)


def test_pairs_take_toml_values_and_plain_text():
    assert parse_pairs(["enforce-eager=true", "--max-num-seqs=4", "kv-cache-dtype=fp8"], "-") == {
        "enforce-eager": True,
        "max-num-seqs": 4,
        "kv-cache-dtype": "fp8",
    }
    with pytest.raises(ConfigError, match="NAME=VALUE"):
        parse_pairs(["enforce-eager"], "--engine-arg")


def test_options_win_over_set_which_wins_over_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cockpit.toml").write_text("[server]\nport = 1\nhost = '127.0.0.1'\n")
    config = read_config(None, ["server.port=2", "server.host=127.0.0.2"], {"server": {"port": 3}})
    assert (config.config.server.port, config.config.server.host) == (3, "127.0.0.2")
