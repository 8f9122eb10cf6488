"""What AiCockpit pulled: one small file per model, with the commit that was fetched.

The Hugging Face cache knows which commit a branch stood for when any tool last asked. The record
keeps the commit that AiCockpit fetched, so that a model changes only when it is pulled again.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class PullRecord:
    """One completed pull."""

    source: str
    """Hugging Face id."""
    asked_revision: str | None
    """Branch, tag or commit that was asked for; None for the main branch."""
    commit: str
    files: Mapping[str, int]
    """Bytes of every file that was fetched, by its name in the repository."""
    pulled_at: str
    """UTC, ISO 8601."""


class PullRecords:
    """The records below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[PullRecord]:
        for path in sorted(self._folder.glob("*.json")):
            if record := _read(path):
                yield record

    def find(self, source: str, revision: str | None) -> PullRecord | None:
        """The record of a source as it was asked for."""
        return _read(self._path(source, revision))

    def write(self, record: PullRecord) -> None:
        """Keep a record, in place of an earlier one of the same source and revision."""
        path = self._path(record.source, record.asked_revision)
        write_json(path, {"version": 1, **asdict(record)})

    def remove(self, source: str, commit: str) -> None:
        """Forget every record of a commit."""
        for record in list(self):
            if (record.source, record.commit) == (source, commit):
                self._path(record.source, record.asked_revision).unlink(missing_ok=True)

    def lock_file(self, source: str) -> Path:
        """The file that whoever pulls this source locks."""
        return self._path(source, None).with_suffix(".lock")

    def _path(self, source: str, revision: str | None) -> Path:
        name = source if revision is None else f"{source}@{revision}"
        return self._folder / (name.replace("/", "--") + ".json")


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file that is either the old one or the whole new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
    ) as file:
        try:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)  # noqa: PTH105 - a name from tempfile
        except BaseException:
            os.unlink(file.name)  # noqa: PTH108 - as above
            raise


def _read(path: Path) -> PullRecord | None:
    try:
        content = json.loads(path.read_bytes())
        return PullRecord(
            source=content["source"],
            asked_revision=content["asked_revision"],
            commit=content["commit"],
            files=dict(content["files"]),
            pulled_at=content["pulled_at"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        # A record is a convenience: without it the model is looked up in the cache again.
        return None
