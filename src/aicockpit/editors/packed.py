"""The packed extension: where it lies, and what is inside."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from aicockpit import __version__
from aicockpit.errors import BrokenExtensionError, ExtensionNotBuiltError

EXTENSION_ID = "aicockpit.aicockpit"
"""Publisher and name, as editors list it."""

_PACKAGE = Path(__file__).parent
_MANIFEST = "extension/package.json"


@dataclass(frozen=True)
class PackedExtension:
    """A .vsix file of our extension."""

    path: Path
    version: str


def find_packed(package: Path = _PACKAGE) -> PackedExtension:
    """The packed extension of this very version of AiCockpit.

    Args:
        package: the folder of this module; its surroundings tell a checkout from a wheel.

    Raises:
        ExtensionNotBuiltError: it was not built, or the wheel was built without it.
    """
    name = f"aicockpit-{__version__}.vsix"
    checkout = package.parents[2]
    in_checkout = (checkout / "extension" / "package.json").is_file()
    path = checkout / "dist" / name if in_checkout else package / name
    if path.is_file():
        return PackedExtension(path, __version__)
    if in_checkout:
        raise ExtensionNotBuiltError(
            "The extension has not been built.",
            why=f"There is no dist/{name} in the checkout that AiCockpit runs from.",
            remedy="Build it there with `make extension`.",
        )
    raise ExtensionNotBuiltError(
        "This installation of AiCockpit has no packed extension.",
        why="It was installed from a package that was built without `make extension`.",
        remedy="Take it from a server that has it (`aicockpit extension install --from URL`), or "
        "build it in a checkout with `make extension`.",
    )


def read_packed(path: Path) -> PackedExtension:
    """Look inside a file and make sure that it is our extension.

    Raises:
        BrokenExtensionError: it is something else, or damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read(_MANIFEST))
        identity = f"{manifest['publisher']}.{manifest['name']}"
        version = str(manifest["version"])
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise _broken(path, f"It cannot be read as a .vsix: {error}.") from error
    if identity != EXTENSION_ID:
        raise _broken(path, f"It holds the extension {identity}.")
    return PackedExtension(path, version)


def _broken(path: Path, why: str) -> BrokenExtensionError:
    return BrokenExtensionError(
        f"{path.name} is not AiCockpit's extension.",
        why=why,
        remedy="Build it again with `make extension`, or check the address that it came from.",
    )
