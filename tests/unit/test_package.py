"""The wheel that people install has everything that the code reads at run time."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_wheel_ships_locks_guard_and_licence(tmp_path: Path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    locks = {path.name for path in (ROOT / "src/aicockpit/engines/locks").iterdir()}
    assert locks
    assert {f"aicockpit/engines/locks/{lock}" for lock in locks} <= names
    assert "aicockpit/engines/guard.py" in names
    assert "aicockpit/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith("tests/") for name in names)


def test_locks_hold_versions_and_hashes_and_no_addresses():
    files = [*ROOT.glob("requirements/*.lock"), *ROOT.glob("src/aicockpit/engines/locks/*.lock")]
    assert len(files) >= 5
    for file in files:
        for line in file.read_text().splitlines():
            assert "://" not in line, f"{file.name} names an address"
            text = line.strip().removesuffix("\\").strip()
            assert "==" in text or text.startswith("--hash=sha256:"), f"{file.name}: {line}"
