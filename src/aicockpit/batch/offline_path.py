"""Carrying out lines on the engine's offline path, for throughput."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from aicockpit.batch.lines import CHAT, BadLine, BatchLine
from aicockpit.batch.responses import output_line, response_body
from aicockpit.offline.exchange import Answered, Pace, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aicockpit.batch.sink import Sink
    from aicockpit.offline.exchange import Event, Key

_EVERYWHERE = frozenset(
    {
        *("model", "stream", "stream_options", "user", "metadata", "store", "service_tier"),
        *("safety_identifier", "prompt_cache_key", "parallel_tool_calls", "verbosity"),
        *("frequency_penalty", "presence_penalty", "repetition_penalty", "temperature"),
        *("top_p", "top_k", "min_p", "seed", "stop", "stop_token_ids", "n", "max_tokens"),
        *("min_tokens", "ignore_eos", "logit_bias", "logprobs", "allowed_token_ids"),
        *("bad_words", "skip_special_tokens", "spaces_between_special_tokens"),
        *("include_stop_str_in_output", "truncate_prompt_tokens", "truncation_side"),
        *("add_special_tokens", "priority", "request_id"),
    }
)
_OF_CHAT = frozenset(
    {
        *("messages", "max_completion_tokens", "top_logprobs", "add_generation_prompt"),
        *("continue_final_message", "chat_template_kwargs", "documents", "reasoning_effort"),
    }
)
_OF_COMPLETIONS = frozenset({"prompt"})

_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "best_of": (1,),
    "echo": (False,),
    "modalities": (["text"],),
    "response_format": ({"type": "text"},),
    "tool_choice": ("none",),
    "tools": ([],),
    "use_beam_search": (False,),
}
"""Values of otherwise refused fields that ask for nothing."""


class Runner(Protocol):
    """An offline engine, as far as a batch needs it."""

    @property
    def name(self) -> str:
        """The model's short name."""

    def run(self, requests: Iterable[Request[Key]]) -> Iterator[Event[Key]]:
        """Carry out requests; see `OfflineEngine.run`."""


def run_offline(lines: Iterable[BatchLine], runner: Runner, model: str, sink: Sink) -> None:
    """Carry out lines and hand each outcome to the sink; raises EngineLostError."""
    for event in runner.run(_requests(lines, sink)):
        match event:
            case Answered(line, output):
                body = response_body(line, output, model)
                sink.answered(output_line(line, body, body["id"]), body)
            case Refused(line, code, message):
                sink.failed(BadLine(line.number, line.custom_id, code, message))
            case Pace():
                sink.pace(event.generated_tokens)


def unsupported_fields(line: BatchLine) -> list[str]:
    """Fields of the body that only the gateway's path carries."""
    known = _EVERYWHERE | (_OF_CHAT if line.url == CHAT else _OF_COMPLETIONS)
    return [
        name
        for name, value in line.body.items()
        if name not in known and value is not None and value not in _NEUTRAL.get(name, ())
    ]


def _requests(lines: Iterable[BatchLine], sink: Sink) -> Iterator[Request[BatchLine]]:
    for line in lines:
        problem = _problem(line)
        if problem is not None:
            sink.failed(BadLine(line.number, line.custom_id, "unsupported_field", problem))
            continue
        kind = "chat_body" if line.url == CHAT else "completion_body"
        neutral = {*_NEUTRAL, "stream", "stream_options"}
        body = {name: value for name, value in line.body.items() if name not in neutral}
        if line.url != CHAT:
            body["prompt"] = _single_prompt(body["prompt"])
        yield Request(line, {"kind": kind, "body": body})


def _problem(line: BatchLine) -> str | None:
    fields = unsupported_fields(line)
    if fields:
        return (
            f"The offline path does not carry {', '.join(fields)}. Serve the model with "
            "`aicockpit serve` and run the batch again; it then goes through the server."
        )
    if line.url != CHAT and _single_prompt(line.body["prompt"]) is None:
        return "The offline path takes one prompt per line: a text or a list of token ids."
    return None


def _single_prompt(prompt: str | list[Any]) -> str | list[int] | None:
    """The one prompt of a body, which may stand in a list of its own."""
    if isinstance(prompt, str):
        return prompt
    if prompt and all(isinstance(token, int) for token in prompt):
        return prompt
    if len(prompt) == 1 and isinstance(prompt[0], str | list):
        return _single_prompt(prompt[0])
    return None
