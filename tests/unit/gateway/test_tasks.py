"""Which task a request is, and that headers only lower it."""

from __future__ import annotations

import pytest

from aicockpit.errors import MalformedRequestError
from aicockpit.gateway.tasks import Task, fim_task, lowered_task, shape_task

FIM = {"prompt": "def add(", "suffix": "\n", "max_tokens": 64}


@pytest.mark.parametrize(
    ("payload", "task"),
    [
        (FIM, Task.COMPLETION),
        ({**FIM, "max_tokens": 256}, Task.COMPLETION),
        ({**FIM, "max_tokens": 257}, Task.CHAT),
        ({**FIM, "max_tokens": 129, "n": 2}, Task.CHAT),
        ({**FIM, "max_tokens": 200, "prompt": ["a", "b"]}, Task.CHAT),
        ({**FIM, "prompt": [1, 2, 3]}, Task.COMPLETION),
        ({"prompt": "a", "suffix": "b"}, Task.COMPLETION),
        ({"prompt": "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"}, Task.COMPLETION),
        ({"prompt": "hello", "max_tokens": 5}, Task.CHAT),
        ({"prompt": "hello", "suffix": "", "max_tokens": 5}, Task.CHAT),
        ({**FIM, "max_tokens": "many"}, Task.COMPLETION),
    ],
)
def test_shapes(payload: dict[str, object], task: Task):
    assert shape_task(payload) is task


@pytest.mark.parametrize(
    ("task", "header", "result"),
    [
        (Task.COMPLETION, None, Task.COMPLETION),
        (Task.COMPLETION, b"edit", Task.EDIT),
        (Task.COMPLETION, b" Batch ", Task.BATCH),
        (Task.CHAT, b"completion", Task.CHAT),
        (Task.CHAT, b"edit", Task.CHAT),
        (Task.CHAT, b"agent", Task.AGENT),
    ],
)
def test_headers_only_lower(task: Task, header: bytes | None, result: Task):
    assert lowered_task(task, header) is result


def test_unknown_headers_are_refused_with_the_names_that_exist():
    with pytest.raises(MalformedRequestError, match="completion, edit, chat, agent, batch"):
        lowered_task(Task.CHAT, b"urgent")


def test_priorities():
    assert [task.priority for task in Task] == [-10, -5, 0, 5, 10]


def test_filling_in_is_a_completion_while_it_is_short():
    assert fim_task(256) is Task.COMPLETION
    assert fim_task(257) is Task.CHAT
