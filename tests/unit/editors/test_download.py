"""The extension from a server: over a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aicockpit.editors import download_extension, extension_url
from aicockpit.errors import BrokenExtensionError, ConfigError, GatewayUnreachableError
from tests.support.fake_editor import write_vsix
from tests.support.serving import free_port

PROBLEM = b'{"error": {"message": "It has not been built. Run `make extension`."}}'


class Handler(BaseHTTPRequestHandler):
    answers: dict[str, tuple[int, bytes]]

    def do_GET(self) -> None:
        status, body = self.answers.get(self.path, (404, b"nothing"))
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet."""


@pytest.fixture
def answers(tmp_path: Path) -> dict[str, tuple[int, bytes]]:
    return {"/extension.vsix": (200, write_vsix(tmp_path / "served.vsix").read_bytes())}


@pytest.fixture
def server(answers: dict[str, tuple[int, bytes]]) -> Iterator[str]:
    handler = type("Answering", (Handler,), {"answers": answers})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("http://gpu:8000", "http://gpu:8000/extension.vsix"),
        ("http://gpu:8000/", "http://gpu:8000/extension.vsix"),
        ("http://gpu:8000/v1", "http://gpu:8000/extension.vsix"),
        ("https://team.example/ai/v1/", "https://team.example/ai/extension.vsix"),
        ("https://team.example/files/a.vsix", "https://team.example/files/a.vsix"),
    ],
)
def test_addresses(address: str, url: str):
    assert extension_url(address) == url


@pytest.mark.parametrize(
    "address", ["gpu:8000", "ftp://gpu/a.vsix", "file:///etc/passwd", "", "http://"]
)
def test_what_is_no_address(address: str):
    with pytest.raises(ConfigError, match="http:// or https://"):
        extension_url(address)


def test_the_file_is_there_until_the_block_ends(server: str, tmp_path: Path):
    folder = tmp_path / "downloads"
    with download_extension(server, folder) as packed:
        assert packed.path.is_relative_to(folder)
        assert packed.path.suffix == ".vsix"
    assert list(folder.iterdir()) == []


def test_a_server_that_has_none_is_quoted(server: str, answers: dict[str, tuple[int, bytes]]):
    answers["/extension.vsix"] = (404, PROBLEM)
    with (
        pytest.raises(GatewayUnreachableError, match="404: It has not been built"),
        download_extension(server, Path("/nowhere")),
    ):
        pass


def test_something_else_at_the_address(
    server: str, answers: dict[str, tuple[int, bytes]], tmp_path: Path
):
    answers["/extension.vsix"] = (200, b"<html>Welcome</html>")
    with pytest.raises(BrokenExtensionError), download_extension(server, tmp_path):
        pass
    answers["/extension.vsix"] = (500, b"<html>Sorry</html>")
    with (
        pytest.raises(GatewayUnreachableError, match="status 500: no reason"),
        download_extension(server, tmp_path),
    ):
        pass


def test_nobody_there(tmp_path: Path):
    with (
        pytest.raises(GatewayUnreachableError, match="No server answers"),
        download_extension(f"http://127.0.0.1:{free_port()}", tmp_path),
    ):
        pass
