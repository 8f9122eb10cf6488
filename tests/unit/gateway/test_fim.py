"""Requests to fill in the middle, through the gateway to a fake engine."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest
from tokenizers import Tokenizer

from aicockpit.fim import FAMILIES
from aicockpit.gateway.directory import FimSource
from tests.support.byte_tokenizer import save_byte_tokenizer
from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import RunningGateway

pytestmark = pytest.mark.anyio

COMPLETIONS, MISTRAL, INFILL = "/v1/completions", "/v1/fim/completions", "/infill"
PREFIX, SUFFIX = "def add(a, b):\n    ", "\nprint(add(1, 2))\n"
TEXT = "def add(a, b"  # what the fake engine says in five tokens
OPENAI_BODY = {"prompt": PREFIX, "suffix": SUFFIX, "max_tokens": 8}
INFILL_BODY = {"input_prefix": PREFIX, "input_suffix": SUFFIX, "n_predict": 8}
BODIES = {COMPLETIONS: OPENAI_BODY, MISTRAL: OPENAI_BODY, INFILL: INFILL_BODY}


@pytest.fixture
def ids(tmp_path: Path) -> dict[str, int]:
    return save_byte_tokenizer(tmp_path)


@pytest.fixture
async def directory(engine: FakeEngine, ids: dict[str, int], tmp_path: Path) -> FakeDirectory:
    return FakeDirectory.of(engine.url, fim=FimSource(FAMILIES["qwen"], tmp_path, 4096))


@pytest.fixture
async def client(gateway: RunningGateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(gateway.url) as session:
        yield session


def sent(engine: FakeEngine) -> dict[str, Any]:
    body: dict[str, Any] = engine.seen[-1].json
    return body


def shown(token_ids: list[int], folder: Path) -> str:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return tokenizer.decode(token_ids, skip_special_tokens=False)


def data_of(stream: str) -> list[Any]:
    events = [event.removeprefix("data: ") for event in stream.split("\n\n") if event]
    return [json.loads(event) for event in events if event != "[DONE]"]


async def post(
    client: aiohttp.ClientSession, path: str, body: dict[str, Any], **headers: str
) -> tuple[int, Any, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with client.post(path, json=body, headers=named) as response:
        text = await response.text()
        is_json = response.content_type == "application/json"
        return response.status, json.loads(text) if is_json else text, response.headers


@pytest.mark.parametrize("path", BODIES)
async def test_the_engine_gets_the_same_token_ids_from_every_shape(
    client: aiohttp.ClientSession, engine: FakeEngine, ids: dict[str, int], path: str, tmp_path
):
    status, _, headers = await post(client, path, BODIES[path])
    assert status == 200
    assert "x-aicockpit-dropped" not in headers
    body = sent(engine)
    assert engine.seen[-1].path == COMPLETIONS
    assert shown(body["prompt"], tmp_path) == (
        f"<|fim_prefix|>{PREFIX}<|fim_suffix|>{SUFFIX}<|fim_middle|>"
    )
    assert body["max_tokens"] == 8
    assert body["priority"] == -10
    assert ids["<|endoftext|>"] in body["stop_token_ids"]
    assert ids["<|fim_prefix|>"] in body["stop_token_ids"]
    assert not {"suffix", "context", "path", "repo"} & body.keys()


async def test_completions_are_relayed_as_the_engine_says_them(client: aiohttp.ClientSession):
    _, answer, _ = await post(client, COMPLETIONS, OPENAI_BODY)
    assert answer["object"] == "text_completion"
    assert answer["choices"][0]["text"] == TEXT


async def test_mistrals_shape(client: aiohttp.ClientSession):
    _, answer, _ = await post(client, MISTRAL, OPENAI_BODY)
    assert answer["object"] == "chat.completion"
    assert answer["choices"][0]["message"]["content"] == TEXT
    assert answer["usage"]["total_tokens"] == 12


async def test_llamas_shape(client: aiohttp.ClientSession, engine: FakeEngine):
    _, answer, _ = await post(client, INFILL, INFILL_BODY)
    assert answer["content"] == TEXT
    assert answer["tokens_evaluated"] == 7
    assert answer["stop_type"] == "eos"
    assert answer["generation_settings"]["n_ctx"] == 4096
    assert sent(engine)["temperature"] == 0.0


@pytest.mark.parametrize("path", BODIES)
async def test_streams(client: aiohttp.ClientSession, path: str):
    _, stream, headers = await post(client, path, BODIES[path] | {"stream": True})
    assert headers["content-type"].startswith("text/event-stream")
    events = data_of(stream)
    match path:
        case "/infill":
            text = "".join(event["content"] for event in events)
            assert events[-1]["stop"] is True
        case "/v1/completions":
            text = "".join(event["choices"][0]["text"] for event in events)
        case _:
            text = "".join(event["choices"][0]["delta"]["content"] for event in events)
            assert events[-1]["usage"]["prompt_tokens"] == 7
    assert text == TEXT


async def test_sampling_passes(client: aiohttp.ClientSession, engine: FakeEngine):
    own = {"n": 2, "logprobs": 1, "seed": 3, "temperature": 0.7, "user": "me"}
    status, answer, _ = await post(client, COMPLETIONS, OPENAI_BODY | own)
    assert (status, len(answer["choices"])) == (200, 2)
    assert {name: sent(engine)[name] for name in own} == own
    await post(client, MISTRAL, OPENAI_BODY | {"random_seed": 4, "min_tokens": 2, "top_p": 0.5})
    assert (sent(engine)["seed"], sent(engine)["min_tokens"]) == (4, 2)
    assert "random_seed" not in sent(engine)
    await post(client, INFILL, INFILL_BODY | {"seed": 5, "n_probs": 2, "repeat_penalty": 1.1})
    assert (sent(engine)["seed"], sent(engine)["logprobs"]) == (5, 2)
    assert sent(engine)["repetition_penalty"] == 1.1
    await post(client, INFILL, INFILL_BODY | {"seed": -1})
    assert "seed" not in sent(engine)


async def test_the_clients_stops_are_kept_and_special_tokens_become_ids(
    client: aiohttp.ClientSession, engine: FakeEngine, ids: dict[str, int]
):
    stops = ["<|im_end|>", "\n\n", "```", "/src/", "#", "<|fim_pad|>"]
    body = OPENAI_BODY | {"stop": stops, "stop_token_ids": [5]}
    assert (await post(client, COMPLETIONS, body))[0] == 200
    assert sent(engine)["stop"] == ["\n\n", "```", "/src/", "#"]
    assert {5, ids["<|im_end|>"], ids["<|fim_pad|>"]} <= set(sent(engine)["stop_token_ids"])


async def test_too_many_stops_are_refused_with_the_number(client: aiohttp.ClientSession):
    body = OPENAI_BODY | {"stop": [f"word{number}" for number in range(33)]}
    status, answer, _ = await post(client, MISTRAL, body)
    assert status == 400
    assert "at most 32 strings" in answer["error"]["message"]
    assert "It has 33" in answer["error"]["message"]


async def test_other_files_stand_in_front(
    client: aiohttp.ClientSession, engine: FakeEngine, tmp_path: Path
):
    extras = {
        "context": [{"path": "lib/shapes.py", "text": "def area(): ...\n"}],
        "path": "app/main.py",
        "repo": "demo",
    }
    await post(client, COMPLETIONS, OPENAI_BODY | extras)
    prompt = shown(sent(engine)["prompt"], tmp_path)
    first, second = prompt.index("lib/shapes.py"), prompt.index("<|fim_prefix|>")
    assert first < prompt.index("app/main.py") < second
    assert "demo" in prompt
    by_openai = sent(engine)["prompt"]
    extra = {"input_extra": [{"filename": "lib/shapes.py", "text": "def area(): ...\n"}]}
    await post(client, INFILL, INFILL_BODY | extra | {"path": "app/main.py", "repo": "demo"})
    assert sent(engine)["prompt"] == by_openai


async def test_the_line_before_the_cursor_follows_the_prefix(
    client: aiohttp.ClientSession, engine: FakeEngine, tmp_path: Path
):
    await post(client, INFILL, INFILL_BODY | {"prompt": "return a"})
    assert f"{PREFIX}return a<|fim_suffix|>" in shown(sent(engine)["prompt"], tmp_path)


async def test_special_tokens_in_the_text_stay_text(
    client: aiohttp.ClientSession, engine: FakeEngine, ids: dict[str, int]
):
    await post(client, COMPLETIONS, OPENAI_BODY | {"prompt": "x = '<|fim_middle|>'"})
    assert sent(engine)["prompt"].count(ids["<|fim_middle|>"]) == 1


async def test_several_choices_of_infill_are_a_list(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    _, answer, _ = await post(client, INFILL, INFILL_BODY | {"n_cmpl": 3})
    assert [one["content"] for one in answer] == [TEXT] * 3
    assert (sent(engine)["n"], sent(engine)["temperature"]) == (3, 0.4)


async def test_a_warm_up_computes_the_prompt_alone(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    _, answer, _ = await post(client, INFILL, {"n_predict": 0, "response_fields": ["content"]})
    assert answer == {"content": ""}
    assert sent(engine)["max_tokens"] == 1


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_indentation_limit_aborts_the_rest(
    client: aiohttp.ClientSession, engine: FakeEngine, streaming: bool
):
    engine.faults.tokens = 1_000_000
    engine.faults.token_seconds = 0.001
    body = INFILL_BODY | {"n_indent": 8, "stream": streaming}
    with anyio.fail_after(5):
        _, answer, _ = await post(client, INFILL, body)
        await engine.until(lambda counts: counts.aborted == 1)
    told = data_of(answer) if streaming else [answer]
    assert "".join(one["content"] for one in told) == "def add(a, b):"
    assert told[-1]["stop_type"] == "limit"
    assert told[-1]["tokens_predicted"] == 8


@pytest.mark.parametrize("path", [MISTRAL, INFILL])
@pytest.mark.parametrize("streaming", [True, False])
async def test_leaving_aborts(
    gateway: RunningGateway, engine: FakeEngine, path: str, streaming: bool
):
    engine.faults.token_seconds = 0.01
    engine.faults.tokens = 1_000_000
    async with aiohttp.ClientSession(gateway.url) as client:
        with pytest.raises(TimeoutError):
            await give_up(client, path, BODIES[path] | {"stream": streaming})
    with anyio.fail_after(2):
        await engine.until(lambda counts: counts.aborted == 1)


async def give_up(client: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> None:
    timeout = aiohttp.ClientTimeout(total=0.2)
    async with client.post(path, json=body, timeout=timeout) as response:
        await response.read()


@pytest.mark.parametrize("path", [MISTRAL, INFILL])
async def test_an_engine_that_breaks_off_is_told(
    client: aiohttp.ClientSession, engine: FakeEngine, path: str
):
    engine.faults.fault = "no_done"
    status, answer, _ = await post(client, path, BODIES[path] | {"stream": path == MISTRAL})
    if path == INFILL:
        assert status == 502
        assert answer["error"]["code"] == "upstream_error"
    else:
        assert "upstream_error" in answer
        assert "[DONE]" not in answer


@pytest.mark.parametrize("path", [MISTRAL, INFILL])
async def test_the_engines_own_refusal_passes(
    client: aiohttp.ClientSession, engine: FakeEngine, path: str
):
    engine.faults.fault = "error_500"
    status, answer, headers = await post(client, path, BODIES[path])
    assert (status, answer["error"]["message"]) == (500, "boom")
    assert headers["x-aicockpit-origin"] == "engine"


async def test_what_does_not_fit_is_refused_with_the_counts(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    body = OPENAI_BODY | {"prompt": "x = 1\n" * 1000}
    status, answer, _ = await post(client, COMPLETIONS, body)
    assert status == 400
    error = answer["error"]
    assert error["code"] == "context_length_exceeded"
    tokens = 6000 + len(SUFFIX) + 3
    assert f"has {tokens} tokens and there is room for {4096 - 8}" in error["message"]
    assert f"prefix 6000, suffix {len(SUFFIX)}" in error["message"]
    assert engine.counts.requests == 0


@pytest.mark.parametrize("path", BODIES)
async def test_what_may_be_dropped_is_dropped_and_told(
    client: aiohttp.ClientSession, engine: FakeEngine, path: str
):
    long = "x = 1\n" * 1000
    body = BODIES[path] | (
        {"input_prefix": long}
        if path == INFILL
        else {"prompt": long, "allow_context_dropping": True}
    )
    status, answer, headers = await post(client, path, body)
    assert status == 200
    assert len(sent(engine)["prompt"]) <= 4096 - 8
    told = dict(part.split("=") for part in headers["x-aicockpit-dropped"].split(";"))
    assert told.keys() == {"context", "files", "prefix", "suffix"}
    assert int(told["prefix"]) >= 6000 - 4096
    if path == INFILL:
        assert answer["truncated"] is True


async def test_infill_can_be_told_to_drop_nothing(client: aiohttp.ClientSession):
    body = INFILL_BODY | {"input_prefix": "x = 1\n" * 1000, "allow_context_dropping": False}
    assert (await post(client, INFILL, body))[0] == 400


async def test_the_debug_header_shows_the_prompt(client: aiohttp.ClientSession, engine: FakeEngine):
    _, answer, _ = await post(client, INFILL, INFILL_BODY, x_aicockpit_debug="prompt")
    assert answer["prompt"] == f"<|fim_prefix|>{PREFIX}<|fim_suffix|>{SUFFIX}<|fim_middle|>"
    assert answer["prompt_tokens"] == len(answer["token_ids"])
    assert answer["family"] == "qwen"
    assert engine.counts.requests == 0


async def test_long_answers_are_no_completions(client: aiohttp.ClientSession, engine: FakeEngine):
    await post(client, MISTRAL, OPENAI_BODY | {"max_tokens": 257})
    assert sent(engine)["priority"] == 0
    await post(client, INFILL, INFILL_BODY | {"n_predict": 128, "n_cmpl": 3})
    assert sent(engine)["priority"] == 0
    await post(client, INFILL, INFILL_BODY, x_aicockpit_task="batch")
    assert sent(engine)["priority"] == 10


async def test_usage_is_counted(client: aiohttp.ClientSession):
    await post(client, INFILL, INFILL_BODY)
    await post(client, MISTRAL, OPENAI_BODY | {"stream": True})
    while True:
        async with client.get("/metrics") as response:
            metrics = await response.text()
        if "aicockpit_requests_in_flight 1.0" in metrics:
            break
    counted = [
        line for line in metrics.splitlines() if line.startswith("aicockpit_") and "prompt" in line
    ]
    assert any(line.endswith(" 14.0") for line in counted), metrics


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        (COMPLETIONS, {"prompt": ["a", "b"], "suffix": "x"}, "prompt must be one string"),
        (COMPLETIONS, {"prompt": [1, 2], "suffix": "x"}, "prompt must be one string"),
        (COMPLETIONS, {"prompt": "a", "suffix": 1}, "suffix must be a string"),
        (COMPLETIONS, {"prompt": "a", "suffix": "b", "echo": True}, "echo cannot be used"),
        (COMPLETIONS, {"prompt": "a", "suffix": "b", "max_tokens": 0}, "at least 1"),
        (COMPLETIONS, {"prompt": "a", "context": ["x"]}, "context must be a list of files"),
        (MISTRAL, {"suffix": "b"}, "prompt must be one string"),
        (MISTRAL, {"prompt": "a", "stop": [1]}, "stop must be a string or a list"),
        (INFILL, {"input_extra": "x"}, "context must be a list of files"),
        (INFILL, {"grammar": "root ::= x"}, "Leave grammar out"),
    ],
)
async def test_malformed_requests(
    client: aiohttp.ClientSession, path: str, body: dict[str, Any], says: str
):
    status, answer, _ = await post(client, path, body)
    assert status == 400
    assert says in answer["error"]["message"]


class TestAModelThatDoesNotFillIn:
    @pytest.fixture
    async def directory(self, engine: FakeEngine) -> FakeDirectory:
        return FakeDirectory.of(engine.url)

    @pytest.mark.parametrize("path", BODIES)
    async def test_refuses(self, client: aiohttp.ClientSession, path: str):
        status, answer, _ = await post(client, path, BODIES[path])
        assert status == 400
        assert answer["error"]["code"] == "fim_unsupported"
        assert "Qwen2.5-Coder" in answer["error"]["message"]

    async def test_names_the_served_model_that_does(
        self, client: aiohttp.ClientSession, directory: FakeDirectory
    ):
        other = FakeDirectory.of("http://x", fim=FimSource(FAMILIES["qwen"], Path("/none"), 10))
        directory.served += (other.served[0],)
        _, answer, _ = await post(client, MISTRAL, OPENAI_BODY)
        assert "Of the served models, fake-model can." in answer["error"]["message"]

    async def test_continues_where_there_is_nothing_behind_the_cursor(
        self, client: aiohttp.ClientSession, engine: FakeEngine
    ):
        status, _, _ = await post(client, COMPLETIONS, OPENAI_BODY | {"suffix": ""})
        assert status == 200
        assert sent(engine)["prompt"] == PREFIX
        assert "suffix" not in sent(engine)


async def test_requests_without_extras_pass_untouched(
    client: aiohttp.ClientSession, engine: FakeEngine
):
    body = {"model": "fake-model", "prompt": "<|fim_prefix|>a", "suffix": None, "max_tokens": 3}
    assert (await post(client, COMPLETIONS, body))[0] == 200
    assert sent(engine) == body | {"priority": -10}


async def test_models_say_how_they_fill_in(client: aiohttp.ClientSession):
    async with client.get("/v1/models") as response:
        assert (await response.json())["data"][0]["fim"] == "qwen"
