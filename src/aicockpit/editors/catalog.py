"""The editors that take the extension, and the traces by which they are found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Editor:
    """One editor with Visual Studio Code's command line."""

    name: str
    """As users name it on the command line."""
    title: str
    commands: tuple[str, ...]
    """Names of its command, on the search path."""
    application: str | None = None
    """Its application on macOS, which brings the command without putting it on the path."""
    flatpak: str | None = None
    """Its Flatpak, which brings a command of that name."""


EDITORS = (
    Editor("code", "Visual Studio Code", ("code",), "Visual Studio Code", "com.visualstudio.code"),
    Editor(
        "code-insiders",
        "Visual Studio Code Insiders",
        ("code-insiders",),
        "Visual Studio Code - Insiders",
        "com.visualstudio.code.insiders",
    ),
    Editor("codium", "VSCodium", ("codium", "vscodium"), "VSCodium", "com.vscodium.codium"),
    Editor("cursor", "Cursor", ("cursor",), "Cursor"),
    Editor("code-server", "code-server", ("code-server",)),
)
"""In the order in which they are looked for and listed."""
