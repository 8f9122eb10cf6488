"""The ways by which the packed extension gets into an editor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from aicockpit import __version__
from tests.support.code_server import CodeServer
from tests.support.serving import Gateway
from tests.support.workbench import Workbench

COMMAND = Path(sys.executable).with_name("aicockpit")


@pytest.fixture
def editor(tmp_path: Path) -> CodeServer:
    """A code-server that has no extension yet."""
    return CodeServer(tmp_path / "editor", tmp_path / "extensions")


def aicockpit(editor: CodeServer, *arguments: str) -> str:
    """What `aicockpit extension …` prints where code-server is the only editor."""
    launcher = editor.write_launcher(editor.root / "bin")
    done = subprocess.run(
        [COMMAND, "extension", *arguments],
        env={**os.environ, "PATH": f"{launcher.parent}:/usr/bin:/bin"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def listed(editor: CodeServer) -> list[str]:
    """What the editor itself says it has."""
    done = subprocess.run(
        editor.command("--list-extensions", "--show-versions"),
        env=editor.environment(),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.split()


def test_the_command_installs_what_was_built(editor: CodeServer, packed_extension: Path):
    printed = json.loads(aicockpit(editor, "install", "--json"))
    assert [each["name"] for each in printed["editors"] if each["installed"]] == ["code-server"]
    assert f"aicockpit.aicockpit@{__version__}" in listed(editor)
    (row,) = json.loads(aicockpit(editor, "list", "--json"))
    assert (row["name"], row["extension"]) == ("code-server", __version__)


def test_a_teammates_server_hands_it_out(
    editor: CodeServer, gateway: Gateway, packed_extension: Path
):
    with urllib.request.urlopen(f"{gateway.url}/extension.vsix", timeout=30) as response:
        assert response.read() == packed_extension.read_bytes()
    aicockpit(editor, "install", "--from", gateway.url)
    assert f"aicockpit.aicockpit@{__version__}" in listed(editor)


def test_it_is_active_in_a_moment(workbench: Workbench):
    def logged() -> str:
        return next((line for line in workbench.log().splitlines() if "activated in" in line), "")

    line = workbench.wait(logged, "the extension's first words")
    milliseconds = int(line.partition("activated in ")[2].split()[0])
    print(f"\nthe extension was active in {milliseconds} ms")
    assert milliseconds <= 150
