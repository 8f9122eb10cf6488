"""Room on the disk, and one process at a time."""

from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING

import pytest

from aicockpit.errors import DiskSpaceError
from aicockpit.models.disk import check_disk_space, disk_full_explained
from aicockpit.models.locking import locked
from aicockpit.progress import SilentProgress
from tests.support.recorded_progress import RecordedProgress

if TYPE_CHECKING:
    from pathlib import Path


def test_what_fits_and_what_does_not(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    check_disk_space(folder, 1, "It")
    check_disk_space(folder, 0, "It")
    with pytest.raises(DiskSpaceError, match=r"needs 1048576\.00 TiB .* GiB are free"):
        check_disk_space(folder, 2**60, "It")


def test_only_a_full_disk_is_explained(tmp_path: Path) -> None:
    for number in (errno.ENOSPC, errno.EDQUOT):
        with pytest.raises(DiskSpaceError), disk_full_explained("it", tmp_path):
            raise OSError(number, "full")
    with pytest.raises(PermissionError), disk_full_explained("it", tmp_path):
        raise PermissionError(errno.EACCES, "no")


def test_the_second_waits_for_the_first(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.lock"
    inside = threading.Event()
    progress = RecordedProgress()

    def second() -> None:
        with locked(path, what="it", progress=progress):
            inside.set()

    with locked(path, what="it", progress=SilentProgress()):
        thread = threading.Thread(target=second)
        thread.start()
        assert not inside.wait(0.05)
    assert inside.wait(10)
    thread.join()
    assert progress.titles == ["Waiting for another AiCockpit that is preparing it"]
