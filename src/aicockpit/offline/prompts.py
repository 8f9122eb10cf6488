"""What `generate` and `chat` take, turned into requests for the worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from aicockpit.errors import OfflineRequestError
from aicockpit.offline.exchange import Request
from aicockpit.offline.refusals import refuse_options
from aicockpit.offline.sampling import SamplingParams

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import TypeIs

Prompt = str | Sequence[int] | Mapping[str, Any]
"""A text, token ids, or vLLM's `{"prompt": …}` and `{"prompt_token_ids": […]}`."""
Conversation = Sequence[Mapping[str, Any]]
"""Messages in OpenAI's form."""
Sampling = SamplingParams | Sequence[SamplingParams] | None

_PROMPT_KEYS = ("prompt", "prompt_token_ids")


def generate_requests(prompts: Prompt | Sequence[Prompt], sampling: Sampling) -> list[Request[int]]:
    """One request per prompt, keyed by its place."""
    listed = [prompts] if _is_one_prompt(prompts) else list(cast("Sequence[Prompt]", prompts))
    return [
        Request(place, {"kind": "generate", **_prompt_fields(prompt), "sampling_params": params})
        for (place, prompt), params in zip(
            enumerate(listed), _params(sampling, len(listed)), strict=True
        )
    ]


def chat_requests(
    messages: Conversation | Sequence[Conversation], sampling: Sampling, options: Mapping[str, Any]
) -> list[Request[int]]:
    """One request per conversation, keyed by its place."""
    listed = [messages] if _is_one_conversation(messages) else messages
    given = {name: value for name, value in options.items() if value is not None}
    return [
        Request(
            place,
            {
                "kind": "chat",
                "messages": [dict(message) for message in conversation],
                "options": given,
                "sampling_params": params,
            },
        )
        for (place, conversation), params in zip(
            enumerate(listed), _params(sampling, len(listed)), strict=True
        )
    ]


def _params(sampling: Sampling, count: int) -> Iterator[dict[str, Any] | None]:
    if sampling is None or isinstance(sampling, SamplingParams):
        plain = None if sampling is None else sampling.to_dict()
        return iter([plain] * count)
    if len(sampling) != count:
        raise OfflineRequestError(
            "The sampling parameters do not fit the prompts.",
            why=f"There are {count} prompts and {len(sampling)} sampling parameters.",
            remedy="Give one SamplingParams for all, or a list with one for each prompt.",
        )
    return iter([each.to_dict() for each in sampling])


def _prompt_fields(prompt: Prompt) -> dict[str, Any]:
    if isinstance(prompt, str):
        return {"prompt": prompt}
    if isinstance(prompt, Mapping):
        refuse_options("generate", [str(name) for name in prompt if name not in _PROMPT_KEYS])
        if "prompt_token_ids" in prompt:
            return {"prompt_token_ids": list(prompt["prompt_token_ids"])}
        if isinstance(prompt.get("prompt"), str):
            return {"prompt": prompt["prompt"]}
    elif _is_token_ids(prompt):
        return {"prompt_token_ids": list(prompt)}
    raise OfflineRequestError(
        "A prompt cannot be read.",
        why=f"It is {type(prompt).__name__} and neither a text nor token ids.",
        remedy='Give a text, a list of token ids, or {"prompt_token_ids": […]}.',
    )


def _is_one_prompt(prompts: Prompt | Sequence[Prompt]) -> TypeGuard[Prompt]:
    return isinstance(prompts, str | Mapping) or _is_token_ids(prompts)


def _is_one_conversation(
    messages: Conversation | Sequence[Conversation],
) -> TypeIs[Conversation]:
    return bool(messages) and isinstance(messages[0], Mapping)


def _is_token_ids(value: object) -> TypeGuard[Sequence[int]]:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(token, int) for token in value)
    )
