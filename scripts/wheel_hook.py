"""Puts the packed editor extension into the packages that are built, when it is there.

Hatchling runs this. `make extension` packs the extension; without it a package is complete for
everything but the editor's side, which then tells where to take the file from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackedExtensionHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `dist/aicockpit-<version>.vsix`; an editable installation finds it where it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the file and its place in the package."""
        name = f"aicockpit-{self.metadata.version}.vsix"
        file = Path(self.root, "dist", name)
        if version == "editable" or not file.is_file():
            return
        folder = "aicockpit/editors" if self.target_name == "wheel" else "dist"
        build_data["force_include"][str(file)] = f"{folder}/{name}"
