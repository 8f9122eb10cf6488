"""Clients that leave and engines that break, over real sockets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import anthropic
import anyio
import openai
import pytest

from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import RunningGateway, serving_gateway

pytestmark = pytest.mark.anyio

CHAT = "/v1/chat/completions"
HELLO = {"model": "fake-model", "messages": [{"role": "user", "content": "hello"}]}
NEVER = 3600.0


async def send_raw(gateway: RunningGateway, path: str, body: Mapping[str, object]):
    """A connection on which a request was sent, and nothing read."""
    host, port = gateway.url.removeprefix("http://").split(":")
    stream = await anyio.connect_tcp(host, int(port))
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    await stream.send(head.encode() + content)
    return stream


async def metrics(client: aiohttp.ClientSession) -> str:
    """The metrics once nothing but the request for them is running: a request is counted just
    after its last byte was sent."""
    while True:
        async with client.get("/metrics") as response:
            shown = await response.text()
        if "aicockpit_requests_in_flight 1.0" in shown:
            return shown


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("path", [CHAT, "/v1/completions", "/v1/messages", "/v1/embeddings"])
async def test_leaving_during_prefill_closes_the_engines_connection(
    gateway: RunningGateway,
    client: aiohttp.ClientSession,
    engine: FakeEngine,
    path: str,
    streaming: bool,
):
    engine.faults.prefill_seconds = NEVER
    stream = await send_raw(gateway, path, {**HELLO, "stream": streaming})
    await engine.until(lambda counts: counts.running == 1)
    await stream.aclose()
    with anyio.fail_after(5):
        await engine.until(lambda counts: counts.aborted_in_prefill == 1)
    assert engine.counts.running == 0
    labels = '{model="fake-model",phase="before_answer"}'
    assert f"aicockpit_client_disconnects_total{labels} 1.0" in await metrics(client)


async def test_leaving_while_decoding_closes_the_engines_connection(
    gateway: RunningGateway, client: aiohttp.ClientSession, engine: FakeEngine
):
    engine.faults.token_seconds = 0.01
    engine.faults.tokens = 1_000_000
    stream = await send_raw(gateway, CHAT, {**HELLO, "stream": True})
    received = b""
    while received.count(b"data:") < 3:
        received += await stream.receive()
    await stream.aclose()
    with anyio.fail_after(5):
        await engine.until(lambda counts: counts.aborted_in_decode == 1)
    labels = '{model="fake-model",phase="mid_answer"}'
    assert f"aicockpit_client_disconnects_total{labels} 1.0" in await metrics(client)


async def test_leaving_while_an_answer_is_computed_whole(
    gateway: RunningGateway, engine: FakeEngine
):
    engine.faults.token_seconds = NEVER
    stream = await send_raw(gateway, CHAT, HELLO)
    await engine.until(lambda counts: counts.running == 1)
    await stream.aclose()
    with anyio.fail_after(5):
        await engine.until(lambda counts: counts.aborted == 1)


async def test_leaving_before_the_body_is_whole_reaches_no_engine(
    gateway: RunningGateway, client: aiohttp.ClientSession, engine: FakeEngine
):
    host, port = gateway.url.removeprefix("http://").split(":")
    stream = await anyio.connect_tcp(host, int(port))
    head = f"POST {CHAT} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    await stream.send(head.encode() + b"Content-Length: 100\r\n\r\n{")
    await stream.aclose()
    async with client.post(CHAT, json=HELLO) as response:
        assert response.status == 200
    assert engine.counts.requests == 1


async def test_an_engine_that_is_not_there(directory: FakeDirectory):
    absent = FakeDirectory.of("http://127.0.0.1:9")
    async with (
        serving_gateway(absent) as gateway,
        aiohttp.ClientSession(gateway.url) as client,
    ):
        async with client.post(CHAT, json={**HELLO, "stream": True}) as response:
            assert response.status == 502
            assert response.headers["x-aicockpit-origin"] == "gateway"
            error = (await response.json())["error"]
        assert error["code"] == "upstream_error"
        assert "The engine of fake-model could not be reached." in error["message"]
        assert "http://127.0.0.1:9" in error["message"]
        labels = '{kind="connect",model="fake-model"}'
        assert f"aicockpit_upstream_errors_total{labels} 1.0" in await metrics(client)


async def test_an_engine_that_breaks_off_before_it_answers(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    engine.faults.fault = "cut_before_headers"
    async with client.post(CHAT, json={**HELLO, "stream": True}) as response:
        assert response.status == 502
        assert (await response.json())["error"]["code"] == "upstream_error"
    async with client.post("/v1/messages", json=HELLO) as response:
        assert response.status == 502
        assert (await response.json())["error"]["type"] == "api_error"


async def test_an_engine_that_breaks_off_in_a_whole_answer(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    engine.faults.fault = "cut_mid_answer"
    async with client.post(CHAT, json=HELLO) as response:
        assert response.status == 502
        message = (await response.json())["error"]["message"]
    assert "in the middle of its answer" in message
    labels = '{kind="mid_answer",model="fake-model"}'
    assert f"aicockpit_upstream_errors_total{labels} 1.0" in await metrics(client)


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        (CHAT, ["error"]),
        ("/v1/messages", ["type", "error"]),
        ("/v1/responses", ["error", "type", "code", "message", "param"]),
    ],
)
async def test_a_stream_that_breaks_off_ends_with_an_error_event(
    client: aiohttp.ClientSession, engine: FakeEngine, path: str, shape: list[str]
):
    engine.faults.fault = "cut_mid_answer"
    async with client.post(path, json={**HELLO, "input": "x", "stream": True}) as response:
        assert response.status == 200
        events = (await response.text()).split("\n\n")
    assert events.pop() == ""
    last = [line for line in events[-1].splitlines() if line.startswith("data: ")]
    content = json.loads(last[0].removeprefix("data: "))
    assert list(content) == shape
    for event in events[:-1]:
        data = event.splitlines()[-1].removeprefix("data: ")
        json.loads(data)  # no event is cut in the middle


async def test_a_stream_without_its_last_event_is_not_taken_for_complete(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    engine.faults.fault = "no_done"
    async with client.post(CHAT, json={**HELLO, "stream": True}) as response:
        text = await response.text()
    assert "ended its answer too early" in text


async def test_the_engines_own_errors_pass_unchanged(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    body = b'{"error": {"message": "prompt too long",  "type": "BadRequestError", "code": 400}}'
    engine.reply = (400, "application/json", body)
    async with client.post(CHAT, json={**HELLO, "stream": True}) as response:
        assert response.status == 400
        assert await response.read() == body
        assert response.headers["x-aicockpit-origin"] == "engine"
    engine.reply = None
    engine.faults.fault = "error_500"
    async with client.post(CHAT, json=HELLO) as response:
        assert response.status == 500
        assert (await response.json())["error"]["message"] == "boom"


async def test_an_endpoint_that_the_models_kind_does_not_have(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    engine.reply = (404, "application/json", b'{"detail":"Not Found"}')
    async with client.post("/v1/embeddings", json={"input": "x"}) as response:
        assert response.status == 404
        error = (await response.json())["error"]
    assert error["code"] == "endpoint_unsupported"
    assert "fake-model does not answer on /v1/embeddings" in error["message"]


async def test_an_engine_that_does_not_know_the_gateway_is_not_the_clients_fault(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    engine.api_key = "another"
    async with client.post(CHAT, json=HELLO) as response:
        assert response.status == 502
        assert "Your own key is not the problem" in await response.text()


async def test_something_that_does_not_speak_http(directory: FakeDirectory):
    async def talk(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"\x00\x01 what?\r\n\r\n")

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    async with listener, anyio.create_task_group() as group:
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        group.start_soon(listener.serve, talk)
        async with (
            serving_gateway(FakeDirectory.of(f"http://127.0.0.1:{port}")) as gateway,
            aiohttp.ClientSession(gateway.url) as client,
            client.post(CHAT, json=HELLO) as response,
        ):
            assert response.status == 502
            assert (await response.json())["error"]["code"] == "upstream_error"
        group.cancel_scope.cancel()


@pytest.fixture
async def openai_client(gateway: RunningGateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(
        base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0
    ) as client:
        yield client


@pytest.fixture
async def anthropic_client(gateway: RunningGateway) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(
        base_url=gateway.url, api_key="unused", max_retries=0
    ) as client:
        yield client


async def test_the_openai_sdk_reads_answers_streams_and_errors(
    openai_client: openai.AsyncOpenAI, engine: FakeEngine
):
    messages: Any = [{"role": "user", "content": "hello"}]
    answer = await openai_client.chat.completions.create(model="coder", messages=messages)
    assert answer.choices[0].message.content == "def add(a, b"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 5

    stream = await openai_client.chat.completions.create(
        model="coder", messages=messages, stream=True
    )
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "def add(a, b"

    models = await openai_client.models.list()
    assert [model.id for model in models.data] == ["fake-model"]

    with pytest.raises(openai.NotFoundError) as not_found:
        await openai_client.chat.completions.create(model="nobody", messages=messages)
    assert not_found.value.code == "model_not_found"

    engine.faults.fault = "cut_mid_answer"
    stream = await openai_client.chat.completions.create(
        model="coder", messages=messages, stream=True
    )
    with pytest.raises(openai.APIError, match="in the middle of its answer"):
        async for _ in stream:
            pass


async def test_the_anthropic_sdk_reads_answers_streams_and_errors(
    anthropic_client: anthropic.AsyncAnthropic, engine: FakeEngine
):
    messages = [{"role": "user", "content": "hello"}]
    asked: Any = {"model": "coder", "max_tokens": 9, "messages": messages}
    answer = await anthropic_client.messages.create(**asked)
    assert answer.content[0].text == "def add(a, b"

    async with anthropic_client.messages.stream(**asked) as stream:
        assert await stream.get_final_text() == "def add(a, b"

    with pytest.raises(anthropic.NotFoundError):
        await anthropic_client.messages.create(**{**asked, "model": "nobody"})

    engine.faults.fault = "cut_mid_answer"
    with pytest.raises(anthropic.APIStatusError, match="in the middle of its answer"):
        async with anthropic_client.messages.stream(**asked) as stream:
            await stream.get_final_text()
