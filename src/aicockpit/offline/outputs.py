"""What comes back: vLLM's `RequestOutput` and its parts, as plain values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Logprob:
    """The log probability of one token at one place."""

    logprob: float
    """Natural logarithm of the probability; minus infinity where it is 0."""
    rank: int | None = None
    """1 for the likeliest token of the vocabulary."""
    decoded_token: str | None = None
    """The token's text."""


@dataclass(frozen=True)
class CompletionOutput:
    """One generated answer."""

    index: int
    """Place among the `n` answers to one prompt."""
    text: str
    token_ids: Sequence[int]
    cumulative_logprob: float | None = None
    """Sum of the tokens' log probabilities, when they were asked for."""
    logprobs: Sequence[dict[int, Logprob]] | None = None
    """Per token of the answer its log probability and those of the likeliest ones."""
    finish_reason: str | None = None
    """`stop`, `length`, `abort` or `repetition`."""
    stop_reason: int | str | None = None
    """The stop string or token that ended the answer; None for the model's own end token."""

    def finished(self) -> bool:
        """Whether the answer is whole; the answers of this library always are."""
        return self.finish_reason is not None


@dataclass(frozen=True)
class RequestOutput:
    """One prompt and the answers to it."""

    request_id: str
    prompt: str | None
    """The text sent to the model, after the chat template; None for a prompt of token ids."""
    prompt_token_ids: Sequence[int]
    outputs: Sequence[CompletionOutput]
    finished: bool = True
    prompt_logprobs: Sequence[dict[int, Logprob] | None] | None = None
    num_cached_tokens: int | None = None
    """Tokens of the prompt whose attention state was already in the prefix cache."""

    @property
    def num_prompt_tokens(self) -> int:
        """Tokens of the prompt."""
        return len(self.prompt_token_ids)

    @property
    def num_generated_tokens(self) -> int:
        """Tokens of all answers together."""
        return sum(len(part.token_ids) for part in self.outputs)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> RequestOutput:
        """The worker's `output` message as vLLM's shape."""
        return cls(
            request_id=message["id"],
            prompt=message["prompt"],
            prompt_token_ids=message["prompt_token_ids"],
            prompt_logprobs=_logprobs(message["prompt_logprobs"]),
            num_cached_tokens=message["num_cached_tokens"],
            outputs=[
                CompletionOutput(
                    index=part["index"],
                    text=part["text"],
                    token_ids=part["token_ids"],
                    cumulative_logprob=part["cumulative_logprob"],
                    logprobs=_generated_logprobs(part["logprobs"]),
                    finish_reason=part["finish_reason"],
                    stop_reason=part["stop_reason"],
                )
                for part in message["outputs"]
            ],
        )


def _generated_logprobs(positions: Any) -> list[dict[int, Logprob]] | None:  # noqa: ANN401 - JSON
    found = _logprobs(positions)
    return None if found is None else [position or {} for position in found]


def _logprobs(positions: Any) -> list[dict[int, Logprob] | None] | None:  # noqa: ANN401 - JSON
    if positions is None:
        return None
    return [
        None
        if position is None
        else {
            token: Logprob(-math.inf if value is None else value, rank, text)
            for token, value, rank, text in position
        }
        for position in positions
    ]
