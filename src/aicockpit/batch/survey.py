"""The first look at the input: what is in it, what is left to do, whether it is the same file.

The file is read once from end to end before any work starts, so that a duplicate or the need for
a second model is known at once. Only digests of the ids stay in memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aicockpit.batch.lines import BadLine, BatchLine, parse_line, raw_lines

if TYPE_CHECKING:
    from collections.abc import Container, Iterator
    from pathlib import Path


def id_digest(custom_id: str) -> bytes:
    """What is remembered of an id."""
    return hashlib.blake2b(custom_id.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass
class Survey:
    """What the input holds."""

    lines: int = 0
    """Lines of the file, blank ones included."""
    requests: int = 0
    """Lines that are requests with an id of their own."""
    bad: int = 0
    done: int = 0
    """Requests that an earlier run carried out."""
    duplicates: dict[int, int] = field(default_factory=dict)
    """Lines that repeat an id, with the line that had it first."""
    models: set[str | None] = field(default_factory=set)
    """Models that the requests left to do name; None for those that name none."""
    sha256: str = ""
    """Digest of the whole input, whatever its line ends."""
    earlier_sha256: str | None = None
    """Digest of its first lines, as many as an earlier run saw; None when it has fewer."""

    @property
    def left(self) -> int:
        """Requests still to be carried out."""
        return self.requests - self.done


def survey(source: Path, *, done: Container[bytes], earlier_lines: int | None = None) -> Survey:
    """Read the whole input; `done` holds the digests of the ids that need not be done again."""
    found = Survey()
    digest = hashlib.sha256()
    seen: dict[bytes, int] = {}
    if earlier_lines == 0:
        found.earlier_sha256 = digest.hexdigest()
    for number, raw in raw_lines(source):
        found.lines = number
        # A line that was too long to read is bad in every run; its bytes do not matter.
        digest.update(b"\0" if raw is None else raw)
        digest.update(b"\n")
        if number == earlier_lines:
            found.earlier_sha256 = digest.hexdigest()
        line = parse_line(number, raw)
        if isinstance(line, BadLine):
            found.bad += 1
        elif isinstance(line, BatchLine):
            key = id_digest(line.custom_id)
            first = seen.setdefault(key, number)
            if first != number:
                found.duplicates[number] = first
                found.bad += 1
            else:
                found.requests += 1
                _sort_in(line, found, already=key in done)
    found.sha256 = digest.hexdigest()
    return found


def _sort_in(line: BatchLine, found: Survey, *, already: bool) -> None:
    if already:
        found.done += 1
    else:
        found.models.add(line.model)


def remaining(source: Path, found: Survey, done: Container[bytes]) -> Iterator[BatchLine | BadLine]:
    """The lines that are left to do, and the bad ones, in the file's order."""
    for number, raw in raw_lines(source):
        if number > found.lines:
            return  # was appended meanwhile; the next run does it
        line = parse_line(number, raw)
        if isinstance(line, BatchLine):
            first = found.duplicates.get(number)
            if first is not None:
                yield BadLine(
                    number,
                    line.custom_id,
                    "duplicate_custom_id",
                    f"Line {first} has the same custom_id.",
                )
            elif id_digest(line.custom_id) not in done:
                yield line
        elif line is not None:
            yield line
