from pathlib import Path

import pytest

from aicockpit.engines import wholeness
from aicockpit.engines.catalog import LockFile
from aicockpit.engines.wholeness import missing_from

LOCKS = (LockFile("one.lock", "one"), LockFile("two.lock", "two"))
TEXTS = {
    "one.lock": b"# made by hand\nFoo.Bar==1.0 \\\n    --hash=sha256:00\n",
    "two.lock": b"torch==2.13.0+cpu --hash=sha256:00\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(wholeness, "lock_bytes", lambda lock: TEXTS[lock.name])
    site_packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for package, files in {
        "foo_bar-1.0": ("foo/__init__.py", "foo/deep/part.py", "foo/deep/kernels.abi3.so"),
        "torch-2.13.0+cpu": ("torch/__init__.py", "alone.py"),
    }.items():
        lines = [f"{file},sha256=0,1" for file in files] + ["../../../bin/tool,,"]
        for file in files:
            (site_packages / file).parent.mkdir(parents=True, exist_ok=True)
            (site_packages / file).touch()
        record = site_packages / f"{package}.dist-info" / "RECORD"
        record.parent.mkdir()
        record.write_text("\n".join(lines))
    return site_packages


def missing(folder: Path) -> list[str]:
    return missing_from(folder.parents[2], LOCKS)


def test_a_whole_one_lacks_nothing_however_its_packages_are_spelt(folder):
    assert missing(folder) == []


@pytest.mark.parametrize("file", ["foo/deep/kernels.abi3.so", "torch/__init__.py", "alone.py"])
def test_what_a_package_cannot_do_without(folder, file):
    (folder / file).unlink()
    assert missing(folder) == [file]


def test_a_package_without_its_record(folder):
    (folder / "foo_bar-1.0.dist-info" / "RECORD").unlink()
    assert missing(folder) == ["foo_bar-1.0.dist-info/RECORD"]


def test_another_version_than_the_lock_asks_for(folder):
    (folder / "torch-2.13.0+cpu.dist-info").rename(folder / "torch-2.12.0+cpu.dist-info")
    assert missing(folder) == ["torch-2.13.0+cpu"]


def test_nothing_at_all(tmp_path):
    assert missing_from(tmp_path, LOCKS) == ["lib/python3/site-packages"]
