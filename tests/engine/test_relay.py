"""What the gateway relays is what the engine said, and what nobody waits for is aborted."""

import http.client
import json
import random
import time
import urllib.request
from typing import Any

import pytest

from tests.support.engine_probe import EngineAddress, find_engine
from tests.support.serving import Gateway, wait_for

CHAT = {
    "messages": [{"role": "user", "content": "Name three colours and say why."}],
    "max_tokens": 40,
    "temperature": 0,
    "stream": True,
}


@pytest.fixture(scope="module")
def engine(gateway: Gateway) -> EngineAddress:
    return find_engine(gateway)


def events(base_url: str, path: str, body: dict[str, Any], key: str = "") -> list[str]:
    request = urllib.request.Request(
        base_url + path,
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=120) as response:
        text: str = response.read().decode()
    return text.split("\n\n")


def without_identity(event: str) -> Any:
    data = event.removeprefix("data: ")
    if not data or data == "[DONE]":
        return data
    parsed = json.loads(data)
    del parsed["id"], parsed["created"]
    return parsed


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", CHAT),
        ("/v1/chat/completions", CHAT | {"stream_options": {"include_usage": True}}),
        (
            "/v1/completions",
            {"prompt": "import os\n", "max_tokens": 24, "temperature": 0, "stream": True},
        ),
    ],
    ids=["chat", "chat with usage", "completion"],
)
def test_a_stream_equals_the_engines_own(
    gateway: Gateway, engine: EngineAddress, path: str, body: dict[str, Any]
):
    body = body | {"model": "qwen2.5-coder-0.5b-instruct"}
    events(gateway.url, path, body)  # both of the compared runs then find the prefix cached
    direct = events(engine.base_url, path, body, engine.api_key)
    relayed = events(gateway.url, path, body)
    assert len(direct) > 20
    assert [without_identity(e) for e in relayed] == [without_identity(e) for e in direct]


def start_request(gateway: Gateway, path: str, body: dict[str, Any]) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=120)
    connection.request("POST", path, json.dumps(body), headers={"content-type": "application/json"})
    return connection


def hang_up(connection: http.client.HTTPConnection) -> None:
    assert connection.sock is not None
    connection.sock.close()
    connection.close()


def test_hanging_up_while_decoding_aborts_within_a_second(gateway: Gateway, engine: EngineAddress):
    body = {"model": "default", "prompt": "1, 2, 3,", "max_tokens": 4000, "stream": True}
    body["ignore_eos"] = True
    connection = start_request(gateway, "/v1/completions", body)
    response = connection.getresponse()
    for _ in range(6):
        response.fp.readline()
    assert engine.metric("vllm:num_requests_running") == 1
    started = time.monotonic()
    response.close()
    hang_up(connection)
    wait_for(lambda: engine.metric("vllm:num_requests_running") == 0, timeout=5, what="the abort")
    elapsed = time.monotonic() - started
    print(f"\naborted {elapsed:.2f} s after the client left while decoding")
    assert elapsed < 1.0


def long_prompt(tokens: int, seed: int) -> list[int]:
    """Token ids that no cache has seen."""
    generator = random.Random(seed)
    return [generator.randrange(1000, 100_000) for _ in range(tokens)]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_hanging_up_during_a_long_prefill_frees_the_engine_at_the_next_step(
    gateway: Gateway, stream: bool
):
    """The engine computes a prompt in steps of at most 2,048 tokens; only one may be wasted."""
    tokens, step = 8000, 2048
    body = {"model": "default", "max_tokens": 1, "prompt": long_prompt(tokens, seed=1 + stream)}
    started = time.monotonic()
    assert gateway.post("/v1/completions", body)[0] == 200
    whole = time.monotonic() - started

    body["prompt"] = long_prompt(tokens, seed=3 + stream)
    connection = start_request(gateway, "/v1/completions", body | {"stream": stream})
    time.sleep(whole / 20)  # into the first step
    hang_up(connection)
    started = time.monotonic()
    assert gateway.post("/v1/completions", {"prompt": "x = 1", "max_tokens": 1})[0] == 200
    waited = time.monotonic() - started
    one_step = whole * step / tokens
    print(
        f"\nprefill of {tokens} tokens {whole:.1f} s, one step about {one_step:.1f} s, "
        f"next request answered after {waited:.1f} s"
    )
    assert waited < 1.5 * one_step + 0.5
    assert waited < whole / 2
