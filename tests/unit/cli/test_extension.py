"""The command, with editors that are small scripts on the search path."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aicockpit import __version__
from aicockpit.cli import extension
from aicockpit.cli.main import app
from aicockpit.editors import PackedExtension, Places
from tests.support.fake_editor import FakeEditor, write_vsix
from tests.support.serving import free_port


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place where editors are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    places = Places(f"{folder}:/usr/bin:/bin")
    monkeypatch.setattr(Places, "of_this_machine", lambda: places)
    return folder


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = write_vsix(tmp_path / "dist/aicockpit.vsix")
    monkeypatch.setattr(extension, "find_packed", lambda: PackedExtension(file, __version__))
    return file


def run(*arguments: str):
    return CliRunner().invoke(app, ["extension", *arguments])


def test_it_is_installed_into_every_editor(bin_folder: Path, file: Path):
    editors = [FakeEditor.create(bin_folder, name) for name in ("codium", "cursor")]
    done = run("install")
    assert done.exit_code == 0, done.output
    assert f"VSCodium has AiCockpit {__version__} now" in done.stderr
    assert "Cursor has" in done.stderr
    for editor in editors:
        assert editor.calls() == [f"--install-extension {file} --force"]


def test_it_is_installed_into_the_named_one(bin_folder: Path, file: Path):
    code, cursor = (FakeEditor.create(bin_folder, name) for name in ("code", "cursor"))
    done = run("install", "--editor", "cursor", "--json")
    assert json.loads(done.stdout) == {
        "version": __version__,
        "editors": [
            {
                "name": "cursor",
                "title": "Cursor",
                "command": str(cursor.command),
                "installed": True,
                "error": None,
            }
        ],
    }
    assert not code.calls()


def test_one_failure_does_not_keep_the_others_from_it(bin_folder: Path, file: Path):
    code, cursor = (FakeEditor.create(bin_folder, name) for name in ("code", "cursor"))
    code.break_down()
    done = run("install", "--json")
    assert done.exit_code == 1
    first, second = json.loads(done.stdout)["editors"]
    assert (first["installed"], second["installed"]) == (False, True)
    assert "it is not compatible" in first["error"]
    assert "editor_failed" in done.stderr
    assert cursor.calls()


def test_no_editor(bin_folder: Path, file: Path):
    done = run("install")
    assert done.exit_code == 1
    assert "editor_not_found" in done.stderr


def test_a_name_that_nobody_knows(bin_folder: Path, file: Path):
    assert run("install", "--editor", "emacs").exit_code == 2


def test_a_server_that_is_not_there(bin_folder: Path):
    FakeEditor.create(bin_folder, "code")
    done = run("install", "--from", f"http://127.0.0.1:{free_port()}")
    assert done.exit_code == 1
    assert "gateway_unreachable" in done.stderr
    assert run("install", "--from", "localhost").exit_code == 2


def test_the_list_shows_what_each_has(bin_folder: Path):
    FakeEditor.create(bin_folder, "code").have("aicockpit.aicockpit@0.0.9")
    FakeEditor.create(bin_folder, "codium")
    table = run("list").stdout
    assert "0.0.9" in table
    rows = json.loads(run("list", "--json").stdout)
    assert [(row["name"], row["extension"]) for row in rows] == [
        ("code", "0.0.9"),
        ("codium", None),
    ]


def test_the_path_is_printed_alone(file: Path):
    assert run("path").stdout == f"{file}\n"
    assert json.loads(run("path", "--json").stdout) == {"path": str(file), "version": __version__}
