"""Downloads one large file over plain HTTP so that an interruption loses nothing.

`huggingface_hub` (since 1.0) writes to a file of its own per process and deletes it on any
failure, so that 4 GB of a 5 GB file are fetched again after Ctrl-C. Here the partial file stays
in the cache under the name of the content it will have, the next attempt asks only for the rest,
and the whole is checked against the hash that the Hub lists.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import httpx2
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import (  # type: ignore[attr-defined]
    build_hf_headers,
    get_session,
    hf_raise_for_status,
)

from aicockpit.errors import IntegrityError
from aicockpit.models.hub_cache import PARTIAL_SUFFIX

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.models.transfer import FileTally

RETRY_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each new attempt in a row that brought no new byte."""

_PARTIAL_CONTENT = 206
_RETRY_STATUS = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch."""

    repo_id: str
    name: str
    url: str
    size: int
    sha256: str


def partial_file(blob: Path) -> Path:
    """Where the beginning of a blob waits for the rest."""
    return blob.with_name(blob.name + PARTIAL_SUFFIX)


def download(remote: RemoteFile, blob: Path, tally: FileTally) -> None:
    """Fetch a file into `blob`, beginning where an earlier attempt stopped.

    Raises:
        httpx2.TransportError, HfHubHTTPError: the connection broke, or the Hub refused, again and
            again; the partial file stays.
        IntegrityError: the bytes are not those listed; the partial file is removed.
        OSError: the disk is full; the partial file stays.
    """
    partial = partial_file(blob)
    partial.parent.mkdir(parents=True, exist_ok=True)
    with open_partial(partial) as file:
        start = file.seek(0, 2)
        if start > remote.size:
            start = file.truncate(0)
        tally.add(start)
        if start < remote.size:
            _receive(remote, file, tally)
    _verify(remote, partial)
    partial.replace(blob)


def open_partial(path: Path) -> IO[bytes]:
    """Open a partial file to append to. Unbuffered, so that its length never lies."""
    return path.open("ab", buffering=0)


def _receive(remote: RemoteFile, file: IO[bytes], tally: FileTally) -> None:
    """Append until the file has its size, over as many connections as that takes."""
    pauses = iter(RETRY_PAUSES)
    while (before := file.tell()) < remote.size:
        error: Exception
        try:
            _receive_once(remote, file, tally)
            continue
        except httpx2.TransportError as broken:
            error = broken
        except HfHubHTTPError as refused:
            if refused.response.status_code not in _RETRY_STATUS:
                raise
            error = refused
        if file.tell() > before:
            pauses = iter(RETRY_PAUSES)
        pause = next(pauses, None)
        if pause is None:
            raise error
        time.sleep(pause)


def _receive_once(remote: RemoteFile, file: IO[bytes], tally: FileTally) -> None:
    start = file.tell()
    headers = build_hf_headers(library_name="aicockpit")
    headers["Accept-Encoding"] = "identity"  # a compressed answer cannot be continued
    if start:
        headers["Range"] = f"bytes={start}-"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with get_session().stream("GET", remote.url, headers=headers, timeout=timeout) as response:
        hf_raise_for_status(response)
        if start and response.status_code != _PARTIAL_CONTENT:
            file.truncate(0)  # the server begins anew
            tally.take_back()
        # In the pieces that the network brings: larger ones would be lost when the connection is.
        for chunk in response.iter_bytes():
            _write_all(file, chunk)
            tally.add(len(chunk))
            if file.tell() > remote.size:
                return  # `_verify` says what is wrong
    if file.tell() < remote.size:
        raise httpx2.RemoteProtocolError(
            "the answer ended before the file did", request=response.request
        )


def _write_all(file: IO[bytes], chunk: bytes) -> None:
    """Unbuffered files may take only part of what they are given."""
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]


def _verify(remote: RemoteFile, partial: Path) -> None:
    with partial.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found == remote.sha256:
        return
    size = partial.stat().st_size
    partial.unlink()
    raise IntegrityError(
        f"The download of {remote.name} from {remote.repo_id} is not the file that the Hub lists.",
        why=f"Its sha256 is {found} over {size:,} bytes and should be {remote.sha256} over "
        f"{remote.size:,}.",
        remedy="Run the same command again; the file was removed. If it happens again, something "
        "between this machine and the Hub changes downloads.",
    )
