"""Where the packed extension is looked for, and what is taken for it."""

from pathlib import Path

import pytest

from aicockpit import __version__
from aicockpit.editors import find_packed, read_packed
from aicockpit.errors import BrokenExtensionError, ExtensionNotBuiltError
from tests.support.fake_editor import write_vsix

NAME = f"aicockpit-{__version__}.vsix"


def checkout(root: Path) -> Path:
    """The module's folder in a checkout."""
    (root / "extension").mkdir()
    (root / "extension/package.json").write_text("{}")
    return root / "src/aicockpit/editors"


def test_a_checkout_has_it_in_dist(tmp_path: Path):
    package = checkout(tmp_path)
    file = write_vsix(tmp_path / "dist" / NAME)
    assert find_packed(package).path == file


def test_a_checkout_where_it_was_not_built_names_the_command(tmp_path: Path):
    package = checkout(tmp_path)
    write_vsix(tmp_path / "dist/aicockpit-0.0.1.vsix")
    with pytest.raises(ExtensionNotBuiltError, match="`make extension`"):
        find_packed(package)


def test_a_wheel_has_it_beside_the_module(tmp_path: Path):
    package = tmp_path / "lib/site-packages/aicockpit/editors"
    file = write_vsix(package / NAME)
    assert find_packed(package).path == file


def test_a_wheel_without_it_says_where_it_can_be_had(tmp_path: Path):
    with pytest.raises(ExtensionNotBuiltError, match="--from URL"):
        find_packed(tmp_path / "lib/site-packages/aicockpit/editors")


def test_the_version_is_read_from_inside(tmp_path: Path):
    assert read_packed(write_vsix(tmp_path / "any.vsix", version="9.8.7")).version == "9.8.7"


def test_another_extension_is_refused(tmp_path: Path):
    file = write_vsix(tmp_path / "other.vsix", publisher="somebody")
    with pytest.raises(BrokenExtensionError, match=r"holds the extension somebody\.aicockpit"):
        read_packed(file)


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes):
    file = tmp_path / "page.vsix"
    file.write_bytes(content)
    with pytest.raises(BrokenExtensionError, match="cannot be read"):
        read_packed(file)
