"""Editors are found by their commands, wherever these lie."""

import os
from pathlib import Path

import pytest

from aicockpit.editors import EDITORS, FoundEditor, Places, choose_editors, find_editors
from aicockpit.errors import ConfigError, EditorNotFoundError
from tests.support.fake_editor import FakeEditor


def places(*folders: Path, applications: tuple[Path, ...] = ()) -> Places:
    return Places(os.pathsep.join(map(os.fspath, folders)), applications)


@pytest.mark.parametrize("editor", EDITORS, ids=lambda editor: editor.name)
def test_every_editor_is_found_by_its_command(tmp_path: Path, editor):
    fake = FakeEditor.create(tmp_path / "bin", editor.commands[0])
    assert find_editors(places(tmp_path / "bin")) == [
        FoundEditor(editor.name, editor.title, fake.command)
    ]


def test_a_flatpak_is_found_by_the_command_that_it_exports(tmp_path: Path):
    fake = FakeEditor.create(tmp_path / "exports/bin", "com.vscodium.codium")
    assert find_editors(places(tmp_path / "exports/bin")) == [
        FoundEditor("codium", "VSCodium", fake.command)
    ]


def test_an_application_of_macos_brings_its_command(tmp_path: Path):
    inside = tmp_path / "Visual Studio Code - Insiders.app/Contents/Resources/app/bin"
    fake = FakeEditor.create(inside, "code-insiders")
    found = find_editors(places(tmp_path / "nothing", applications=(tmp_path,)))
    assert found == [FoundEditor("code-insiders", "Visual Studio Code Insiders", fake.command)]


def test_the_search_path_comes_first(tmp_path: Path):
    on_path = FakeEditor.create(tmp_path / "bin", "code")
    FakeEditor.create(tmp_path / "Visual Studio Code.app/Contents/Resources/app/bin", "code")
    (found,) = find_editors(places(tmp_path / "bin", applications=(tmp_path,)))
    assert found.command == on_path.command


def test_a_file_that_cannot_be_executed_is_no_editor(tmp_path: Path):
    (tmp_path / "code").write_text("notes")
    assert find_editors(places(tmp_path)) == []


def test_all_that_are_here_are_chosen_in_the_order_of_the_list(tmp_path: Path):
    for name in ("cursor", "code"):
        FakeEditor.create(tmp_path, name)
    assert [editor.name for editor in choose_editors([], places(tmp_path))] == ["code", "cursor"]


def test_names_choose_and_are_not_taken_twice(tmp_path: Path):
    for name in ("cursor", "code"):
        FakeEditor.create(tmp_path, name)
    chosen = choose_editors(["cursor", "cursor"], places(tmp_path))
    assert [editor.name for editor in chosen] == ["cursor"]


def test_another_editor_is_named_by_its_command(tmp_path: Path):
    fake = FakeEditor.create(tmp_path, "positron")
    (chosen,) = choose_editors([str(fake.command)], places())
    assert (chosen.title, chosen.command) == ("positron", fake.command)


def test_none_at_all(tmp_path: Path):
    with pytest.raises(EditorNotFoundError, match=r"code, code-insiders, codium, cursor"):
        choose_editors([], places(tmp_path))


def test_one_that_is_known_but_not_here(tmp_path: Path):
    with pytest.raises(EditorNotFoundError, match="Cursor was not found"):
        choose_editors(["cursor"], places(tmp_path))


def test_one_that_nobody_knows(tmp_path: Path):
    with pytest.raises(ConfigError, match="The editors are code, "):
        choose_editors(["emacs"], places(tmp_path))


def test_a_path_that_leads_nowhere(tmp_path: Path):
    with pytest.raises(ConfigError, match="is not a command"):
        choose_editors([str(tmp_path / "nothing")], places(tmp_path))


def test_this_machines_places_have_the_search_path_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/somewhere/bin")
    assert Places.of_this_machine().search_path.startswith("/somewhere/bin" + os.pathsep)
