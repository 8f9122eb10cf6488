"""A small Hugging Face Hub on loopback, for tests of the real `huggingface_hub` code.

It serves what the library asks for when a model is pulled: the repository's info with its files,
HEAD and GET of files with ETag, commit and Range. Faults are switched on per repository.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

LARGE = 4096
"""Files of this size and more are kept as large files, with a sha256, as on the real Hub."""


@dataclass
class HubRepository:
    """One repository and its faults."""

    files: dict[str, bytes]
    commit: str = "1234567890abcdef1234567890abcdef12345678"
    gated: bool = False
    """Files only for `licensed_tokens`: 401 without a token, 403 with another."""
    licensed_tokens: tuple[str, ...] = ()
    cut_after: dict[str, int] = field(default_factory=dict)
    """Bytes of the next answer for a file after which the connection is cut, once."""
    ignores_range: bool = False
    withheld: set[str] = field(default_factory=set)
    """Files that are listed and answered with 404."""
    on_xet: bool = False
    """Large files claim to be in Xet storage, which is out of order."""
    corrupt: set[str] = field(default_factory=set)
    """Files whose bytes are changed on the way."""


@dataclass(frozen=True)
class HubRequest:
    """A request as the server saw it."""

    method: str
    path: str
    range: str | None
    authorization: str | None


class LocalHub:
    """The server, as a context manager."""

    def __init__(self) -> None:
        self.repositories: dict[str, HubRepository] = {}
        self.requests: list[HubRequest] = []
        self.served = 0
        """Bytes of all answers' bodies that someone took."""
        self.silent = False
        """Accept connections and never answer."""
        self.impostor: int | None = None
        """Answer everything with this status and a web page, as a proxy does."""
        self.closing = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def downloads(self, name: str) -> list[HubRequest]:
        """The GET requests for a file, in order."""
        return [
            request
            for request in self.requests
            if request.method == "GET" and request.path.endswith(f"/{name}")
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


_INFO = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)(/revision/(?P<revision>[^/]+))?")
_FILE = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<name>.+)")
_OK_REVISIONS = ("main", "v1")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: LocalHub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are part of what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each small answer waits 40 ms for an acknowledgement
    server: _Server

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Tests read `requests` instead."""

    @property
    def _hub(self) -> LocalHub:
        return self.server.hub

    def _serve(self) -> None:
        if self._hub.silent:
            self._hub.closing.wait()
            return
        if self._hub.impostor is not None:
            self._answer(self._hub.impostor, b"<html>please sign in</html>", {})
            return
        path = unquote(urlsplit(self.path).path)
        self._hub.requests.append(
            HubRequest(self.command, path, self.headers["Range"], self.headers["Authorization"])
        )
        if match := _INFO.fullmatch(path):
            self._info(match["repo"], match["revision"])
        elif match := _FILE.fullmatch(path):
            self._file(match["repo"], match["revision"], match["name"])
        else:
            self._fail(404, "EntryNotFound", "no such path")

    def _repository(self, repo: str, revision: str | None) -> HubRepository | None:
        repository = self._hub.repositories.get(repo)
        if repository is None:
            # The real Hub does not tell the uninvited what is missing and what private.
            self._fail(401, "RepoNotFound", "Invalid username or password.")
            return None
        if revision not in (None, repository.commit, *_OK_REVISIONS):
            self._fail(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None
        return repository

    def _info(self, repo: str, revision: str | None) -> None:
        if repository := self._repository(repo, revision):
            siblings = [_sibling(name, data) for name, data in repository.files.items()]
            body = {"id": repo, "sha": repository.commit, "siblings": siblings}
            self._answer(200, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _file(self, repo: str, revision: str, name: str) -> None:
        repository = self._repository(repo, revision)
        if repository is None:
            return
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        if repository.gated and token not in repository.licensed_tokens:
            self._fail(403 if token else 401, "GatedRepo", f"Access to {repo} is restricted.")
            return
        data = repository.files.get(name)
        if data is None or name in repository.withheld:
            self._fail(404, "EntryNotFound", f"{name} is not there")
            return
        headers = {
            "ETag": f'"{_etag(data)}"',
            "X-Repo-Commit": repository.commit,
            "Accept-Ranges": "bytes",
        }
        if repository.on_xet and len(data) >= LARGE:
            headers["X-Xet-Hash"] = "ab" * 32
            headers["X-Xet-Refresh-Route"] = f"{self._hub.url}/api/xet-read-token"
        if name in repository.corrupt:
            data = bytes(len(data))
        self._send_file(repository, name, data, headers)

    def _send_file(
        self, repository: HubRepository, name: str, data: bytes, headers: dict[str, str]
    ) -> None:
        status = 200
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers["Range"] or "")
        if asked and not repository.ignores_range:
            start = int(asked[1])
            end = min(int(asked[2] or len(data)) + 1, len(data))
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
            status, data = 206, data[start:end]
        cut = repository.cut_after.pop(name, None) if self.command == "GET" else None
        self._answer(status, data, headers, cut=cut)

    def _fail(self, status: int, code: str, message: str) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self._answer(status, json.dumps({"error": message}).encode(), headers)

    def _answer(
        self, status: int, body: bytes, headers: dict[str, str], *, cut: int | None = None
    ) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])
            self._hub.served += len(body)
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True


def _sibling(name: str, data: bytes) -> dict[str, object]:
    entry: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": _git_sha1(data)}
    if len(data) >= LARGE:
        digest = hashlib.sha256(data).hexdigest()
        entry["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 135}
    return entry


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest() if len(data) >= LARGE else _git_sha1(data)


def _git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def tiny_model_files(*, weights: int = 200_000, **config: object) -> dict[str, bytes]:
    """A repository with all that an engine needs, and much that it does not."""
    settings: dict[str, object] = {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "num_hidden_layers": 2,
        "hidden_size": 64,
        "num_attention_heads": 4,
        "vocab_size": 128,
        "max_position_embeddings": 256,
        **config,
    }
    return {
        "README.md": b"# a model",
        "config.json": json.dumps(settings).encode(),
        "generation_config.json": b"{}",
        "tokenizer.json": b'{"added_tokens": [], "model": {"vocab": {}}}',
        "tokenizer_config.json": b'{"chat_template": "{{ messages }}"}',
        "model.safetensors": safetensors_bytes("BF16", (weights // 2,)),
        "pytorch_model.bin": bytes(LARGE),
        "model.gguf": bytes(LARGE),
        "onnx/model.onnx": bytes(LARGE),
        "original/consolidated.00.pth": bytes(LARGE),
    }


def safetensors_bytes(dtype: str, shape: tuple[int, ...], *, width: int = 2) -> bytes:
    """A safetensors file with one tensor whose bytes differ from place to place."""
    size = width
    for dimension in shape:
        size *= dimension
    entry = {"dtype": dtype, "shape": list(shape), "data_offsets": [0, size]}
    header = json.dumps({"model.weight": entry}).encode()
    data = hashlib.shake_128(dtype.encode()).digest(size)
    return struct.pack("<Q", len(header)) + header + data
