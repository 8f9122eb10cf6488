"""An editor's command and a packed extension, as small as they can be and still be real files."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from aicockpit import __version__

_SCRIPT = """#!/bin/sh
printf '%s\\n' "$*" >>"{calls}"
case $1 in
    --install-extension)
        if [ -e "{broken}" ]; then
            echo "Installing extensions..."
            echo "Error: it is not compatible" >&2
            exit 1
        fi
        echo "aicockpit.aicockpit@installed-by-file" >"{extensions}"
        ;;
    --list-extensions) cat "{extensions}" ;;
esac
"""


@dataclass(frozen=True)
class FakeEditor:
    """A command that takes the options of VS Code's and remembers how it was called."""

    command: Path

    @classmethod
    def create(cls, folder: Path, name: str) -> FakeEditor:
        folder.mkdir(parents=True, exist_ok=True)
        editor = cls(folder / name)
        editor.command.write_text(
            _SCRIPT.format(
                calls=editor._beside("calls"),
                broken=editor._beside("broken"),
                extensions=editor._beside("extensions"),
            )
        )
        editor.command.chmod(0o755)
        editor._beside("extensions").write_text("ms-python.python@2026.1.0\n")
        return editor

    def calls(self) -> list[str]:
        file = self._beside("calls")
        return file.read_text().splitlines() if file.exists() else []

    def have(self, *extensions: str) -> None:
        self._beside("extensions").write_text("".join(f"{line}\n" for line in extensions))

    def break_down(self) -> None:
        self._beside("broken").touch()

    def _beside(self, suffix: str) -> Path:
        return self.command.with_name(f"{self.command.name}.{suffix}")


def write_vsix(
    file: Path, *, publisher: str = "aicockpit", name: str = "aicockpit", version: str = __version__
) -> Path:
    """A .vsix with nothing but its manifest."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as archive:
        manifest = {"publisher": publisher, "name": name, "version": version}
        archive.writestr("extension/package.json", json.dumps(manifest))
    return file
