"""Takes the extension from a server, such as a teammate's."""

from __future__ import annotations

import contextlib
import json
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from aicockpit.editors.packed import PackedExtension, read_packed
from aicockpit.errors import BrokenExtensionError, ConfigError, GatewayUnreachableError

PATH = "/extension.vsix"
_TIMEOUT = 30.0
_LARGEST = 64 * 2**20


def extension_url(address: str) -> str:
    """Where a server hands out the extension.

    Args:
        address: the server's address, with or without `/v1`, or that of a .vsix file.

    Raises:
        ConfigError: it is not an http or https address.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigError(
            f"{address!r} is not the address of a server.",
            why="It must begin with http:// or https://.",
            remedy="Write, for example, --from http://gpu-server:8000.",
        )
    if parts.path.endswith(".vsix"):
        return address
    base = parts.path.rstrip("/").removesuffix("/v1")
    return parts._replace(path=base + PATH, query="", fragment="").geturl()


@contextlib.contextmanager
def download_extension(address: str, folder: Path) -> Iterator[PackedExtension]:
    """The extension from a server, as a file below `folder` until the block ends.

    An editor in a sandbox of its own may not see the system's temporary files, so the folder
    should be one of the user's.

    Raises:
        GatewayUnreachableError: the server does not answer, or does not hand it out.
        BrokenExtensionError: what it hands out is not our extension.
    """
    url = extension_url(address)
    content = _fetch(url)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="extension-", dir=folder) as temporary:
        file = Path(temporary, "aicockpit.vsix")
        file.write_bytes(content)
        yield read_packed(file)


def _fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:  # noqa: S310 - http only
            content: bytes = response.read(_LARGEST + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise GatewayUnreachableError(
                f"The server did not hand out the extension: {url}",
                why=f"It answered with HTTP status {error.code}: {_words(error.read(65536))}",
                remedy="Ask whoever runs it to build the extension there with `make extension`.",
            ) from error
    except OSError as error:
        raise GatewayUnreachableError(
            f"No server answers at {url}.",
            why=f"The connection failed: {error}.",
            remedy="Check the address, and that the server runs and listens beyond its machine.",
        ) from error
    if len(content) > _LARGEST:
        raise BrokenExtensionError(
            "What the server hands out is not AiCockpit's extension.",
            why=f"It is larger than {_LARGEST // 2**20} MiB.",
            remedy=f"Check the address: {url}",
        )
    return content


def _words(body: bytes) -> str:
    """The message of an error in OpenAI's shape, or nothing that would help."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "no reason was given."
