"""The batch command on the real engine, killed in the middle, and through the gateway."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aicockpit.paths import DataFolder
from tests.engine.test_offline import offline_pids
from tests.support.serving import Gateway, wait_for

CONFIG = """
[engines]
accelerator = "cpu"

[models.batch]
source = "starter"
context = 1024
engine_args = { enforce-eager = true }
"""
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def numbered(line: int, content: str, tokens: int) -> dict[str, object]:
    body = {
        "messages": [{"role": "user", "content": content}],
        "max_tokens": tokens,
        "temperature": 0,
    }
    return {
        "custom_id": f"chat-{line}",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": body,
    }


def make_input() -> list[str]:
    """Twenty lines, of which four are bad; the later ones take long."""
    lines: list[object] = [
        numbered(1, "Say only the word hello.", 8),
        {"prompt": "def add(a, b):", "max_tokens": 8, "temperature": 0},
        "{ this is not JSON",
        {"prompt": "import os\nimport ", "max_tokens": 4, "temperature": 0, "logprobs": 1},
        {"prompt": "word " * 3000, "custom_id": "too long"},
        numbered(6, "What is 2 + 2? Answer with the number only.", 4),
        {"prompt": "x", "n": 2, "temperature": 0, "custom_id": "two of one"},
        {"messages": [{"role": "user", "content": "x"}], "tools": [TOOL], "custom_id": "tools"},
    ]
    lines += [
        {
            "prompt": f"# A long story about the number {number}\n",
            "max_tokens": 40 + 20 * number,
            "temperature": 0,
            "ignore_eos": True,
        }
        for number in range(12)
    ]
    return [line if isinstance(line, str) else json.dumps(line) for line in lines]


BAD_LINES = {3, 5, 7, 8}
GOOD_IDS = {"chat-1", "line-2", "line-4", "chat-6", *(f"line-{n}" for n in range(9, 21))}


def read(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch")
    (folder / "cockpit.toml").write_text(CONFIG)
    (folder / "in.jsonl").write_text("\n".join(make_input()))
    return folder


def start_batch(
    folder: Path, home: DataFolder, output: str, *arguments: str
) -> subprocess.Popen[bytes]:
    command = str(Path(sys.executable).with_name("aicockpit"))
    return subprocess.Popen(
        [command, "batch", "in.jsonl", "-o", output, "--config", "cockpit.toml", *arguments],
        cwd=folder,
        env={**os.environ, "AICOCKPIT_HOME": str(home.root)},
        stderr=subprocess.PIPE,
    )


@pytest.fixture(scope="module")
def offline_answers(folder: Path, engine_home: DataFolder) -> dict[str, Any]:
    """Answers of a run that was killed in the middle and run again."""
    output = folder / "out.jsonl"
    with start_batch(folder, engine_home, "out.jsonl", "--path", "offline") as process:
        wait_for(
            lambda: output.exists() and output.read_bytes().count(b"\n") >= 4,
            timeout=300,
            what="the first answers",
        )
        process.kill()
        process.communicate()
    wait_for(lambda: not offline_pids(engine_home), timeout=15, what="the engine's end")
    before = output.read_bytes().count(b"\n")
    assert before < len(GOOD_IDS), "killed too late to prove anything"
    with start_batch(folder, engine_home, "out.jsonl", "--path", "offline") as process:
        _, said = process.communicate(timeout=600)
    assert process.returncode == 1, said.decode()
    assert f"{before} were before" in said.decode()
    wait_for(lambda: not offline_pids(engine_home), timeout=15, what="the engine's end")
    answers = read(output)
    assert len(answers) == len({answer["custom_id"] for answer in answers})
    return {answer["custom_id"]: answer["response"]["body"] for answer in answers}


def test_every_good_line_is_answered_once_and_every_bad_one_reported(
    folder: Path, offline_answers: dict[str, Any]
) -> None:
    assert set(offline_answers) == GOOD_IDS
    failures = {failure["line"]: failure["error"] for failure in read(folder / "out.errors.jsonl")}
    assert set(failures) == BAD_LINES
    assert "1024 tokens" in failures[5]["message"]
    assert "n must be 1" in failures[7]["message"]
    assert "tools" in failures[8]["message"]


def test_answers_are_counted(offline_answers: dict[str, Any]) -> None:
    for number in range(12):
        body = offline_answers[f"line-{9 + number}"]
        assert body["usage"]["completion_tokens"] == 40 + 20 * number
        assert body["choices"][0]["finish_reason"] == "length"
    assert offline_answers["line-2"]["choices"][0]["text"].startswith("\n    return a + b")
    assert "hello" in offline_answers["chat-1"]["choices"][0]["message"]["content"].lower()


def test_the_gateway_gives_the_same_answers(
    folder: Path, gateway: Gateway, engine_home: DataFolder, offline_answers: dict[str, Any]
) -> None:
    arguments = ("--path", "gateway", "--set", f"server.port={gateway.port}")
    with start_batch(folder, engine_home, "gateway.jsonl", *arguments) as process:
        _, said = process.communicate(timeout=600)
    assert process.returncode == 1, said.decode()
    answers = {
        answer["custom_id"]: answer["response"]["body"] for answer in read(folder / "gateway.jsonl")
    }
    # The gateway's engine has a longer context and takes the tools that the offline path refuses.
    assert set(answers) >= GOOD_IDS
    for name in ("chat-1", "line-2", "line-4", "chat-6"):
        offline, served = offline_answers[name], answers[name]
        assert without_identity(offline["choices"][0]) == without_identity(served["choices"][0])
        assert offline["usage"]["prompt_tokens"] == served["usage"]["prompt_tokens"]
        assert offline["usage"]["completion_tokens"] == served["usage"]["completion_tokens"]
        assert offline["object"] == served["object"]


def without_identity(choice: dict[str, Any]) -> dict[str, Any]:
    """A choice without what the server adds as null, and with log probabilities rounded."""
    kept = {name: value for name, value in choice.items() if value is not None}
    message = kept.get("message")
    if message is not None:
        kept["message"] = {name: value for name, value in message.items() if value}
    if "logprobs" in kept:
        kept["logprobs"] = {
            "tokens": kept["logprobs"]["tokens"],
            "text_offset": kept["logprobs"]["text_offset"],
        }
    return kept
