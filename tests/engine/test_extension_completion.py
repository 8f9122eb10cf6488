"""Ghost text as the extension makes it, with a real engine and the starter model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.engine.test_fim import (
    FIM_SUFFIX,
    TASKS,
    TYPED,
    ask,
    block_size,
    complete,
    functions,
    solves,
)
from tests.support.engine_probe import EngineAddress, find_engine
from tests.support.infilling import Completed, ExtensionCompletions
from tests.support.serving import Gateway

COUNTERS = ("vllm:prefix_cache_hits_total", "vllm:prefix_cache_queries_total")


@pytest.fixture(scope="module")
def engine(gateway: Gateway) -> EngineAddress:
    return find_engine(gateway)


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> ExtensionCompletions:
    return ExtensionCompletions(tmp_path_factory.mktemp("infilling"))


def test_the_extension_solves_what_the_gateway_alone_solves(
    gateway: Gateway, extension: ExtensionCompletions
):
    """The cursor stands on an empty line where the missing one was, as it would in an editor."""
    tasks = TASKS.read_text().splitlines()
    fields = [json.loads(task) for task in tasks]
    # Everything one after the other: side by side requests change each other's times, which count
    # here, and sometimes each other's words.
    shown = extension.complete(
        gateway.url, [(task["prompt"], f"\n{task['suffix']}") for task in fields]
    )

    said = [
        complete(gateway, "/v1/completions", task["prompt"], task["suffix"], 40, ["\n"])
        for task in fields
    ]
    solved = {
        "gateway": {task for task, text in zip(tasks, said, strict=True) if solves(task, text)},
        "extension": {task for task, it in zip(tasks, shown, strict=True) if solves(task, it.text)},
    }
    report(tasks, said, shown, solved)
    print(f"\n{ {name: f'{len(ids)} of {len(tasks)}' for name, ids in solved.items()} }")
    assert len(solved["gateway"]) > 5
    assert len(solved["extension"]) >= len(solved["gateway"])


def report(
    tasks: list[str], said: list[str], shown: list[Completed], solved: dict[str, set[str]]
) -> None:
    """Say where the two differ."""
    for task, text, completed in zip(tasks, said, shown, strict=True):
        ways = [name for name, ids in solved.items() if task in ids]
        if len(ways) == 1:
            print(f"\nonly the {ways[0]}: {json.loads(task)['task_id']}\n  gateway   {text!r}")
            print(f"  raw       {completed.raw!r}\n  extension {completed.text!r}")


def test_typing_hits_the_prefix_cache(
    gateway: Gateway, engine: EngineAddress, extension: ExtensionCompletions
):
    """Forty characters, one by one, into a file that fills a prompt of 2,000 tokens."""
    parts = functions(49)
    before, after = "".join(parts[:44]), "\n    return result\n\n\n" + "".join(parts[44:])
    place = (f"{before}def run(state, value):\n", after)
    share = type_into(gateway, engine, extension, place)
    assert share >= 0.8


def test_typing_into_a_long_file_hits_the_prefix_cache(
    gateway: Gateway, engine: EngineAddress, extension: ExtensionCompletions
):
    """The same in the middle of a file that is longer than the window on it."""
    parts = functions(260)
    before, after = "".join(parts[:150]), "\n    return result\n\n\n" + "".join(parts[150:])
    place = (f"{before}def run(state, value):\n", after)
    share = type_into(gateway, engine, extension, place)
    assert share >= 0.8


def type_into(
    gateway: Gateway,
    engine: EngineAddress,
    extension: ExtensionCompletions,
    place: tuple[str, str],
) -> float:
    """Type a line; gives the share of prompt tokens that were cached."""
    # Few tokens, so that answers end by themselves: only those tell what they used.
    settings = {"maxTokens": 8, "prefetch": False}
    extension.complete(gateway.url, [place], TYPED[:1], **settings)
    started = [engine.metric(name) for name in COUNTERS]
    (typed,) = extension.complete(gateway.url, [place], TYPED, **settings)
    hits, queries = (
        engine.metric(name) - then for name, then in zip(COUNTERS, started, strict=True)
    )
    usages = [story["usage"] for story in typed.stories if tells_all(story)]
    cached = [usage["cachedTokens"] for usage in usages]
    least = (
        tokens_before_line(gateway, typed.requests[0]) // block_size(engine) * block_size(engine)
    )
    print(
        f"\n{len(typed.requests)} requests for {len(typed.stories)} keystrokes; cached per "
        f"request {min(cached)} to {max(cached)} of {usages[-1]['promptTokens']} tokens, {least} "
        f"of them in whole blocks before the line; in all {hits:.0f} of {queries:.0f} "
        f"({hits / queries:.1%})"
    )
    assert len(usages) > 3
    assert min(cached) >= least
    return hits / queries


def tells_all(story: dict[str, Any]) -> bool:
    """Whether its request went on to its end, where vLLM says what was cached."""
    asked = story["source"]["kind"] == "request" and "usage" in story
    return asked and story["choices"][0]["ended"] in {"stop", "length"}


def tokens_before_line(gateway: Gateway, request: dict[str, Any]) -> int:
    """How many tokens of the prompt stand before the line that is being typed."""
    head = request["prefix"].rpartition("\n")[0] + "\n"
    body = {"prompt": head, "suffix": request["suffix"], "max_tokens": 1, "path": request["path"]}
    answer = ask(gateway.url, "/v1/completions", body, headers={"x-aicockpit-debug": "prompt"})
    tokens: list[int] = json.loads(answer)["token_ids"]
    return tokens.index(FIM_SUFFIX)
