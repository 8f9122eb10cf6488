"""The starter's engine drafts tokens on a CPU, and still answers, streams and aborts as any other.

What is relayed and aborted is tested in `test_relay` and `test_fim`, with the same engine.
"""

import json
import random
import threading
import urllib.request
from itertools import pairwise
from typing import Any

import pytest

from aicockpit.bench.workloads import Workload, requests_of
from tests.support.engine_probe import EngineAddress, find_engine
from tests.support.serving import Gateway, wait_for

COUNTED = {"include_usage": True, "continuous_usage_stats": True}


@pytest.fixture(scope="module")
def engine(gateway: Gateway) -> EngineAddress:
    return find_engine(gateway)


def stream(gateway: Gateway, path: str, body: dict[str, Any]) -> list[Any]:
    asked = body | {"model": "default", "stream": True, "stream_options": COUNTED}
    request = urllib.request.Request(
        gateway.url + path, json.dumps(asked).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        events = response.read().decode().split("\n\n")
    return [json.loads(event[6:]) for event in events if event.startswith("data: {")]


def text_of(events: list[Any]) -> str:
    choices = [choice for event in events for choice in event["choices"]]
    return "".join(choice["text"] for choice in choices)


def test_an_edit_takes_few_steps(gateway: Gateway, engine: EngineAddress):
    """It repeats most of its prompt, so most steps bring several tokens."""
    edit = requests_of(Workload.EDIT)[0]
    before = engine.metric("vllm:spec_decode_num_accepted_tokens_total")
    events = stream(gateway, edit.path, edit.body | {"max_tokens": 160})
    accepted = engine.metric("vllm:spec_decode_num_accepted_tokens_total") - before
    counts = [event["usage"]["completion_tokens"] for event in events]
    steps = sum(later > earlier for earlier, later in pairwise([0, *counts]))
    print(f"\n{counts[-1]} tokens in {steps} steps, {accepted:.0f} of them drafted")
    assert accepted > 40
    assert steps < counts[-1] / 2


def test_ghost_text_is_the_same_streamed_or_whole(gateway: Gateway):
    ghost = requests_of(Workload.BLOCK)[0]
    body = ghost.body | {"max_tokens": 48}
    status, whole = gateway.post(ghost.path, body | {"model": "default"})
    assert status == 200
    assert whole["choices"][0]["text"] == text_of(stream(gateway, ghost.path, body))


def test_an_answer_ends_where_it_was_asked_to(gateway: Gateway):
    """Drafted tokens behind a stop string or the token limit are not given out."""
    prompt = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,"
    count = {"model": "default", "prompt": f"{prompt} 12, 13, 14,\n{prompt}", "temperature": 0}
    _, limited = gateway.post("/v1/completions", count | {"max_tokens": 7, "ignore_eos": True})
    assert limited["usage"]["completion_tokens"] == 7
    _, stopped = gateway.post("/v1/completions", count | {"max_tokens": 64, "stop": [" 14", "14"]})
    assert stopped["choices"][0]["text"].rstrip() == " 12, 13,"


def test_ghost_text_goes_before_a_chat_that_waits(gateway: Gateway, engine: EngineAddress):
    """Of two long prompts the second waits, and ghost text that comes last is before it."""
    finished: list[str] = []

    def ask(name: str, body: dict[str, object]) -> None:
        asked = body | {"model": "default", "max_tokens": 1}
        assert gateway.post("/v1/completions", asked)[0] == 200
        finished.append(name)

    def long_prompt(seed: int) -> dict[str, object]:
        generator = random.Random(seed)
        return {"prompt": [generator.randrange(1000, 100_000) for _ in range(4500)]}

    threads = [
        threading.Thread(target=ask, args=("first", long_prompt(11))),
        threading.Thread(target=ask, args=("second", long_prompt(12))),
    ]
    threads[0].start()
    wait_for(lambda: engine.metric("vllm:num_requests_running") == 1, timeout=60, what="the first")
    threads[1].start()
    wait_for(lambda: engine.metric("vllm:num_requests_waiting") == 1, timeout=60, what="a queue")
    ask("ghost text", {"prompt": "def f(x):\n    ", "suffix": "\n"})
    for thread in threads:
        thread.join()
    assert finished.index("ghost text") < finished.index("second")


@pytest.mark.parametrize("field", [{"min_p": 0.1}, {"logit_bias": {"100": 1}}])
def test_what_an_engine_with_drafts_cannot_do_is_refused_in_words(
    gateway: Gateway, field: dict[str, object]
):
    body: dict[str, object] = {"model": "default", "prompt": "x", "max_tokens": 4}
    status, answer = gateway.post("/v1/completions", body | field)
    assert status == 400
    assert "not yet supported with speculative decoding" in answer["error"]["message"]
