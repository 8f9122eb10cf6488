"""Filling in the middle with a real engine and the starter model."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.support.engine_probe import EngineAddress, find_engine
from tests.support.sandbox import passes
from tests.support.serving import Gateway

TASKS = Path(__file__).parents[1] / "data" / "humaneval-infilling" / "single-line-40.jsonl"
ENDPOINTS = ("/v1/completions", "/v1/fim/completions", "/infill")
PREFIX = "def mean(numbers):\n    total = 0\n    for number in numbers:\n        "
FIM_SUFFIX, END_OF_TEXT = 151661, 151643
"""Tokens of the starter model."""
SUFFIX = "\n    return total / len(numbers)\n"


@pytest.fixture(scope="module")
def engine(gateway: Gateway) -> EngineAddress:
    return find_engine(gateway)


def ask(
    base_url: str,
    path: str,
    body: Mapping[str, object],
    key: str = "none",
    headers: Mapping[str, str] | None = None,
) -> str:
    request = urllib.request.Request(
        base_url + path,
        json.dumps(body).encode(),
        {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {key}",
            **(headers or {}),
        },
    )
    with urllib.request.urlopen(request, timeout=300) as response:
        text: str = response.read().decode()
        return text


def body_for(
    path: str, prefix: str, suffix: str, tokens: int, stop: list[str], **more: object
) -> dict[str, object]:
    if path == "/infill":
        own: dict[str, object] = {"input_prefix": prefix, "input_suffix": suffix}
        own["n_predict"] = tokens
    else:
        own = {"prompt": prefix, "suffix": suffix, "max_tokens": tokens}
    return own | {"temperature": 0, "stop": stop} | more


def text_of(path: str, answer: Any) -> str:
    if path == "/infill":
        text: str = answer["content"]
    elif path == "/v1/completions":
        text = answer["choices"][0]["text"]
    else:
        text = answer["choices"][0]["message"]["content"]
    return text


def complete(
    gateway: Gateway, path: str, prefix: str, suffix: str, tokens: int, stop: list[str]
) -> str:
    body = body_for(path, prefix, suffix, tokens, stop)
    return text_of(path, json.loads(ask(gateway.url, path, body)))


def streamed(gateway: Gateway, path: str) -> str:
    text = ask(gateway.url, path, body_for(path, PREFIX, SUFFIX, 24, [], stream=True))
    events = [json.loads(data) for data in re.findall(r"^data: (\{.*)$", text, re.MULTILINE)]
    if path == "/infill":
        return "".join(event["content"] for event in events)
    choices = [event["choices"][0] for event in events]
    return "".join(
        choice.get("text") or choice.get("delta", {}).get("content", "") for choice in choices
    )


def test_three_endpoints_say_the_same_streamed_or_not(gateway: Gateway):
    said = {path: complete(gateway, path, PREFIX, SUFFIX, 24, []) for path in ENDPOINTS}
    print(f"\n{said[ENDPOINTS[0]]!r}")
    assert "total += number" in said[ENDPOINTS[0]]
    assert len(set(said.values())) == 1, said
    assert {path: streamed(gateway, path) for path in ENDPOINTS} == said


def test_the_openai_sdk(gateway: Gateway):
    client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key="unused", max_retries=0)
    answer = client.completions.create(
        model="default", prompt=PREFIX, suffix=SUFFIX, max_tokens=8, temperature=0.5, n=2,
        logprobs=1, seed=1,
    )  # fmt: skip
    assert len(answer.choices) == 2
    assert answer.choices[0].logprobs is not None
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 20


def test_many_stop_strings(gateway: Gateway):
    """More than vLLM takes by default; Continue sends as many."""
    stop = ["<|im_end|>", "<|file_sep|>", "\n\n", "\r\n\r\n", "/src/", "#- coding: utf-8", "```"]
    assert "total" in complete(gateway, "/v1/fim/completions", PREFIX, SUFFIX, 16, stop)


def test_a_warm_up_fills_the_cache(gateway: Gateway):
    text = "".join(
        f"def helper_{number}(value):\n    return value + {number}\n" for number in range(40)
    )
    extra = [{"filename": "helpers.py", "text": text}]
    warm = json.loads(ask(gateway.url, "/infill", {"input_extra": extra, "n_predict": 0}))
    assert warm["content"] == ""
    body = body_for("/infill", "x = ", "\n", 4, [], input_extra=extra)
    answer = json.loads(ask(gateway.url, "/infill", body))
    print(f"\n{answer['tokens_cached']} of {answer['tokens_evaluated']} prompt tokens cached")
    assert answer["tokens_cached"] > 0.7 * answer["tokens_evaluated"]


TYPED = "    result = step_3(state, value) + value  # a comment"[:40]


def functions(count: int) -> list[str]:
    return [
        f"def step_{number}(state, value):\n"
        f'    """Apply rule {number * 37 % 101} to the state."""\n'
        f"    state[{number}] = value * {number * 13 % 29} + {number}\n"
        f"    return state\n\n\n"
        for number in range(count)
    ]


def test_typing_keeps_the_head_of_the_prompt_cached(gateway: Gateway, engine: EngineAddress):
    """Forty characters, one by one, into a file that fills a prompt of 2,000 tokens."""
    parts = functions(49)
    before, after = "".join(parts[:44]), "\n    return result\n\n\n" + "".join(parts[44:])
    share = type_into(gateway, engine, f"{before}def run(state, value):\n", after, TYPED)
    assert share >= 0.8


def test_typing_into_a_file_that_is_cropped(gateway: Gateway, engine: EngineAddress):
    """The same in the middle of a file of three times as many tokens, cropped to the room that
    the answer leaves."""
    parts = functions(130)
    before, after = "".join(parts[:75]), "\n    return result\n\n\n" + "".join(parts[75:])
    more: dict[str, object] = {"max_tokens": 8192 - 2048, "allow_context_dropping": True}
    more["allowed_token_ids"] = [END_OF_TEXT]  # room for a long answer, and none comes
    head = f"{before}def run(state, value):\n"
    share = type_into(gateway, engine, head, after, TYPED[-12:], **more)
    assert share >= 0.7


def type_into(
    gateway: Gateway, engine: EngineAddress, head: str, tail: str, typed: str, **more: object
) -> float:
    """Type a line character by character; gives the share of prompt tokens that were cached."""

    def send(length: int, **headers: str) -> Any:
        body = body_for("/v1/completions", head + typed[:length], tail, 1, []) | more
        return json.loads(ask(gateway.url, "/v1/completions", body, headers=headers))

    prompts = [
        send(length, **{"x-aicockpit-debug": "prompt"})["token_ids"]
        for length in range(len(typed) + 1)
    ]
    before_line = prompts[0].index(FIM_SUFFIX)
    assert all(prompt[:before_line] == prompts[0][:before_line] for prompt in prompts)
    send(0)
    names = ("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total")
    started = [engine.metric(name) for name in names]
    counts = [send(length)["usage"] for length in range(1, len(typed) + 1)]
    hits, queries = (engine.metric(name) - then for name, then in zip(names, started, strict=True))
    cached = [count["prompt_tokens_details"]["cached_tokens"] for count in counts]
    block, total = block_size(engine), counts[-1]["prompt_tokens"]
    print(
        f"\nblocks of {block}; {before_line} tokens before the line, {total} in all; cached per "
        f"keystroke {min(cached)} to {max(cached)}; in all {hits:.0f} of {queries:.0f} prompt "
        f"tokens ({hits / queries:.1%})"
    )
    assert 1700 <= total <= 2100
    assert min(cached) >= before_line // block * block
    return hits / queries


def block_size(engine: EngineAddress) -> int:
    with urllib.request.urlopen(f"{engine.base_url}/metrics", timeout=10) as response:
        match = re.search(
            r'vllm:cache_config_info\{[^}]*block_size="(\d+)"', response.read().decode()
        )
    assert match is not None
    return int(match[1])


@cache
def solves(task: str, completion: str) -> bool:
    """Whether a single-line task passes its tests with a completion up to its first line break."""
    fields = json.loads(task)
    program = f"{fields['prompt']}{completion}\n{fields['suffix']}\n{fields['test']}\n"
    return passes(f"{program}check({fields['entry_point']})\n")


def test_endpoints_solve_the_tasks_that_the_raw_model_solves(
    gateway: Gateway, engine: EngineAddress
):
    tasks = TASKS.read_text().splitlines()
    solved: dict[str, set[str]] = {name: set() for name in ("raw", *ENDPOINTS)}
    with ThreadPoolExecutor(len(ENDPOINTS)) as pool:
        for task in tasks:
            fields = json.loads(task)
            prefix, suffix = fields["prompt"], fields["suffix"]
            said = {"raw": raw_completion(engine, prefix, suffix)}
            answers = {
                path: pool.submit(complete, gateway, path, prefix, suffix, 40, ["\n"])
                for path in ENDPOINTS
            }
            said |= {path: answer.result() for path, answer in answers.items()}
            for name, completion in said.items():
                if solves(task, completion):
                    solved[name].add(fields["task_id"])
    print(f"\n{ {name: f'{len(ids)} of {len(tasks)}' for name, ids in solved.items()} }")
    assert len(solved["raw"]) > 5
    for path in ENDPOINTS:
        assert len(solved[path] ^ solved["raw"]) <= 1, (path, solved[path] ^ solved["raw"])


def raw_completion(engine: EngineAddress, prefix: str, suffix: str) -> str:
    prompt = f"<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
    body = {"prompt": prompt, "max_tokens": 40, "temperature": 0, "stop": ["\n"]}
    answer = json.loads(ask(engine.base_url, "/v1/completions", body, engine.api_key))
    text: str = answer["choices"][0]["text"]
    return text
