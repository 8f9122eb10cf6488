"""The editor extension, handed out to whoever can reach the gateway."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import anyio.to_thread

from aicockpit.gateway.asgi import Headers, Reply

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.editors import PackedExtension

_TYPE = (b"content-type", b"application/vsix")


class _Content(NamedTuple):
    """A file's bytes, and what tells that it has not changed since."""

    stamp: tuple[Path, int, int]
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class ExtensionFile:
    """The packed extension, read with the first request and again when it was built anew.

    Args:
        find: where the file is; raises `ExtensionNotBuiltError` when there is none.
    """

    def __init__(self, find: Callable[[], PackedExtension]) -> None:
        self._find = find
        self._content: _Content | None = None

    async def reply(self, headers: Mapping[bytes, bytes]) -> Reply:
        """The file, or 304 for a client that says it has it.

        Raises:
            ExtensionNotBuiltError: there is none.
        """
        content = await anyio.to_thread.run_sync(self._read)
        etag = dict(content.headers)[b"etag"]
        if _has(headers.get(b"if-none-match"), etag):
            return Reply(304, b"", content.headers)
        return Reply(200, content.body, (_TYPE, *content.headers))

    def _read(self) -> _Content:
        packed = self._find()
        state = packed.path.stat()
        stamp = (packed.path, state.st_mtime_ns, state.st_size)
        if self._content is None or self._content.stamp != stamp:
            body = packed.path.read_bytes()
            self._content = _Content(stamp, body, tuple(_headers(packed, body)))
        return self._content


def _headers(packed: PackedExtension, body: bytes) -> Headers:
    name = f"aicockpit-{packed.version}.vsix"
    return [
        (b"etag", f'"{hashlib.sha256(body).hexdigest()}"'.encode()),
        # The address stays the same when the server is updated.
        (b"cache-control", b"no-cache"),
        (b"content-disposition", f'attachment; filename="{name}"'.encode()),
        (b"x-content-type-options", b"nosniff"),
    ]


def _has(if_none_match: bytes | None, etag: bytes) -> bool:
    """Whether a client's If-None-Match names `etag`; weak and strong compare alike here."""
    if if_none_match is None:
        return False
    named = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    return etag in named or b"*" in named
