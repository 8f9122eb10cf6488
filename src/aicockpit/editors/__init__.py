"""The extension's packed file, and the editors of this machine that it is installed into.

A file `aicockpit-<version>.vsix` lies beside this module when the package was installed from a
wheel, and in `dist/` of a checkout where `make extension` built it. Editors are found by the
commands that they bring and do the installing themselves: nothing here writes into an editor's
folders. Start reading at `packed` for the file and `catalog` for the editors.
"""

from aicockpit.editors.catalog import EDITORS, Editor
from aicockpit.editors.detection import FoundEditor, Places, choose_editors, find_editors
from aicockpit.editors.download import download_extension, extension_url
from aicockpit.editors.installation import install_extension, installed_version
from aicockpit.editors.packed import EXTENSION_ID, PackedExtension, find_packed, read_packed

__all__ = [
    "EDITORS",
    "EXTENSION_ID",
    "Editor",
    "FoundEditor",
    "PackedExtension",
    "Places",
    "choose_editors",
    "download_extension",
    "extension_url",
    "find_editors",
    "find_packed",
    "install_extension",
    "installed_version",
    "read_packed",
]
