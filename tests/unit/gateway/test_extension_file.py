"""The gateway hands out the extension, with and without a key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from aicockpit import __version__
from aicockpit.config import ServerSettings
from aicockpit.editors import PackedExtension, find_packed
from aicockpit.gateway import app as gateway_app
from tests.support.fake_directory import FakeDirectory
from tests.support.fake_editor import write_vsix
from tests.support.in_process import serving_gateway

pytestmark = pytest.mark.anyio

URL = "/extension.vsix"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = write_vsix(tmp_path / "anything.vsix")
    monkeypatch.setattr(gateway_app, "find_packed", lambda: PackedExtension(file, __version__))
    return file


@pytest.fixture
def content(file: Path) -> bytes:
    return file.read_bytes()


@pytest.fixture
async def client(file: Path) -> AsyncIterator[aiohttp.ClientSession]:
    settings = ServerSettings.model_validate({"api_key": "sk-secret"})
    async with (
        serving_gateway(FakeDirectory(), settings) as gateway,
        aiohttp.ClientSession(gateway.url) as session,
    ):
        yield session


async def test_it_is_handed_out_without_the_key(client: aiohttp.ClientSession, content: bytes):
    async with client.get(URL) as response:
        assert response.status == 200
        assert await response.read() == content
        headers = response.headers
    assert headers["content-type"] == "application/vsix"
    assert headers["content-disposition"] == f'attachment; filename="aicockpit-{__version__}.vsix"'
    assert headers["cache-control"] == "no-cache"
    async with client.get("/v1/models") as response:
        assert response.status == 401


async def test_head_has_the_same_headers_and_no_body(client: aiohttp.ClientSession, content: bytes):
    async with client.get(URL) as response:
        whole = response.headers
    async with client.head(URL) as response:
        assert response.status == 200
        assert await response.read() == b""
        for name in ("etag", "content-type", "content-length"):
            assert response.headers[name] == whole[name]
    assert int(whole["content-length"]) == len(content)


async def test_who_has_it_does_not_get_it_again(client: aiohttp.ClientSession, file: Path):
    async with client.get(URL) as response:
        etag = response.headers["etag"]
    for named in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        async with client.get(URL, headers={"if-none-match": named}) as response:
            assert response.status == 304
            assert response.headers["etag"] == etag
            assert await response.read() == b""
    write_vsix(file, version="2.0.0")
    async with client.get(URL, headers={"if-none-match": etag}) as response:
        assert response.status == 200
        assert response.headers["etag"] != etag


async def test_where_it_was_not_built_the_answer_names_the_command(
    client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / "extension").mkdir()
    (tmp_path / "extension/package.json").write_text("{}")
    package = tmp_path / "src/aicockpit/editors"
    monkeypatch.setattr(gateway_app, "find_packed", lambda: find_packed(package))
    async with serving_gateway(FakeDirectory()) as gateway:
        for method in ("GET", "HEAD"):
            async with client.request(method, gateway.url + URL) as response:
                assert response.status == 404
        async with client.get(gateway.url + URL) as response:
            error = (await response.json())["error"]
    assert error["code"] == "extension_not_built"
    assert set(error) == {"message", "type", "param", "code"}
    assert "make extension" in error["message"]


async def test_other_methods_are_refused(client: aiohttp.ClientSession):
    async with client.post(URL) as response:
        assert response.status == 405
        assert response.headers["allow"] == "GET, HEAD"


async def test_other_hosts_are_refused(client: aiohttp.ClientSession):
    async with client.get(URL, headers={"host": "evil.example"}) as response:
        assert response.status == 403
