"""Finds, fetches, lists and removes models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aicockpit.errors import BrokenModelError, HubUnreachableError, ModelError, ModelNotFoundError
from aicockpit.models import hub_cache
from aicockpit.models.location import (
    STARTER,
    STARTER_NAME,
    LocatedModel,
    Origin,
    as_path,
    is_path,
    short_name,
)
from aicockpit.models.locking import locked
from aicockpit.models.records import PullRecord, PullRecords
from aicockpit.models.remote_code import missing_code
from aicockpit.models.starter import Starter
from aicockpit.models.suggestions import near_names, no_folder

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.paths import DataFolder
    from aicockpit.progress import Progress


@dataclass(frozen=True)
class ModelRecord:
    """One model on this machine that AiCockpit can serve by name."""

    name: str
    """Short lower-case name."""
    source: str
    """Hugging Face id, or `starter`."""
    origin: Origin
    revision: str | None
    """Commit on the Hub."""
    path: Path
    size: int
    """Bytes on the disk."""
    pulled_at: str | None
    """When AiCockpit pulled it (UTC, ISO 8601); None for what other tools left in the cache."""


class ModelStore:
    """The models of one data folder, and those of the Hugging Face cache."""

    def __init__(self, data: DataFolder) -> None:
        self._records = PullRecords(data.models / "records")
        self._starter = Starter(data)

    def locate(self, source: str, revision: str | None = None) -> LocatedModel | None:
        """Find a model on this machine; the network is never asked.

        Args:
            source: a folder, a Hugging Face id, `starter`, or the short name of a model that
                `listing` shows.
            revision: branch, tag or commit of a Hub model.
        """
        folder = as_path(source)
        if (folder / "config.json").is_file():
            return LocatedModel(folder, source, "folder", None, short_name(str(folder)))
        if is_path(source):
            return None
        if source == STARTER:
            return self._starter.locate()
        return self._in_cache(source, revision) or self._by_short_name(source)

    def fetch(
        self,
        source: str,
        *,
        revision: str | None = None,
        progress: Progress,
        trust_remote_code: bool = False,
        refresh: bool = False,
    ) -> LocatedModel:
        """Find a model, downloading it when it is not on this machine.

        An interrupted download goes on where it stopped when it is asked for again.

        Args:
            source: as for `locate`.
            revision: as for `locate`.
            progress: where the download is reported. An exception raised by a step's `update`
                stops the download.
            trust_remote_code: fetch the repository's Python files too. Without it, a model that
                needs them is refused before its weights are downloaded.
            refresh: ask the Hub for a newer commit even if the model is there.

        Raises:
            ModelNotFoundError: neither here nor on the Hub, or no such revision.
            BrokenModelError: the folder or repository has no weights that vLLM loads.
            GatedModelError: the Hub wants a licence accepted or a token.
            RemoteCodeError: the model brings code and `trust_remote_code` is not set.
            HubUnreachableError: the Hub did not answer within seconds, or broke off.
            DiskSpaceError: too little room.
            IntegrityError: a download is not what was listed or pinned.
        """
        located = self.locate(source, revision)
        if located is not None:
            lacks_code = trust_remote_code and missing_code(located.path)
            if located.origin != "cache" or not (refresh or lacks_code):
                return located
        if is_path(source):
            raise self._not_a_model(source)
        if source == STARTER:
            return self._starter.make(progress)
        wanted = located.source if located else source
        return self._pull(wanted, revision, progress, trust_remote_code=trust_remote_code)

    def fetch_default(self, source: str, *, progress: Progress) -> LocatedModel:
        """The default model: from this machine, else from the Hub, else the starter model.

        A starter model that was made earlier is taken before the Hub is asked, so that a second
        start fetches nothing. `origin` of the result, and a step of `progress`, tell that it is
        the starter.

        Raises:
            As `fetch`, but HubUnreachableError.
        """
        if located := self.locate(source) or self._starter.locate():
            return located
        try:
            return self.fetch(source, progress=progress)
        except HubUnreachableError:
            title = f"The Hub cannot be reached for {source}; taking the starter model"
            with progress.step(title, total=1) as step:
                step.update(completed=1)
            return self._starter.make(progress)

    def listing(self) -> list[ModelRecord]:
        """Every whole model on this machine, but for folders of the user's own."""
        pulled = {(record.source, record.commit): record.pulled_at for record in self._records}
        found = [
            ModelRecord(
                name=short_name(snapshot.repo_id),
                source=snapshot.repo_id,
                origin="cache",
                revision=snapshot.commit,
                path=snapshot.path,
                size=_size(snapshot.path),
                pulled_at=pulled.get((snapshot.repo_id, snapshot.commit)),
            )
            for snapshot in hub_cache.whole_snapshots()
        ]
        if starter := self._starter.locate():
            found.append(
                ModelRecord(
                    name=starter.name,
                    source=STARTER,
                    origin="starter",
                    revision=None,
                    path=starter.path,
                    size=_size(starter.path),
                    pulled_at=None,
                )
            )
        return sorted(found, key=lambda record: (record.name, record.source))

    def remove(self, name: str) -> list[ModelRecord]:
        """Delete a model's files: every commit of it that is in the cache, or what an
        interrupted pull has left of it.

        Args:
            name: a Hugging Face id, `starter`, or a short name as `listing` shows it.

        Returns:
            What was removed.

        Raises:
            ModelError: it is a folder of the user's own, or the name stands for several models.
            ModelNotFoundError: there is no such model here.
        """
        records = self.listing()
        chosen = [record for record in records if name == record.source]
        chosen = chosen or [record for record in records if name == record.name]
        if len({record.source for record in chosen}) > 1:
            sources = " and ".join(sorted({record.source for record in chosen}))
            raise ModelError(
                f"The name {name} stands for more than one model.",
                why=f"It is short for {sources}.",
                remedy=f"Name one of them in full, such as `aicockpit models remove "
                f"{chosen[0].source}`.",
            )
        if not chosen and (partial := _interrupted_pull(name)):
            for path in hub_cache.partial_files(name):
                path.unlink()
            return [partial]
        if not chosen:
            raise self._cannot_remove(name, records)
        for record in chosen:
            self._delete(record)
        return chosen

    def _in_cache(self, source: str, revision: str | None) -> LocatedModel | None:
        record = self._records.find(source, revision)
        snapshot = hub_cache.find_snapshot(source, record.commit) if record else None
        snapshot = snapshot or hub_cache.find_snapshot(source, revision)
        if snapshot is None:
            return None
        return LocatedModel(snapshot.path, source, "cache", snapshot.commit, short_name(source))

    def _by_short_name(self, source: str) -> LocatedModel | None:
        """What was listed may be named as it was listed, when that is clear."""
        if "/" in source:
            return None
        sources = {
            snapshot.repo_id
            for snapshot in hub_cache.whole_snapshots()
            if short_name(snapshot.repo_id) == source
        }
        if len(sources) == 1:
            return self._in_cache(sources.pop(), None)
        return self._starter.locate() if not sources and source == STARTER_NAME else None

    def _pull(
        self, source: str, revision: str | None, progress: Progress, *, trust_remote_code: bool
    ) -> LocatedModel:
        # The library costs 0.2 s and 20 MB; only a download needs it.
        from aicockpit.models import hub  # noqa: PLC0415

        with progress.step(f"Looking for {source} on the Hugging Face Hub"):
            model = hub.look_up(source, revision)
        lock = self._records.lock_file(source)
        with locked(lock, what=source, progress=progress):
            pulled = hub.pull(
                model, revision, progress=progress, trust_remote_code=trust_remote_code
            )
        record = PullRecord(
            source=source,
            asked_revision=revision,
            commit=model.commit,
            files=pulled.files,
            pulled_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        self._records.write(record)
        return LocatedModel(pulled.path, source, "hub", model.commit, short_name(source))

    def _delete(self, record: ModelRecord) -> None:
        if record.origin == "starter":
            self._starter.remove()
            return
        assert record.revision is not None  # noqa: S101 - of a snapshot in the cache
        hub_cache.delete_snapshot(record.source, record.revision)
        self._records.remove(record.source, record.revision)

    def _not_a_model(self, source: str) -> ModelError:
        folder = as_path(source)
        known = [record.source for record in self._records]
        if folder.is_file():
            return BrokenModelError(
                f"{source} is a file, and a model is a folder.",
                why="vLLM loads a folder with config.json, the tokenizer and *.safetensors files."
                + (" It does not load GGUF by itself." if folder.suffix == ".gguf" else ""),
                remedy="Name such a folder, or a Hugging Face id.",
            )
        if folder.is_dir():
            return BrokenModelError(
                f"The folder {source} holds no model.",
                why="It has no config.json.",
                remedy="Name the folder that holds config.json and the *.safetensors files.",
            )
        return no_folder(source, known)

    def _cannot_remove(self, name: str, records: list[ModelRecord]) -> ModelError:
        if is_path(name) or as_path(name).is_dir():
            return ModelError(
                f"AiCockpit does not delete {name}.",
                why="It is a folder of your own, not one that AiCockpit made or pulled.",
                remedy="Delete it yourself if you want to, and take it out of cockpit.toml.",
            )
        near = near_names(name, [record.source for record in records])
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        return ModelNotFoundError(
            f"There is no model {name} on this machine.",
            why="Neither the Hugging Face cache nor AiCockpit's data folder has it whole.",
            remedy=f"{hint}`aicockpit models list` shows what there is.",
        )


def _interrupted_pull(source: str) -> ModelRecord | None:
    """What a pull that never ended has left, so that it can be removed by its id."""
    partial = hub_cache.partial_files(source)
    if not partial:
        return None
    return ModelRecord(
        name=short_name(source),
        source=source,
        origin="cache",
        revision=None,
        path=hub_cache.repository_folder(source),
        size=sum(path.stat().st_size for path in partial),
        pulled_at=None,
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
