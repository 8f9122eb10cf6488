"""The whole application over real sockets, in front of a fake engine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from aicockpit.config import ServerSettings
from aicockpit.errors import ModelFailedError, ModelLoadingError
from aicockpit.gateway import ServedModel
from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import RunningGateway, serving_gateway

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "fake-model", "messages": [{"role": "user", "content": "hello"}]}


async def problem(response: aiohttp.ClientResponse) -> dict[str, str]:
    assert response.content_type == "application/json"
    error: dict[str, str] = (await response.json())["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


async def metrics(client: aiohttp.ClientSession) -> str:
    """The metrics once nothing but the request for them is running: a request is counted just
    after its last byte was sent."""
    while True:
        async with client.get("/metrics") as response:
            shown = await response.text()
        if "aicockpit_requests_in_flight 1.0" in shown:
            return shown


async def test_health_answers(client: aiohttp.ClientSession):
    async with client.get("/health") as response:
        assert response.status == 200
        assert await response.json() == {"status": "ok"}


async def test_ready_follows_the_default_model(
    client: aiohttp.ClientSession, directory: FakeDirectory
):
    async with client.get("/ready") as response:
        assert response.status == 200
    directory.served = (ServedModel("fake-model", state="starting", default=True),)
    async with client.get("/ready") as response:
        assert response.status == 503
        assert await response.json() == {"status": "starting", "model": "fake-model"}


async def test_models_are_listed_and_shown(client: aiohttp.ClientSession):
    async with client.get("/v1/models") as response:
        listing = await response.json()
    assert listing["object"] == "list"
    assert listing["data"][0] == {
        "id": "fake-model",
        "object": "model",
        "created": 1,
        "owned_by": "aicockpit",
        "max_model_len": 4096,
        "aliases": ["coder"],
        "roles": ["chat"],
        "fim": None,
        "state": "ready",
        "default": True,
    }
    for name in ("fake-model", "coder", "default"):
        async with client.get(f"/v1/models/{name}") as response:
            assert await response.json() == listing["data"][0]
    async with client.get("/v1/models/nobody") as response:
        assert response.status == 404
        assert (await problem(response))["code"] == "model_not_found"


@pytest.mark.parametrize("name", ["fake-model", "coder", "default", None])
async def test_a_chat_reaches_the_engine_with_its_own_name_and_key(
    client: aiohttp.ClientSession, engine: FakeEngine, name: str | None
):
    body = {"messages": [], "temperature": 0.5, "ünïcode": "✓"} | ({"model": name} if name else {})
    async with client.post(CHAT, json=body, headers={"x-secret": "mine"}) as response:
        assert response.status == 200
        answer = await response.json()
    assert answer["choices"][0]["message"]["content"].startswith("def")
    [seen] = engine.seen
    assert seen.json == {**body, "model": "fake-model", "priority": 0}
    assert seen.headers["authorization"] == "Bearer engine-key"
    assert seen.headers["x-request-id"] == response.headers["x-request-id"]
    assert "x-secret" not in seen.headers
    assert "accept-encoding" not in seen.headers


async def test_fields_that_only_the_gateway_sets(client: aiohttp.ClientSession, engine: FakeEngine):
    body = {
        **HELLO,
        "priority": -1000,
        "cache_salt": "somebody else's",
        "request_id": "chosen",
        "kv_transfer_params": {"remote_host": "elsewhere"},
        "vllm_xargs": {"mine": 1, "kv_transfer_params": "x"},
    }
    headers = {"x-aicockpit-task": "agent", "x-vllm-priority": "-9", "x-data-parallel-rank": "1"}
    async with client.post(CHAT, json=body, headers=headers) as response:
        assert response.status == 200
    [seen] = engine.seen
    assert seen.json == {**HELLO, "priority": 5, "vllm_xargs": {"mine": 1}}
    assert not {"x-vllm-priority", "x-data-parallel-rank", "x-aicockpit-task"} & set(seen.headers)


async def test_messages_carry_their_priority_in_a_header(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    body = {**HELLO, "max_tokens": 5, "priority": 1}
    headers = {"x-aicockpit-task": "batch", "anthropic-version": "2023-06-01"}
    async with client.post("/v1/messages", json=body, headers=headers) as response:
        assert (await response.json())["content"][0]["type"] == "text"
    [seen] = engine.seen
    assert "priority" not in seen.json
    assert seen.headers["x-vllm-priority"] == "10"


@pytest.mark.parametrize("asked", [None, False, True])
async def test_usage_is_always_asked_for_and_shown_only_on_demand(
    client: aiohttp.ClientSession, engine: FakeEngine, asked: bool | None
):
    options = {} if asked is None else {"stream_options": {"include_usage": asked}}
    async with client.post(CHAT, json={**HELLO, "stream": True, **options}) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        text = await response.text()
    assert engine.seen[0].json["stream_options"]["include_usage"] is True
    assert ('"usage"' in text) is bool(asked)
    assert text.endswith("data: [DONE]\n\n")
    assert text.count("data: ") == 1 + engine.faults.tokens + bool(asked) + 1
    shown = await metrics(client)
    labels = '{model="fake-model",task="chat"}'
    assert f"aicockpit_prompt_tokens_total{labels} 7.0" in shown
    assert f"aicockpit_completion_tokens_total{labels} 5.0" in shown
    assert "aicockpit_time_to_first_token_seconds_count" in shown


async def test_continuous_usage_does_not_start_by_the_gateways_asking(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    options = {"include_usage": False, "continuous_usage_stats": True}
    body = {**HELLO, "stream": True, "stream_options": options}
    async with client.post(CHAT, json=body) as response:
        assert '"usage"' not in await response.text()


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/messages"])
async def test_other_streams_pass_whole_and_are_counted(
    client: aiohttp.ClientSession, engine: FakeEngine, path: str
):
    body = {"model": "coder", "input": "x", "messages": [], "max_tokens": 9, "stream": True}
    async with client.post(path, json=body) as response:
        text = await response.text()
    assert '"usage"' in text
    assert "stream_options" not in engine.seen[0].json
    shown = await metrics(client)
    assert 'aicockpit_completion_tokens_total{model="fake-model",task="chat"} 5.0' in shown


async def test_stored_responses_are_asked_of_the_engine_that_made_them(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    async with client.post("/v1/responses", json={"model": "coder", "input": "x"}) as response:
        name = (await response.json())["id"]
    assert name == f"resp_{response.headers['x-request-id']}"
    async with client.get(f"/v1/responses/{name}?stream=false") as response:
        assert (await response.json())["id"] == name
    async with client.post(f"/v1/responses/{name}/cancel") as response:
        assert response.status == 200
    assert engine.seen[1].query == b"stream=false"
    assert engine.seen[2].path == f"/v1/responses/{name}/cancel"


async def test_audio_goes_to_the_model_that_its_form_names(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    form = aiohttp.FormData()
    form.add_field("file", b"\x00\x01--\r\n\r\n\xff", filename="a.wav", content_type="audio/wav")
    form.add_field("model", "coder")
    async with client.post("/v1/audio/transcriptions", data=form) as response:
        assert (await response.json())["text"] == "hello"
    body = engine.seen[0].body
    assert b"\x00\x01--\r\n\r\n\xff" in body
    assert b"\r\n\r\nfake-model\r\n" in body
    assert b"coder" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/sleep",
        "/wake_up",
        "/collective_rpc",
        "/v1/load_lora_adapter",
        "/invocations",
        "/server_info",
        "/v1/responses/..%2F..%2Fsleep",
        "/v1/chat/completions/render",
    ],
)
async def test_nothing_else_of_the_engine_is_reachable(
    client: aiohttp.ClientSession, engine: FakeEngine, path: str
):
    for method in ("GET", "POST"):
        async with client.request(method, path, json={}) as response:
            assert response.status == 404
            assert (await problem(response))["code"] == "unknown_path"
    assert engine.seen == []


async def test_a_near_path_is_named(client: aiohttp.ClientSession):
    async with client.post("/chat/completions", json=HELLO) as response:
        assert "Did you mean /v1/chat/completions?" in (await problem(response))["message"]


async def test_a_wrong_method_names_the_right_one(client: aiohttp.ClientSession):
    async with client.get(CHAT) as response:
        assert response.status == 405
        assert response.headers["allow"] == "POST"
        assert (await problem(response))["code"] == "method_not_allowed"


async def test_an_unknown_model_lists_those_served(client: aiohttp.ClientSession):
    async with client.post(CHAT, json={**HELLO, "model": "gpt-9"}) as response:
        assert response.status == 404
        error = await problem(response)
    assert error["code"] == "model_not_found"
    assert error["param"] == "model"
    assert "fake-model" in error["message"]


async def test_a_starting_model_says_when_to_ask_again(
    client: aiohttp.ClientSession, directory: FakeDirectory
):
    directory.routes["fake-model"] = ModelLoadingError(
        "The model fake-model is starting.",
        why="Its engine is loading weights.",
        remedy="Ask again in 20 seconds.",
        retry_after=20,
    )
    async with client.post(CHAT, json=HELLO) as response:
        assert response.status == 503
        assert response.headers["retry-after"] == "20"
        assert "loading weights" in (await problem(response))["message"]


async def test_a_failed_model_is_unavailable(
    client: aiohttp.ClientSession, directory: FakeDirectory
):
    directory.routes["fake-model"] = ModelFailedError(
        "The model fake-model did not start.", why="Out of memory.", remedy="Use a smaller one."
    )
    async with client.post(CHAT, json=HELLO) as response:
        assert response.status == 503
        assert (await problem(response))["code"] == "model_failed"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"model": "x",\n  "messages": [1, 2,]}', "line 2, column 20 (byte 34)"),
        (b'{"\xc3\xa9": tru}', "line 1, column 7 (byte 7), at 't'"),
        (b'{"a": "\xff"}', "Byte 7 is not valid UTF-8"),
        (b'{"a": 1', "at the end of the body"),
        (b"", "is empty"),
        (b"[]", "It is an array"),
        (b'{"model": 5}', "must be a string"),
    ],
)
async def test_a_malformed_body_says_where(client: aiohttp.ClientSession, body: bytes, words: str):
    headers = {"content-type": "application/json; charset=utf-8"}
    async with client.post(CHAT, data=body, headers=headers) as response:
        assert response.status == 400
        error = await problem(response)
    assert error["code"] == "malformed_request"
    assert words in error["message"]


async def test_other_content_types_are_refused(client: aiohttp.ClientSession):
    async with client.post(CHAT, data=b"{}", headers={"content-type": "text/plain"}) as response:
        assert response.status == 415
        assert "Content-Type: application/json" in (await problem(response))["message"]


async def test_too_large_bodies_are_refused(directory: FakeDirectory):
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b'"' + b"x" * 100

    settings = ServerSettings.model_validate({"max_request_size": "1KiB"})
    headers = {"content-type": "application/json"}
    async with (
        serving_gateway(directory, settings) as gateway,
        aiohttp.ClientSession(gateway.url, headers=headers) as client,
    ):
        async with client.post(CHAT, data=b"x" * 1025) as response:
            assert response.status == 413
            assert "1,024 bytes" in (await problem(response))["message"]
        async with client.post(CHAT, data=chunks()) as response:
            assert response.status == 413
            assert (await problem(response))["code"] == "request_too_large"
        async with client.post(CHAT, data=json.dumps(HELLO)) as response:
            assert response.status == 200


async def test_errors_of_anthropics_endpoint_have_its_shape(client: aiohttp.ClientSession):
    async with client.post("/v1/messages", json={"model": "nobody"}) as response:
        assert response.status == 404
        content = await response.json()
    assert content["type"] == "error"
    assert content["error"]["type"] == "not_found_error"
    assert content["error"]["code"] == "model_not_found"


async def test_a_key_is_asked_for_and_both_headers_work(directory: FakeDirectory):
    settings = ServerSettings.model_validate({"api_key": "sk-secret-key"})
    async with (
        serving_gateway(directory, settings) as gateway,
        aiohttp.ClientSession(gateway.url) as client,
    ):
        for path in ("/health", "/ready"):
            async with client.get(path) as response:
                assert response.status == 200
        for path in ("/v1/models", "/metrics", "/api/status", "/docs", "/nothing"):
            async with client.get(path) as response:
                assert response.status == 401
                assert response.headers["www-authenticate"] == "Bearer"
                assert (await problem(response))["code"] == "invalid_api_key"
        wrong = {"authorization": "Bearer sk-secret-kez"}
        async with client.post(CHAT, json=HELLO, headers=wrong) as response:
            assert response.status == 401
            assert "sk-secret" not in await response.text()
        for headers in ({"authorization": "bearer sk-secret-key"}, {"x-api-key": "sk-secret-key"}):
            async with client.post(CHAT, json=HELLO, headers=headers) as response:
                assert response.status == 200
        async with client.post("/v1/messages", json=HELLO) as response:
            assert (await response.json())["error"]["type"] == "authentication_error"


async def test_foreign_hosts_and_origins_are_refused(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    for headers in ({"host": "evil.example"}, {"origin": "https://evil.example"}):
        async with client.post(CHAT, json=HELLO, headers=headers) as response:
            assert response.status == 403
            assert (await problem(response))["code"] == "origin_not_allowed"
    assert engine.seen == []


async def test_an_allowed_origin_gets_its_preflight_and_headers(directory: FakeDirectory):
    settings = ServerSettings.model_validate({"allowed_origins": ["https://ide.example"]})
    async with (
        serving_gateway(directory, settings) as gateway,
        aiohttp.ClientSession(gateway.url, headers={"origin": "https://ide.example"}) as client,
    ):
        asking = {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization, content-type",
        }
        async with client.options(CHAT, headers=asking) as response:
            assert response.status == 204
            assert response.headers["access-control-allow-origin"] == "https://ide.example"
            assert "authorization" in response.headers["access-control-allow-headers"]
        async with client.post(CHAT, json={**HELLO, "stream": True}) as response:
            assert response.headers["access-control-allow-origin"] == "https://ide.example"
        async with client.get("/api/status") as response:
            assert response.headers["access-control-allow-origin"] == "https://ide.example"


async def test_the_control_plane_answers(client: aiohttp.ClientSession):
    async with client.get("/api/status") as response:
        assert await response.json() == {"models": ["fake-model"]}
    async with client.get("/docs") as response:
        page = await response.text()
    assert "/api/status" in page
    assert "/v1/chat/completions" in page
    assert "http" not in page.replace("<!doctype html", ""), "the page must load nothing"
    async with client.get("/api/nothing") as response:
        assert response.status == 404
        assert (await problem(response))["code"] == "unknown_path"
    async with client.post("/api/status") as response:
        assert response.status == 405
        assert (await problem(response))["code"] == "method_not_allowed"


async def test_an_unexpected_failure_is_still_an_answer(
    client: aiohttp.ClientSession, directory: FakeDirectory, caplog: pytest.LogCaptureFixture
):
    directory.routes["fake-model"] = ZeroDivisionError("private detail")
    async with client.post(CHAT, json=HELLO) as response:
        assert response.status == 500
        error = await problem(response)
    assert error["code"] == "internal_error"
    assert "private detail" not in error["message"]
    assert "ZeroDivisionError" in caplog.text


async def test_an_unexpected_failure_of_the_control_plane_is_one_answer(
    client: aiohttp.ClientSession,
    directory: FakeDirectory,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(directory, "status", lambda: 1 / 0)
    async with client.get("/api/status") as response:
        assert response.status == 500
        assert (await problem(response))["code"] == "internal_error"
    assert "ZeroDivisionError" in caplog.text
    async with client.get("/health") as response:
        assert response.status == 200


async def test_metrics_count_by_model_endpoint_and_status(client: aiohttp.ClientSession):
    async with client.post(CHAT, json=HELLO):
        pass
    async with client.post(CHAT, json={**HELLO, "model": "nobody"}):
        pass
    shown = await metrics(client)
    labels = f'endpoint="{CHAT}",model="fake-model",status="200",task="chat"'
    assert f"aicockpit_requests_total{{{labels}}} 1.0" in shown
    labels = f'endpoint="{CHAT}",model="",status="404",task=""'
    assert f"aicockpit_requests_total{{{labels}}} 1.0" in shown


async def test_running_requests_may_finish_after_a_stop(
    client: aiohttp.ClientSession, engine: FakeEngine, gateway: RunningGateway
):
    engine.faults.token_seconds = 0.02
    async with client.post(CHAT, json={**HELLO, "stream": True}) as response:
        gateway.server.stop()
        assert (await response.text()).endswith("data: [DONE]\n\n")


async def test_requests_given_up_at_the_end_say_so(
    client: aiohttp.ClientSession, engine: FakeEngine, gateway: RunningGateway
):
    engine.faults.token_seconds = 30
    async with client.post(CHAT, json={**HELLO, "stream": True}) as response:
        await response.content.readuntil(b"\n\n")
        gateway.server.stop_now()
        text = await response.text()
    assert '"code":"gateway_stopping"' in text
    assert "[DONE]" not in text
    await engine.until(lambda counts: counts.aborted == 1)
