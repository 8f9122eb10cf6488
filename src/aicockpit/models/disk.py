"""Room on the disk: checked before a download, explained when it runs out."""

from __future__ import annotations

import errno
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aicockpit.errors import DiskSpaceError
from aicockpit.progress import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RESERVE = 256 * 2**20
"""Bytes left free beyond what is written, so that the machine goes on working."""


def check_disk_space(folder: Path, needed: int, what: str) -> None:
    """Refuse to begin what cannot end for lack of room.

    Args:
        folder: where the bytes go; it need not exist yet.
        needed: bytes still to be written.
        what: what needs them, as the subject of a sentence.

    Raises:
        DiskSpaceError: less is free than `needed` and a reserve.
    """
    if needed <= 0:
        return
    existing = folder
    while not existing.exists():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    if free < needed + RESERVE:
        raise DiskSpaceError(
            f"{what} does not fit on the disk.",
            why=f"It needs {format_bytes(needed)} (and {format_bytes(RESERVE)} to spare) under "
            f"{folder}, where {format_bytes(free)} are free.",
            remedy="Free some space (`aicockpit models list` shows what models take, "
            "`aicockpit models remove` deletes one), or point HF_HOME or AICOCKPIT_HOME at a "
            "larger disk.",
        )


@contextmanager
def disk_full_explained(what: str, folder: Path) -> Iterator[None]:
    """Turn the system's word that the disk is full into a DiskSpaceError."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskSpaceError(
            f"The disk ran full while {what} was being written.",
            why=f"The system said {error.strerror or errno.errorcode[error.errno]!r} under "
            f"{folder}.",
            remedy="Free some space and run the same command again: what has already arrived is "
            "kept and not fetched again.",
        ) from error
