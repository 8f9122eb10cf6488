"""Which editors this machine has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aicockpit.editors.catalog import EDITORS, Editor
from aicockpit.errors import ConfigError, EditorNotFoundError


@dataclass(frozen=True)
class Places:
    """Where commands of editors may lie."""

    search_path: str
    """Folders of commands, as in the variable PATH."""
    applications: tuple[Path, ...] = ()
    """Folders of macOS applications."""

    @classmethod
    def of_this_machine(cls) -> Places:
        """The search path, what Snap and Flatpak add to it, and the folders of applications."""
        home = Path.home()
        added = (
            Path("/snap/bin"),
            home / ".local/share/flatpak/exports/bin",
            Path("/var/lib/flatpak/exports/bin"),
        )
        path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(os.fspath, added)])
        return cls(path, (Path("/Applications"), home / "Applications"))


@dataclass(frozen=True)
class FoundEditor:
    """An editor and the command that runs it here."""

    name: str
    title: str
    command: Path


def find_editors(places: Places | None = None) -> list[FoundEditor]:
    """The known editors that are here, in the catalogue's order; runs none of them."""
    places = places or Places.of_this_machine()
    found = ((editor, _command_of(editor, places)) for editor in EDITORS)
    return [FoundEditor(editor.name, editor.title, command) for editor, command in found if command]


def choose_editors(names: Sequence[str], places: Places | None = None) -> list[FoundEditor]:
    """The editors to install into: those named, or all that are here.

    Args:
        names: names of the catalogue, or paths of commands of editors that it does not know.
        places: where to look; this machine's places by default.

    Raises:
        ConfigError: a name is neither in the catalogue nor a command's path.
        EditorNotFoundError: a named editor is not here, or none is.
    """
    here = find_editors(places)
    if not names:
        if here:
            return here
        raise EditorNotFoundError(
            "No editor was found on this machine.",
            why=f"None of these commands is on the search path: {', '.join(_command_names())}.",
            remedy="Name your editor's command with --editor /path/to/command, or install the "
            "file that `aicockpit extension path` prints from the editor's Extensions view.",
        )
    return list(dict.fromkeys(_named(name, here) for name in names))


def _named(name: str, here: Iterable[FoundEditor]) -> FoundEditor:
    for editor in here:
        if editor.name == name:
            return editor
    if os.sep in name:
        path = shutil.which(name)
        if path is not None:
            return FoundEditor(name, Path(name).name, Path(path))
        raise ConfigError(
            f"{name} is not a command.",
            why="There is no such file, or it cannot be executed.",
            remedy="Check the path.",
        )
    for known in EDITORS:
        if known.name == name:
            raise EditorNotFoundError(
                f"{known.title} was not found on this machine.",
                why=f"Its command {known.commands[0]} is not on the search path.",
                remedy="Install it, or name its command with --editor /path/to/command.",
            )
    raise ConfigError(
        f"There is no editor called {name!r}.",
        why=f"The editors are {', '.join(editor.name for editor in EDITORS)}.",
        remedy="Use one of these, or the path of another editor's command.",
    )


def _command_of(editor: Editor, places: Places) -> Path | None:
    for command in (*editor.commands, *filter(None, [editor.flatpak])):
        path = shutil.which(command, path=places.search_path)
        if path is not None:
            return Path(path)
    return next(_bundled_commands(editor, places), None)


def _bundled_commands(editor: Editor, places: Places) -> Iterator[Path]:
    for folder in places.applications if editor.application else ():
        bin_folder = folder / f"{editor.application}.app/Contents/Resources/app/bin"
        for name in editor.commands:
            path = shutil.which(name, path=os.fspath(bin_folder))
            if path is not None:
                yield Path(path)


def _command_names() -> list[str]:
    return [editor.commands[0] for editor in EDITORS]
