"""Pulls models from the Hugging Face Hub into the Hugging Face cache.

The library does what touches the cache's layout (links, branch names, Xet transfers). What it
does not do is done here: choosing the files, checking the disk and for code before anything large
is fetched, one count over all files, and resuming within a file over plain HTTP.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from importlib.util import find_spec
from json import JSONDecodeError
from typing import TYPE_CHECKING, TypeVar

import huggingface_hub
from huggingface_hub import (
    HfApi,
    constants,
    get_hf_file_metadata,
    get_token,
    hf_hub_download,
    hf_hub_url,
)

from aicockpit.models import resumable
from aicockpit.models.disk import check_disk_space, disk_full_explained
from aicockpit.models.hub_cache import repository_folder
from aicockpit.models.hub_errors import hub_errors, offline, unreachable
from aicockpit.models.hub_library import cache_folder, is_offline
from aicockpit.models.model_files import small_files, weight_files
from aicockpit.models.remote_code import refuse_remote_code, wants_remote_code
from aicockpit.models.transfer import FileTally, Transfer, TransferStoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from huggingface_hub.file_download import HfFileMetadata

    from aicockpit.progress import Progress

_T = TypeVar("_T")

CONTACT_DEADLINE = 15.0
"""Seconds in which the Hub must answer the first question. Timeouts of the connection are no
substitute: name servers and each of a host's addresses have timeouts of their own."""

if "HF_HUB_VERBOSITY" not in os.environ:
    # Its warnings ("Retrying in 2s") would run through our progress bars.
    huggingface_hub.logging.set_verbosity_error()  # type: ignore[no-untyped-call]

_REQUEST_TIMEOUT = 10.0
_WORKERS = 4


@dataclass(frozen=True)
class HubFile:
    """A file as the Hub lists it."""

    name: str
    size: int
    sha256: str | None
    """Of large files; small ones are kept in git, which has no such hash."""


@dataclass(frozen=True)
class HubModel:
    """A repository at one commit."""

    repo_id: str
    commit: str
    files: tuple[HubFile, ...]


@dataclass(frozen=True)
class Pulled:
    """What a pull has put into the cache."""

    path: Path
    files: dict[str, int]


def look_up(repo_id: str, revision: str | None) -> HubModel:
    """Ask the Hub for a repository's commit and files, within a few seconds.

    Raises:
        ModelNotFoundError: no such repository or revision.
        GatedModelError: the Hub wants a token.
        HubUnreachableError: it did not answer in time, or may not be asked.
    """
    if is_offline():
        raise offline(repo_id)

    def ask() -> HubModel:
        api = HfApi(library_name="aicockpit")
        try:
            info = api.model_info(
                repo_id, revision=revision, files_metadata=True, timeout=_REQUEST_TIMEOUT
            )
        except (JSONDecodeError, TypeError, KeyError) as error:
            raise unreachable(repo_id, why="The answer is not one of a Hub") from error
        files = tuple(
            HubFile(
                name=file.rfilename,
                size=file.size or 0,
                sha256=file.lfs.sha256 if file.lfs else None,
            )
            for file in info.siblings or ()
        )
        return HubModel(repo_id, str(info.sha), files)

    with hub_errors(repo_id, revision):
        return _within(CONTACT_DEADLINE, ask, repo_id)


def pull(
    model: HubModel, revision: str | None, *, progress: Progress, trust_remote_code: bool
) -> Pulled:
    """Download what an engine needs of a repository; what is there already is kept.

    Raises:
        GatedModelError: the Hub wants a licence accepted or a token.
        RemoteCodeError: the model brings code and `trust_remote_code` is not set. Nothing but
            the small files has been fetched then.
        BrokenModelError: the repository has nothing that vLLM loads.
        DiskSpaceError: there is too little room; what has arrived stays.
        HubUnreachableError: the connection broke; what has arrived stays.
        IntegrityError: a file is not the one that the Hub lists.
    """
    with (
        disk_full_explained(f"the model {model.repo_id}", cache_folder()),
        hub_errors(model.repo_id, revision),
        progress.step(f"Downloading {model.repo_id}", unit="bytes") as step,
    ):
        return _Pull(model, revision, Transfer(step)).run(trust_remote_code=trust_remote_code)


class _Pull:
    """One pull under way."""

    def __init__(self, model: HubModel, revision: str | None, transfer: Transfer) -> None:
        self._model = model
        self._revision = revision or "main"
        self._transfer = transfer
        self._files = {file.name: file for file in model.files}
        self._repository = repository_folder(model.repo_id)
        self._snapshot = self._repository / "snapshots" / model.commit

    def run(self, *, trust_remote_code: bool) -> Pulled:
        small = small_files(self._files, code=trust_remote_code)
        # The branch's name, so that other tools find the same commit under it when offline.
        self._fetch_small(small[:1], self._revision)
        self._fetch_small(small[1:], self._model.commit)
        if wants_remote_code(self._snapshot) and not trust_remote_code:
            raise refuse_remote_code(self._model.repo_id)
        weights = weight_files(self._files, self._snapshot)
        self._transfer.expect(self._size(small) + self._size(weights))
        check_disk_space(
            cache_folder(),
            sum(self._missing_bytes(name) for name in weights),
            f"The model {self._model.repo_id}",
        )
        self._fetch_weights(weights)
        chosen = [*small, *weights]
        return Pulled(self._snapshot, {name: self._files[name].size for name in chosen})

    def _fetch_small(self, names: Collection[str], revision: str) -> None:
        self._parallel(names, lambda name: self._fetch_by_library(name, revision))

    def _fetch_weights(self, names: Iterable[str]) -> None:
        """Plain files side by side; Xet ones in turn, each of which is parallel in itself."""
        plain: dict[str, HfFileMetadata] = {}
        for name in names:
            if (self._snapshot / name).is_file():
                self._transfer.add(self._files[name].size)
                continue
            metadata = self._ask_for_metadata(name)
            by_xet = metadata.xet_file_data is not None and _xet_available()
            if not (by_xet and self._fetch_by_xet(name)):
                plain[name] = metadata
        self._parallel(plain, lambda name: self._fetch_plain(name, plain[name]))

    def _fetch_by_library(self, name: str, revision: str) -> FileTally:
        tally = FileTally(self._transfer)
        hf_hub_download(
            self._model.repo_id,
            name,
            revision=revision,
            library_name="aicockpit",
            tqdm_class=tally.bar_class(),
        )
        if missing := self._files[name].size - tally.count:
            tally.add(missing)  # it was there already
        return tally

    def _fetch_by_xet(self, name: str) -> bool:
        """Whether it worked. Where the Hub is reached but its Xet storage is not (a proxy, a
        mirror), plain HTTP still is, and it can go on where it was cut."""
        if resumable.partial_file(self._blob(self._files[name].sha256 or name)).exists():
            return False
        tally = FileTally(self._transfer)
        try:
            hf_hub_download(
                self._model.repo_id,
                name,
                revision=self._model.commit,
                library_name="aicockpit",
                tqdm_class=tally.bar_class(),
            )
        except (OSError, RuntimeError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's word, not the network's
            tally.take_back()
            return False
        return True

    def _fetch_plain(self, name: str, metadata: HfFileMetadata) -> None:
        file = self._files[name]
        etag = metadata.etag
        if file.sha256 is None or not etag or not etag.isalnum():
            self._fetch_by_library(name, self._model.commit)
            return
        blob = self._blob(etag)
        if blob.exists():
            self._transfer.add(file.size)
        else:
            remote = resumable.RemoteFile(
                repo_id=self._model.repo_id,
                name=name,
                url=self._url(name),
                size=file.size,
                sha256=file.sha256,
            )
            resumable.download(remote, blob, FileTally(self._transfer))
        # With the blob in place, the library only links it into the snapshot.
        hf_hub_download(self._model.repo_id, name, revision=self._model.commit)

    def _ask_for_metadata(self, name: str) -> HfFileMetadata:
        return get_hf_file_metadata(
            self._url(name), token=get_token(), timeout=_REQUEST_TIMEOUT, retry_on_errors=True
        )

    def _url(self, name: str) -> str:
        return hf_hub_url(self._model.repo_id, name, revision=self._model.commit)

    def _blob(self, etag: str) -> Path:
        return self._repository / "blobs" / etag

    def _size(self, names: Iterable[str]) -> int:
        return sum(self._files[name].size for name in names)

    def _missing_bytes(self, name: str) -> int:
        file = self._files[name]
        if (self._snapshot / name).is_file():
            return 0
        partial = resumable.partial_file(self._blob(file.sha256 or name))
        return file.size - (partial.stat().st_size if partial.exists() else 0)

    def _parallel(self, names: Collection[str], fetch: Callable[[str], object]) -> None:
        """Fetch several files at a time; the first failure, or Ctrl-C, stops all of them."""
        with ThreadPoolExecutor(_WORKERS, thread_name_prefix="pull") as pool:
            futures = [pool.submit(fetch, name) for name in names]
            try:
                _, running = wait(futures, return_when=FIRST_EXCEPTION)
            except BaseException:
                self._stop(pool)
                raise
            if running:
                self._stop(pool)
        failures = [future.exception() for future in futures if not future.cancelled()]
        for failure in failures:
            if failure is not None and not isinstance(failure, TransferStoppedError):
                raise failure

    def _stop(self, pool: ThreadPoolExecutor) -> None:
        self._transfer.stop()
        pool.shutdown(wait=False, cancel_futures=True)


def _xet_available() -> bool:
    return not constants.HF_HUB_DISABLE_XET and find_spec("hf_xet") is not None


def _within(seconds: float, ask: Callable[[], _T], repo_id: str) -> _T:
    """The answer, or HubUnreachableError after so many seconds.

    The thread is left to its own timeouts then: nothing can interrupt a name look-up.
    """
    answers: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(ask())
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            errors.append(error)

    thread = threading.Thread(target=run, name="hub-contact", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise unreachable(repo_id, why=f"It did not answer within {seconds:.0f} seconds")
    return answers[0]
