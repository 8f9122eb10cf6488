from pathlib import Path

from aicockpit.doctor.configuration import check_configuration
from aicockpit.errors import ConfigError
from tests.support.examined import gpu, levels, machine, words


def test_without_a_file_the_defaults_apply():
    assert levels(check_configuration(machine())) == ["ok"]


def test_one_that_does_not_load_is_a_problem_in_its_own_words():
    error = ConfigError("It has one problem.", why="- server.prot", remedy="Correct it.")
    found = list(check_configuration(machine(config_error=error)))
    assert levels(found) == ["problem"]
    assert "server.prot" in words(found)
    assert "with the defaults" in words(found)


def test_a_folder_that_is_not_there(tmp_path: Path):
    models = {"here": {"source": str(tmp_path)}, "gone": {"source": str(tmp_path / "gone")}}
    found = list(check_configuration(machine(config={"models": models})))
    assert levels(found) == ["ok", "problem"]
    assert "models.gone.source" in words(found)


def test_a_name_on_the_hub_is_not_looked_for():
    found = check_configuration(machine(config={"models": {"a": {"source": "org/name"}}}))
    assert levels(found) == ["ok"]


def test_gpus_that_are_not_there_are_named():
    models = {"a": {"source": "org/name", "gpus": [0, 3]}}
    found = list(check_configuration(machine(gpu(0), gpu(1), config={"models": models})))
    assert levels(found) == ["ok", "problem"]
    assert "asks for GPU 3" in words(found)
    assert levels(check_configuration(machine(config={"models": models}))) == ["ok"]
