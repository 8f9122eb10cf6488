"""Engines whose worker is the fake one; the guard around them is real."""

import os
import sys
from pathlib import Path

import pytest

from aicockpit.engines.guarded import GuardedLog
from aicockpit.offline.engine import OfflineEngine
from aicockpit.offline.launch import WorkerLaunch
from aicockpit.paths import DataFolder
from aicockpit.progress import SilentProgress

FAKE = Path(__file__).parents[2] / "support" / "fake_offline_worker.py"


@pytest.fixture
def make_launch(tmp_path):
    def make(*arguments, start_timeout=20.0):
        data = DataFolder(tmp_path / "home")
        return WorkerLaunch(
            name="fake",
            engine_id=f"offline-fake-{os.getpid()}-{tmp_path.name}",
            command=(sys.executable, str(FAKE)),
            arguments=arguments,
            environment={"PATH": "/usr/bin:/bin"},
            data=data,
            log=GuardedLog(data.logs / "offline-fake.log"),
            start_timeout=start_timeout,
            stop_timeout=2.0,
        )

    return make


@pytest.fixture
def engine(make_launch):
    with OfflineEngine(make_launch(), SilentProgress()) as engine:
        yield engine
