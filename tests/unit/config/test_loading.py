import re
from pathlib import Path

import pytest

from aicockpit.config import load_config
from aicockpit.config.loading import find_config_file
from aicockpit.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    file = folder / "cockpit.toml"
    file.write_text(text)
    return file


def test_defaults_need_no_file():
    loaded = load_config(None, environ={})
    assert loaded.file is None
    assert (loaded.config.server.host, loaded.config.server.port) == ("127.0.0.1", 8000)
    assert loaded.config.models == {}


def test_the_example_of_the_readme(tmp_path):
    file = write(
        tmp_path,
        """
        [server]
        port = 8123
        shutdown_timeout = "1m"

        [models.coder]
        source = "Qwen/Qwen2.5-Coder-7B-Instruct"
        roles = ["completion", "edit"]
        context = 32768
        engine_args = { enable-prefix-caching = true }
        """,
    )
    config = load_config(file, environ={}).config
    assert config.server.shutdown_timeout == 60
    assert config.models["coder"].roles == ("completion", "edit")
    assert config.models["coder"].engine_args == {"enable-prefix-caching": True}


def test_environment_wins_over_file_and_options_win_over_both(tmp_path):
    file = write(tmp_path, "[server]\nport = 1\nhost = '127.0.0.2'\n")
    config = load_config(
        file,
        environ={
            "AICOCKPIT_SERVER__PORT": "2",
            "AICOCKPIT_SERVER__HOST": "127.0.0.3",
            "AICOCKPIT_HOME": "/anywhere",
            "AICOCKPIT_MODELS__M__SOURCE": "starter",
            "AICOCKPIT_MODELS__M__GPUS": "[0, 1]",
        },
        overrides={"server": {"port": 3}},
    ).config
    assert (config.server.port, config.server.host) == (3, "127.0.0.3")
    assert config.models["m"].gpus == (0, 1)


def test_every_problem_is_reported_with_its_place(tmp_path):
    file = write(
        tmp_path,
        """
        [server]
        prot = 8000
        shutdown_timeout = 5

        [models.coder]
        source = "starter"
        contxt = 4096
        """,
    )
    with pytest.raises(ConfigError) as caught:
        load_config(file, environ={"AICOCKPIT_SERVER__PORT": "many"})
    why = caught.value.why
    assert f'{file}: server.prot: there is no such setting; did you mean "port"?' in why
    assert f"{file}: server.shutdown_timeout: must be a text with a number and a unit" in why
    assert f'{file}: models.coder.contxt: there is no such setting; did you mean "context"?' in why
    assert "environment variable AICOCKPIT_SERVER__PORT: server.port:" in why
    assert "4 problems" in caught.value.what


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server", "is not valid TOML"),
        ("[models.Big]\nsource='x'", "cannot be a key"),
        ("[models.default]\nsource='x'", "cannot be a key"),
        ("[server]\ndefault_model='b'\n[models.a]\nsource='x'", "not a configured model"),
        ("[models.a]\nsource=' '", "must name a folder"),
        ("[models.a]\nsource='x'\nserved_name='default'", "alias of the default model"),
        ("[server]\nport=70000", "less than or equal to 65535"),
        ("models = 3", "models: "),
    ],
)
def test_bad_values_are_refused_with_the_reason(tmp_path, text, expected):
    with pytest.raises(ConfigError, match=re.escape(expected)):
        load_config(write(tmp_path, text), environ={})


def test_a_secret_is_not_repeated_in_the_error():
    with pytest.raises(ConfigError) as caught:
        load_config(None, environ={"AICOCKPIT_SERVER__API_KEY": "hunter2"})
    assert "hunter2" not in str(caught.value)
    assert "at least 8 characters" in str(caught.value)


def test_a_missing_file_that_was_named_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        load_config(tmp_path / "nowhere.toml", environ={})


def test_the_folders_file_comes_before_the_users(tmp_path):
    users = tmp_path / "user.toml"
    assert find_config_file(tmp_path, users) is None
    users.touch()
    assert find_config_file(tmp_path, users) == users
    folders = write(tmp_path, "")
    assert find_config_file(tmp_path, users) == folders


def test_a_folder_that_may_not_be_looked_into_has_no_configuration(tmp_path: Path, monkeypatch):
    def closed(_):
        raise PermissionError

    # Root may look anywhere, and tests may run as root.
    monkeypatch.setattr(Path, "is_file", closed)
    assert find_config_file(tmp_path, tmp_path / "users.toml") is None
