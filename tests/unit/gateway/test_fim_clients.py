"""The requests that editors' plug-ins send, as their sources say; see tests/data/fim_clients."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aicockpit.fim import FAMILIES
from aicockpit.gateway.directory import FimSource
from tests.support.byte_tokenizer import save_byte_tokenizer
from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine

pytestmark = pytest.mark.anyio

FOLDER = Path(__file__).parents[2] / "data" / "fim_clients"
CASES = [
    pytest.param(request, id=f"{client['client']}: {request['what']}")
    for client in (json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json")))
    for request in client["requests"]
]


@pytest.fixture
async def directory(engine: FakeEngine, tmp_path: Path) -> FakeDirectory:
    save_byte_tokenizer(tmp_path)
    return FakeDirectory.of(engine.url, fim=FimSource(FAMILIES["qwen"], tmp_path, 4096))


@pytest.mark.parametrize("request_", CASES)
async def test_is_accepted_or_told_what_to_change(
    client: aiohttp.ClientSession, request_: dict[str, Any]
):
    async with client.post(request_["path"], json=request_["body"]) as response:
        text = await response.text()
    assert response.status == request_["status"], text
    if "says" in request_:
        assert request_["says"] in json.loads(text)["error"]["message"]
        return
    expected = request_["answer"]
    if request_["body"].get("stream"):
        check_events(text, expected)
        return
    answer = json.loads(text)
    if "list" in expected:
        assert len(answer) == expected["list"]
        answer = answer[0]
    assert set(expected.get("members", ())) <= answer.keys()
    if "exactly" in expected:
        assert set(answer) == set(expected["exactly"])


def check_events(text: str, expected: dict[str, Any]) -> None:
    lines = [line.removeprefix("data: ") for line in text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    events = [json.loads(line) for line in lines[:-1]]
    assert events
    if expected.get("every_event_has_choices"):
        assert all(event["choices"] for event in events)
    if "delta" in expected:
        assert all(
            isinstance(event["choices"][0]["delta"][expected["delta"]], str) for event in events
        )
