"""Editors install by their own command; these are processes that take the same options."""

from pathlib import Path

import pytest

from aicockpit.editors import FoundEditor, install_extension, installed_version
from aicockpit.errors import EditorFailedError
from tests.support.fake_editor import FakeEditor


@pytest.fixture
def fake(tmp_path: Path) -> FakeEditor:
    return FakeEditor.create(tmp_path, "code")


@pytest.fixture
def editor(fake: FakeEditor) -> FoundEditor:
    return FoundEditor("code", "Visual Studio Code", fake.command)


def test_the_command_is_called_with_the_file(fake: FakeEditor, editor: FoundEditor):
    install_extension(editor, Path("/x/aicockpit.vsix"))
    assert fake.calls() == ["--install-extension /x/aicockpit.vsix --force"]


def test_a_failure_tells_the_editors_words_and_the_command(fake: FakeEditor, editor: FoundEditor):
    fake.break_down()
    with pytest.raises(EditorFailedError) as caught:
        install_extension(editor, Path("/x/my file.vsix"))
    assert "status 1: Error: it is not compatible" in caught.value.why
    assert "--install-extension '/x/my file.vsix' --force" in caught.value.remedy


def test_a_command_that_cannot_run(tmp_path: Path):
    with pytest.raises(EditorFailedError, match="could not be run"):
        install_extension(FoundEditor("x", "X", tmp_path / "gone"), Path("/x.vsix"))


def test_the_installed_version(fake: FakeEditor, editor: FoundEditor):
    assert installed_version(editor) is None
    fake.have("ms-python.python@2026.1.0", "AiCockpit.aicockpit@0.3.1")
    assert installed_version(editor) == "0.3.1"
