"""What a developer asks a model all day, in small: ghost text, edits, questions, and their mix.

Everything is asked at temperature 0, so that the answers of two engines can be compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GHOST_TEXT_TOKENS = 128
EDIT_TOKENS = 512
CHAT_TOKENS = 128

_EDIT_INSTRUCTIONS = (
    "You rewrite code. Answer with the whole rewritten code in one fenced block and nothing else."
)
_QUESTIONS = (
    "What is the difference between a list and a tuple in Python?",
    "How do I find out which process listens on port 8000 on Linux?",
    "When is a hash map slower than a sorted array?",
)


class Workload(StrEnum):
    """The kinds of requests that are measured apart, and their mix."""

    LINE = "line"
    """Ghost text that ends with its line."""
    BLOCK = "block"
    """Ghost text of several lines."""
    EDIT = "edit"
    CHAT = "chat"
    MIX = "mix"
    """The others together, by `MIX_WEIGHTS`."""


MIX_WEIGHTS = {Workload.LINE: 10, Workload.BLOCK: 10, Workload.EDIT: 1, Workload.CHAT: 1}
"""Requests of each kind in the mix: twenty ghost texts to one edit and one question."""


@dataclass(frozen=True)
class BenchRequest:
    """One request, for any model."""

    name: str
    """Unique within a workload."""
    path: str
    body: dict[str, object]
    """Without `model` and what concerns streaming."""
    task: str
    """For the header `x-aicockpit-task`."""


@cache
def requests_of(workload: Workload) -> Sequence[BenchRequest]:
    """All requests of a workload, in the order in which they are sent."""
    match workload:
        case Workload.LINE:
            return tuple(map(_ghost_text, _samples("ghost_text", lines="one")))
        case Workload.BLOCK:
            return tuple(map(_ghost_text, _samples("ghost_text", lines="many")))
        case Workload.EDIT:
            return tuple(map(_edit, _samples("edits")))
        case Workload.CHAT:
            return tuple(map(_question, _QUESTIONS))
        case Workload.MIX:
            return _mix()


def _mix() -> tuple[BenchRequest, ...]:
    """Ghost text with an edit and a question in between, far from each other."""
    parts = {kind: requests_of(kind)[:weight] for kind, weight in MIX_WEIGHTS.items()}
    pairs = zip(parts[Workload.LINE], parts[Workload.BLOCK], strict=True)
    mixed = [request for pair in pairs for request in pair]
    later = len(mixed) * 3 // 4
    mixed[later:later] = parts[Workload.CHAT]
    mixed[len(mixed) // 4 : len(mixed) // 4] = parts[Workload.EDIT]
    return tuple(mixed)


def _ghost_text(sample: dict[str, str]) -> BenchRequest:
    body = {
        "prompt": _text("solved.txt") + sample["prefix"],
        "suffix": sample["suffix"],
        "path": "tasks.py",
        "max_tokens": GHOST_TEXT_TOKENS,
        "temperature": 0,
        "stop": ["\n"] if sample["lines"] == "one" else [],
    }
    return BenchRequest(sample["task_id"], "/v1/completions", body, "completion")


def _edit(sample: dict[str, str]) -> BenchRequest:
    asked = f"```python\n{sample['code']}\n```\n\n{sample['instruction']}"
    return _chat(sample["task_id"], "edit", EDIT_TOKENS, _EDIT_INSTRUCTIONS, asked)


def _question(question: str) -> BenchRequest:
    return _chat(question, "chat", CHAT_TOKENS, "You are a programming assistant.", question)


def _chat(name: str, task: str, max_tokens: int, system: str, user: str) -> BenchRequest:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    body: dict[str, object] = {
        "messages": messages,
        "max_tokens": max_tokens,
        "temperature": 0,
    }
    return BenchRequest(name, "/v1/chat/completions", body, task)


def _samples(name: str, **wanted: str) -> list[dict[str, str]]:
    rows = [json.loads(line) for line in _text(f"{name}.jsonl").splitlines()]
    return [row for row in rows if wanted.items() <= row.items()]


@cache
def _text(name: str) -> str:
    return files("aicockpit.bench").joinpath("samples", name).read_text(encoding="utf-8")
