"""An engine that drafts tokens still answers, streams, aborts and takes turns as any other."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from aicockpit.bench.workloads import Workload, requests_of
from aicockpit.paths import DataFolder
from tests.support.engine_probe import EngineAddress, find_engine
from tests.support.serving import Gateway, running_gateway, wait_for

# Two sequences at a time: drafts are made for both, and a third request has to wait.
CONFIG = """
[engines]
accelerator = "cpu"
cpu_kv_cache = "1GiB"

[models.coder]
source = "starter"
context = 4096
max_sequences = 2
speculation = "ngram"
engine_args = { enforce-eager = true }
"""


@pytest.fixture(scope="module")
def drafting(
    engine_home: DataFolder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with running_gateway(engine_home, tmp_path_factory.mktemp("drafting"), CONFIG) as gateway:
        gateway.wait_ready(timeout=300)
        yield gateway


@pytest.fixture(scope="module")
def engine(drafting: Gateway) -> EngineAddress:
    return find_engine(drafting)


def stream(url: str, path: str, body: dict[str, Any], key: str = "none") -> list[Any]:
    request = urllib.request.Request(
        url + path,
        json.dumps(body | {"stream": True}).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {key}"},
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        events = response.read().decode().split("\n\n")
    return [json.loads(event[6:]) for event in events if event.startswith("data: {")]


def text_of(events: list[Any], kind: str) -> str:
    choices = [choice for event in events for choice in event["choices"]]
    parts = [choice["text"] if kind == "text" else choice["delta"] for choice in choices]
    return "".join(part if kind == "text" else part.get("content") or "" for part in parts)


def test_drafts_are_accepted_and_the_stream_is_relayed_as_it_is(
    drafting: Gateway, engine: EngineAddress
):
    """An edit repeats most of its prompt, so most steps bring several tokens."""
    edit = requests_of(Workload.EDIT)[0]
    counted = {"include_usage": True, "continuous_usage_stats": True}
    body = edit.body | {"model": "coder", "max_tokens": 160, "stream_options": counted}
    stream(drafting.url, edit.path, body)  # both of the compared runs then find the prefix cached
    before = engine.metric("vllm:spec_decode_num_accepted_tokens_total")
    relayed = stream(drafting.url, edit.path, body)
    accepted = engine.metric("vllm:spec_decode_num_accepted_tokens_total") - before
    direct = stream(engine.base_url, edit.path, body, engine.api_key)
    counts = [event["usage"]["completion_tokens"] for event in relayed]
    steps = sum(later > earlier for earlier, later in pairwise(counts))
    print(f"\n{counts[-1]} tokens in {steps} steps, {accepted:.0f} of them drafted")
    assert accepted > 40
    assert steps < counts[-1] / 2
    assert text_of(relayed, "delta") == text_of(direct, "delta")


def test_an_answer_streamed_or_whole_is_the_same(drafting: Gateway):
    ghost = requests_of(Workload.BLOCK)[0]
    body = ghost.body | {"model": "coder", "max_tokens": 48}
    status, whole = drafting.post(ghost.path, body)
    assert status == 200
    assert whole["choices"][0]["text"] == text_of(stream(drafting.url, ghost.path, body), "text")


def test_an_answer_ends_where_it_was_asked_to(drafting: Gateway):
    """Drafted tokens behind a stop string or the token limit are not given out."""
    count = {"model": "coder", "prompt": "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,", "temperature": 0}
    _, limited = drafting.post("/v1/completions", count | {"max_tokens": 7, "ignore_eos": True})
    assert limited["usage"]["completion_tokens"] == 7
    _, stopped = drafting.post("/v1/completions", count | {"max_tokens": 64, "stop": [" 14"]})
    assert stopped["choices"][0]["text"] == " 12, 13,"


def test_a_client_that_leaves_aborts(drafting: Gateway, engine: EngineAddress):
    body = {"model": "coder", "prompt": "1, 2, 3,", "max_tokens": 3000, "ignore_eos": True}
    request = urllib.request.Request(
        drafting.url + "/v1/completions",
        json.dumps(body | {"stream": True}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        for _ in range(6):
            response.readline()
        assert engine.metric("vllm:num_requests_running") == 1
    wait_for(lambda: engine.metric("vllm:num_requests_running") == 0, timeout=5, what="the abort")


def test_ghost_text_goes_before_chats_that_wait(drafting: Gateway, engine: EngineAddress):
    finished: list[str] = []

    def ask(name: str, body: dict[str, object]) -> None:
        assert (
            drafting.post("/v1/completions", body | {"model": "coder", "temperature": 0})[0] == 200
        )
        finished.append(name)

    long: dict[str, object] = {"prompt": "x = 1\n", "max_tokens": 96, "ignore_eos": True}
    ghost: dict[str, object] = {"prompt": "def f(x):\n    ", "suffix": "\n", "max_tokens": 8}
    threads = [threading.Thread(target=ask, args=(f"chat {n}", long)) for n in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: engine.metric("vllm:num_requests_running") == 2, timeout=60, what="chats")
    threads += [threading.Thread(target=ask, args=("waiting chat", long | {"prompt": "y = 2\n"}))]
    threads[-1].start()
    wait_for(lambda: engine.metric("vllm:num_requests_waiting") >= 1, timeout=60, what="a queue")
    started = time.monotonic()
    ask("ghost text", ghost)
    print(f"\nghost text after {time.monotonic() - started:.1f} s, while two chats were decoded")
    for thread in threads:
        thread.join()
    assert finished.index("ghost text") < finished.index("waiting chat")


def test_what_an_engine_with_drafts_cannot_do_is_refused_in_words(drafting: Gateway):
    body: dict[str, object] = {"model": "coder", "prompt": "x", "max_tokens": 4}
    for field in ({"min_p": 0.1}, {"logit_bias": {"100": 1}}):
        status, answer = drafting.post("/v1/completions", body | field)
        assert status == 400
        assert "not yet supported with speculative decoding" in answer["error"]["message"]
