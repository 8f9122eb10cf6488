"""What a request is for, and with which priority it therefore runs.

The gateway decides the task from the request's shape; the header `x-aicockpit-task` can only
lower it, so that no client talks itself ahead of somebody who is typing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from aicockpit.errors import MalformedRequestError

TASK_HEADER = b"x-aicockpit-task"

COMPLETION_TOKEN_LIMIT = 256
"""Most new tokens, over all prompts and choices, of a request that counts as a completion."""

_DEFAULT_MAX_TOKENS = 16
"""What vLLM takes on `/v1/completions` when `max_tokens` is not given."""

_FIM_MARKS = (
    "<|fim_prefix|>",
    "<fim_prefix>",
    "<fim-prefix>",
    "<|fim_suffix|>",
    "<\uff5cfim\u2581begin\uff5c>",
    "[SUFFIX]",
    "<PRE>",
    "<|code_prefix|>",
)


class Task(StrEnum):
    """The kinds of work, most urgent first."""

    COMPLETION = "completion"
    EDIT = "edit"
    CHAT = "chat"
    AGENT = "agent"
    BATCH = "batch"

    @property
    def priority(self) -> int:
        """vLLM's priority, where lower runs earlier."""
        return _PRIORITIES[self]


_PRIORITIES = {
    Task.COMPLETION: -10,
    Task.EDIT: -5,
    Task.CHAT: 0,
    Task.AGENT: 5,
    Task.BATCH: 10,
}

_BY_HEADER = {task.value.encode(): task for task in Task}


def shape_task(payload: Mapping[str, object]) -> Task:
    """The task that the body of a `/v1/completions` request shows: completion or chat."""
    prompt = payload.get("prompt")
    prompts = len(prompt) if isinstance(prompt, list) and not _is_token_ids(prompt) else 1
    wanted = _whole(payload.get("max_tokens"), _DEFAULT_MAX_TOKENS)
    new_tokens = wanted * _whole(payload.get("n"), 1) * prompts
    if new_tokens <= COMPLETION_TOKEN_LIMIT and _is_fim(payload, prompt):
        return Task.COMPLETION
    return Task.CHAT


def fim_task(new_tokens: int) -> Task:
    """The task of a request to fill in the middle, by its new tokens over all choices."""
    return Task.COMPLETION if new_tokens <= COMPLETION_TOKEN_LIMIT else Task.CHAT


def lowered_task(task: Task, header: bytes | None) -> Task:
    """`task`, or the less urgent one that the client's header asks for.

    Raises:
        MalformedRequestError: the header names no task.
    """
    if header is None:
        return task
    asked = _BY_HEADER.get(header.strip().lower())
    if asked is None:
        known = ", ".join(Task)
        raise MalformedRequestError(
            "The header x-aicockpit-task has an unknown value.",
            why=f"The tasks are {known}.",
            remedy="Send one of these names, or leave the header out.",
        )
    return asked if asked.priority > task.priority else task


def _is_fim(payload: Mapping[str, object], prompt: object) -> bool:
    if payload.get("suffix"):
        return True
    return isinstance(prompt, str) and any(mark in prompt for mark in _FIM_MARKS)


def _is_token_ids(prompt: list[object]) -> bool:
    return bool(prompt) and isinstance(prompt[0], int)


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
