"""Which processes a sweep takes and which it leaves alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aicockpit.engines.guard import read_stat
from aicockpit.engines.guarded import marks, owner_mark
from aicockpit.engines.sweep import end_engine, marked, running_in, sweep
from aicockpit.paths import DataFolder


@pytest.fixture
def process():
    made: list[subprocess.Popen[bytes]] = []

    def make(variables: dict[str, str]) -> subprocess.Popen[bytes]:
        code = "print(flush=True); import time; time.sleep(600)"
        made.append(
            subprocess.Popen(
                [sys.executable, "-S", "-c", code],
                env={**os.environ, **variables},
                stdout=subprocess.PIPE,
            )
        )
        assert made[-1].stdout
        made[-1].stdout.readline()
        return made[-1]

    yield make
    for one in made:
        one.kill()
        one.wait()
        assert one.stdout
        one.stdout.close()


def test_only_what_belongs_to_nobody_is_ended(process, tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    other = DataFolder(tmp_path / "other")
    ours = process(marks(data, "a-1"))
    elsewhere = process({**marks(other, "a-2"), "AICOCKPIT_OWNER": "1:99"})
    unmarked = process({})
    # The pid lives, but belongs to another process than the owner of old.
    orphan = process({**marks(data, "a-3"), "AICOCKPIT_OWNER": f"{os.getpid()}:1"})
    assert {found.engine for found in marked(data)} == {"a-1", "a-3"}
    assert [swept.pid for swept in sweep(data)] == [orphan.pid]
    orphan.wait(5)
    assert [one.poll() for one in (ours, elsewhere, unmarked)] == [None] * 3


def test_an_engine_can_be_ended_by_its_id(process, tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    wanted, other = process(marks(data, "a-1")), process(marks(data, "a-2"))
    assert [swept.engine for swept in end_engine(data, "a-1")] == ["a-1"]
    wanted.wait(5)
    assert other.poll() is None


def test_engines_of_an_environment_are_found(process, tmp_path: Path) -> None:
    data = DataFolder(tmp_path)
    user = process({**marks(data, "a-1"), "VIRTUAL_ENV": str(tmp_path / "env")})
    assert [found.pid for found in running_in(data, tmp_path / "env")] == [user.pid]
    assert running_in(data, tmp_path / "env2") == []


def test_an_owner_is_named_by_pid_and_start() -> None:
    stat = read_stat(os.getpid())
    assert stat is not None
    assert owner_mark() == f"{os.getpid()}:{stat.start}"
