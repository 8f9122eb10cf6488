"""Runs an editor's own command line to install the extension and to ask what is installed."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

from aicockpit.editors.detection import FoundEditor
from aicockpit.editors.packed import EXTENSION_ID
from aicockpit.errors import EditorFailedError

_LONGEST_SECONDS = 180.0
"""An editor that is asked for the first time unpacks and checks itself."""


def install_extension(editor: FoundEditor, file: Path) -> None:
    """Have `editor` install a .vsix file, over any version that it has.

    Raises:
        EditorFailedError: the editor refused, failed or did not end in three minutes.
    """
    _run(editor, "--install-extension", str(file), "--force")


def installed_version(editor: FoundEditor) -> str | None:
    """The version of the extension that `editor` has, or None.

    Raises:
        EditorFailedError: the editor did not say.
    """
    listing = _run(editor, "--list-extensions", "--show-versions")
    for line in listing.splitlines():
        identity, _, version = line.strip().partition("@")
        if identity.lower() == EXTENSION_ID:
            return version
    return None


def _run(editor: FoundEditor, *arguments: str) -> str:
    command = [str(editor.command), *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        why = f"It did not end in {_LONGEST_SECONDS:.0f} seconds."
        raise _failed(editor, command, why) from error
    except OSError as error:
        raise _failed(editor, command, f"It could not be run: {error}.") from error
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()
        why = f"It ended with status {done.returncode}"
        raise _failed(editor, command, f"{why}: {' '.join(words[-5:])}" if words else f"{why}.")
    return done.stdout


def _failed(editor: FoundEditor, command: list[str], why: str) -> EditorFailedError:
    return EditorFailedError(
        f"{editor.title} did not do what it was asked for.",
        why=why,
        remedy=f"Run its command yourself to see more: {shlex.join(command)}",
    )
