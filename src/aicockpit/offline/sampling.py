"""How text is sampled: vLLM's `SamplingParams`, as plain values that go into a file or a socket."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from aicockpit.errors import SamplingParamsError
from aicockpit.offline.refusals import refuse_sampling_names

_Plain = bool | int | float | str | None | list[str] | list[int] | dict[str, float]


@dataclass(frozen=True)
class SamplingParams:
    """Sampling parameters with vLLM's names, defaults and bounds.

    Names that vLLM has and this library does not carry raise `UnsupportedOfflineFeatureError`;
    values out of bounds raise `SamplingParamsError`, which is a `ValueError` too.
    """

    n: int = 1
    """Answers to generate for one prompt."""
    presence_penalty: float = 0.0
    """Penalty, -2 to 2, for tokens that the answer already has."""
    frequency_penalty: float = 0.0
    """Penalty, -2 to 2, for tokens by how often the answer has them."""
    repetition_penalty: float = 1.0
    """Factor above 0 against tokens that the prompt or the answer has; 1 is neutral."""
    temperature: float = 1.0
    """Randomness, 0 to 2; 0 always takes the likeliest token."""
    top_p: float = 1.0
    """Share of probability, above 0 up to 1, that tokens are taken from."""
    top_k: int = 0
    """Number of likeliest tokens to take from; 0 or -1 for all."""
    min_p: float = 0.0
    """Least probability, 0 to 1, relative to the likeliest token's."""
    seed: int | None = None
    """Seed of this request's own random numbers."""
    stop: str | Sequence[str] | None = None
    """Strings that end the answer and are not part of it."""
    stop_token_ids: Sequence[int] | None = None
    """Tokens that end the answer."""
    ignore_eos: bool = False
    """Go on after the model's own end token."""
    max_tokens: int | None = 16
    """Most tokens of one answer; None for all that the context has room for."""
    min_tokens: int = 0
    """Fewest tokens before an end token or a stop token counts."""
    logprobs: int | None = None
    """Log probabilities to return per token, beside the chosen one's; -1 for the vocabulary."""
    prompt_logprobs: int | None = None
    """Log probabilities to return per token of the prompt."""
    detokenize: bool = True
    """Turn the answer's tokens into text."""
    skip_special_tokens: bool = True
    """Leave special tokens out of the text."""
    spaces_between_special_tokens: bool = True
    """Put spaces between special tokens in the text."""
    include_stop_str_in_output: bool = False
    """Keep the stop string in the text."""
    logit_bias: Mapping[int, float] | None = None
    """Amount, -100 to 100, added to the logits of these tokens."""
    allowed_token_ids: Sequence[int] | None = None
    """The only tokens that may be generated."""
    bad_words: Sequence[str] | None = None
    """Words that may not be generated."""

    def __new__(cls, *_values: object, **given: object) -> Self:
        """Refuse names that this class does not have before `__init__` calls them a bug."""
        known = {field.name for field in dataclasses.fields(cls)}
        refuse_sampling_names([name for name in given if name not in known])
        return super().__new__(cls)

    def __post_init__(self) -> None:
        if isinstance(self.stop, str):
            object.__setattr__(self, "stop", (self.stop,))
        for name in ("stop", "stop_token_ids", "allowed_token_ids", "bad_words"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, tuple(value))
        if self.logit_bias is not None:
            bias = {int(token): float(amount) for token, amount in self.logit_bias.items()}
            object.__setattr__(self, "logit_bias", bias)
        for broken in _problems(self):
            raise SamplingParamsError(
                "These sampling parameters cannot be used.",
                why=f"{broken}.",
                remedy="Change that value; the bounds are vLLM's own.",
            )

    def to_dict(self) -> dict[str, _Plain]:
        """The parameters that differ from their defaults, as JSON can hold them."""
        plain: dict[str, _Plain] = {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            if isinstance(value, tuple):
                value = list(value)
            elif isinstance(value, dict):
                value = {str(token): amount for token, amount in value.items()}
            plain[field.name] = value
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, object]) -> Self:
        """The parameters that `to_dict` wrote; names and values are checked alike."""
        return cls(**plain)  # type: ignore[arg-type]


def _problems(given: SamplingParams) -> list[str]:
    """What vLLM would not take, one phrase each."""
    limits: tuple[tuple[bool, str], ...] = (
        (_whole(given.n, 1), "n must be a whole number of at least 1"),
        (_between(given.presence_penalty, -2, 2), "presence_penalty must be between -2 and 2"),
        (_between(given.frequency_penalty, -2, 2), "frequency_penalty must be between -2 and 2"),
        (
            _between(given.repetition_penalty, 0, math.inf) and given.repetition_penalty > 0,
            "repetition_penalty must be a finite number above 0",
        ),
        (_between(given.temperature, 0, 2), "temperature must be between 0 and 2"),
        (
            _between(given.top_p, 0, 1) and given.top_p > 0,
            "top_p must be above 0 and at most 1",
        ),
        (_whole(given.top_k, -1), "top_k must be a whole number of at least 1, or 0 for all"),
        (_between(given.min_p, 0, 1), "min_p must be between 0 and 1"),
        (
            given.max_tokens is None or _whole(given.max_tokens, 1),
            "max_tokens must be a whole number of at least 1, or None",
        ),
        (_whole(given.min_tokens, 0), "min_tokens must be a whole number of at least 0"),
        (
            given.logprobs is None or _whole(given.logprobs, -1),
            "logprobs must be a whole number of at least 0, or -1 for all",
        ),
        (
            given.prompt_logprobs is None or _whole(given.prompt_logprobs, -1),
            "prompt_logprobs must be a whole number of at least 0, or -1 for all",
        ),
        (
            all(isinstance(text, str) and text for text in given.stop or ()),
            "stop must be texts, none of them empty",
        ),
        (
            given.detokenize or not given.stop,
            "stop needs detokenize=True, because stop strings are found in the text",
        ),
        (all(bool(word) for word in given.bad_words or ()), "bad_words must not be empty texts"),
    )
    found = [phrase for holds, phrase in limits if not holds]
    if not found and given.max_tokens is not None and given.min_tokens > given.max_tokens:
        found.append("min_tokens must not exceed max_tokens")
    if not found and given.n > 1 and given.temperature == 0:
        found.append("n must be 1 when temperature is 0, which has only one answer")
    return found


def _between(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and low <= value <= high


def _whole(value: object, low: int) -> bool:
    return isinstance(value, int) and value >= low
