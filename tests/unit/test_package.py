"""The wheel that people install has everything that the code reads at run time."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from aicockpit import __version__
from tests.support.fake_editor import write_vsix

ROOT = Path(__file__).parents[2]
PACKED = f"aicockpit-{__version__}.vsix"


def build(source: Path, target: Path, kind: str = "wheel") -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    (built,) = target.iterdir()
    return built


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """What a package is built from, without anything that was built before."""
    folder = tmp_path / "sources"
    shutil.copytree(
        ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "*.vsix")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE", "scripts/wheel_hook.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_wheel_ships_locks_guard_and_licence(tmp_path: Path):
    names = set(zipfile.ZipFile(build(ROOT, tmp_path)).namelist())
    locks = {path.name for path in (ROOT / "src/aicockpit/engines/locks").iterdir()}
    assert locks
    assert {f"aicockpit/engines/locks/{lock}" for lock in locks} <= names
    assert "aicockpit/engines/guard.py" in names
    assert "aicockpit/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_the_wheel_ships_the_packed_extension_where_the_code_finds_it(
    sources: Path, tmp_path: Path
):
    packed = write_vsix(sources / "dist" / PACKED)
    write_vsix(sources / "dist/aicockpit-0.0.1.vsix", version="0.0.1")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(build(sources, tmp_path / "built")) as wheel:
        assert [name for name in wheel.namelist() if name.endswith(".vsix")] == [
            f"aicockpit/editors/{PACKED}"
        ]
        wheel.extractall(installed)
    printed = subprocess.run(
        [sys.executable, "-m", "aicockpit", "extension", "path"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
        capture_output=True,
        text=True,
    )
    found = Path(printed.stdout.strip())
    assert found == installed / "aicockpit/editors" / PACKED
    assert found.read_bytes() == packed.read_bytes()


def test_a_source_distribution_carries_it_for_the_wheel_that_is_built_from_it(
    sources: Path, tmp_path: Path
):
    write_vsix(sources / "dist" / PACKED)
    with tarfile.open(build(sources, tmp_path / "built", "sdist")) as archive:
        assert f"aicockpit-{__version__}/dist/{PACKED}" in archive.getnames()


def test_a_wheel_without_the_extension_can_be_built(sources: Path, tmp_path: Path):
    with zipfile.ZipFile(build(sources, tmp_path / "built")) as wheel:
        assert not [name for name in wheel.namelist() if name.endswith(".vsix")]


def test_the_extension_has_the_same_version():
    manifest = json.loads((ROOT / "extension/package.json").read_text())
    lock = json.loads((ROOT / "extension/package-lock.json").read_text())
    assert {manifest["version"], lock["version"], lock["packages"][""]["version"]} == {__version__}


@pytest.mark.parametrize("folder", ["extension", "tests/e2e/workbench"])
def test_npm_locks_hold_versions_and_hashes_and_no_addresses(folder: str):
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    for name, entry in packages.items():
        assert "resolved" not in entry, f"{name} names an address"
        assert entry["integrity"].startswith("sha512-"), name


def test_locks_hold_versions_and_hashes_and_no_addresses():
    files = [*ROOT.glob("requirements/*.lock"), *ROOT.glob("src/aicockpit/engines/locks/*.lock")]
    assert len(files) >= 5
    for file in files:
        for line in file.read_text().splitlines():
            assert "://" not in line, f"{file.name} names an address"
            text = line.strip().removesuffix("\\").strip()
            assert "==" in text or text.startswith("--hash=sha256:"), f"{file.name}: {line}"
