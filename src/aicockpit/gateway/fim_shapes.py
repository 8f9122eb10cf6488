"""What three kinds of clients send to have text filled in at a cursor, read into one `FimCall`.

OpenAI's `/v1/completions` with `suffix`, Mistral's `/v1/fim/completions`, and `/infill` of
llama.cpp's server. Pure: bodies in, values out. A field that vLLM knows under the same name and
meaning goes through unread; what cannot be honoured and would change the answer is refused, and
what is only advice to another server (slots, caches, orders of samplers) is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

import orjson

from aicockpit.errors import MalformedRequestError
from aicockpit.fim import ContextFile, FimRequest

ALLOW_DROPPING = "allow_context_dropping"
"""The body's field that lets the gateway drop context which does not fit."""

DEFAULT_NEW_TOKENS = 256
"""New tokens on the endpoints whose own servers know no limit, when a request gives none."""

MAX_STOPS = 32
"""Stop strings that a request may have; engines are started with the same limit."""

_OPENAI_NEW_TOKENS = 16
_PARALLEL_TEMPERATURE = 0.4
_OWN = frozenset(
    {
        *("prompt", "suffix", "max_tokens", "stop", "stop_token_ids"),
        *("context", "path", "repo", ALLOW_DROPPING),
        # These would put something else in the place of the rendered prompt, or cut it blindly.
        *("prompt_embeds", "truncate_prompt_tokens", "truncation_side", "add_special_tokens"),
    }
)
"""Fields of OpenAI's and Mistral's shapes that do not go to the engine as they are."""


class FimShape(Enum):
    """Whose request and answer an endpoint speaks."""

    OPENAI = "openai"
    MISTRAL = "mistral"
    LLAMA = "llama"


@dataclass(frozen=True)
class InfillOptions:
    """What only llama.cpp's shape has, and concerns the answer."""

    indent: int = 0
    """Fewest blanks that each new line must begin with; the answer ends before one with less."""
    predict_ms: float = 0.0
    """Milliseconds of generation after which an answer that has a whole line ends; 0 is never."""
    fields: tuple[str, ...] | None = None
    """The members of the answer that are wanted, as paths; all when None."""


@dataclass(frozen=True)
class FimCall:
    """A request to fill in the middle, whatever shape it came in."""

    request: FimRequest
    new_tokens: int
    allow_dropping: bool
    stream: bool
    choices: int = 1
    stops: tuple[str, ...] = ()
    """The client's own stop strings."""
    stop_token_ids: tuple[int, ...] = ()
    """The client's own stop tokens."""
    warm_up: bool = False
    """Only the prompt matters: it is computed, and nothing is answered."""
    fields: Mapping[str, object] = field(default_factory=dict)
    """Everything else that goes to vLLM's `/v1/completions` as it is."""
    infill: InfillOptions = InfillOptions()


def asks_fim(payload: Mapping[str, object]) -> bool:
    """Whether a `/v1/completions` body has a suffix, even an empty one, or one of the extras."""
    return any(payload.get(name) is not None for name in ("suffix", "context", "path", "repo"))


def read_call(shape: FimShape, payload: Mapping[str, object]) -> FimCall:
    """The call that a body makes.

    Raises:
        MalformedRequestError: a field has a value that it cannot have, or one whose meaning
            cannot be kept.
    """
    match shape:
        case FimShape.OPENAI:
            return _read_openai(payload)
        case FimShape.MISTRAL:
            return _read_mistral(payload)
        case FimShape.LLAMA:
            return _read_llama(payload)


def _read_openai(payload: Mapping[str, object]) -> FimCall:
    if payload.get("echo"):
        raise _malformed(
            "echo",
            "cannot be used together with suffix",
            "The prompt that the model sees is not the text that was sent.",
            "Leave echo out and put the prompt in front of the answer yourself.",
        )
    return _call(
        payload,
        prefix=_prompt(payload),
        suffix=_text(payload, "suffix"),
        new_tokens=_whole(payload, "max_tokens", _OPENAI_NEW_TOKENS, least=1),
        fields={name: value for name, value in payload.items() if name not in _OWN},
    )


def _read_mistral(payload: Mapping[str, object]) -> FimCall:
    dropped = _OWN | {"random_seed", "metadata", "prompt_cache_key", "echo"}
    fields = {n: v for n, v in payload.items() if n not in dropped and v is not None}
    if payload.get("random_seed") is not None:
        fields["seed"] = payload["random_seed"]
    return _call(
        payload,
        prefix=_prompt(payload),
        suffix=_text(payload, "suffix"),
        new_tokens=_whole(payload, "max_tokens", DEFAULT_NEW_TOKENS, least=1),
        fields=fields,
    )


_LLAMA_FIELDS = {
    "temperature": "temperature",
    "top_k": "top_k",
    "top_p": "top_p",
    "min_p": "min_p",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "repeat_penalty": "repetition_penalty",
    "ignore_eos": "ignore_eos",
    "min_tokens": "min_tokens",
    "model": "model",
}
_LLAMA_UNKEPT = {
    "grammar": "Grammars in llama.cpp's notation are not known here.",
    "json_schema": "The answer of /infill is not constrained here.",
    "lora": "Adapters are loaded when the engine starts, not by a request.",
}


def _read_llama(payload: Mapping[str, object]) -> FimCall:
    for name, why in _LLAMA_UNKEPT.items():
        if payload.get(name):
            raise _malformed(name, "is not supported on /infill", why, f"Leave {name} out.")
    predict = _whole(payload, "n_predict", -1, least=-2)
    choices = _whole(payload, "n_cmpl", _whole(payload, "n", 1, least=1), least=1)
    fields: dict[str, object] = {
        theirs: payload[ours]
        for ours, theirs in _LLAMA_FIELDS.items()
        if payload.get(ours) is not None
    }
    # The plug-ins give no temperature: their `infill` sampler keeps to the likeliest text.
    fields.setdefault("temperature", 0.0 if choices == 1 else _PARALLEL_TEMPERATURE)
    if _whole(payload, "seed", -1, least=-1) >= 0:
        fields["seed"] = payload["seed"]
    if probabilities := _whole(payload, "n_probs", 0, least=0):
        fields["logprobs"] = probabilities
    fields["n"], fields["stream"] = choices, bool(payload.get("stream"))
    call = _call(
        {
            "stop": payload.get("stop"),
            ALLOW_DROPPING: payload.get(ALLOW_DROPPING, True),
            "context": _extra_files(payload),
            "path": payload.get("path"),
            "repo": payload.get("repo"),
        },
        prefix=_text(payload, "input_prefix") + _text(payload, "prompt"),
        suffix=_text(payload, "input_suffix"),
        new_tokens=predict if predict > 0 else 1 if predict == 0 else DEFAULT_NEW_TOKENS,
        fields=fields,
    )
    options = InfillOptions(
        indent=_whole(payload, "n_indent", 0, least=0),
        predict_ms=float(_whole(payload, "t_max_predict_ms", 0, least=-1)),
        fields=_names(payload, "response_fields"),
    )
    return replace(call, infill=options, warm_up=predict == 0)


def _extra_files(payload: Mapping[str, object]) -> object:
    """llama.cpp's chunks of other files, under the names of our own extras."""
    extra = payload.get("input_extra")
    if not isinstance(extra, list):
        return extra
    return [
        {"path": entry.get("filename") or f"context-{number}", "text": entry.get("text", "")}
        if isinstance(entry, dict)
        else entry
        for number, entry in enumerate(extra, 1)
    ]


def _call(
    payload: Mapping[str, object],
    *,
    prefix: str,
    suffix: str,
    new_tokens: int,
    fields: dict[str, object],
) -> FimCall:
    """What is read alike from every shape."""
    return FimCall(
        request=FimRequest(
            prefix=prefix,
            suffix=suffix,
            path=_text(payload, "path") or None,
            repo=_text(payload, "repo") or None,
            context=_context(payload),
        ),
        new_tokens=new_tokens,
        allow_dropping=payload.get(ALLOW_DROPPING) is True,
        stream=fields.get("stream") is True,
        choices=_whole(fields, "n", 1, least=1),
        stops=_stops(payload),
        stop_token_ids=_token_ids(payload),
        fields=fields,
    )


def _prompt(payload: Mapping[str, object]) -> str:
    prompt = payload.get("prompt")
    if isinstance(prompt, list) and len(prompt) == 1:
        prompt = prompt[0]
    if isinstance(prompt, str):
        return prompt
    raise _malformed(
        "prompt",
        "must be one string in a request to fill in the middle",
        f"It is {_shown(prompt)}.",
        "Send the text before the cursor as prompt and the text after it as suffix.",
    )


def _context(payload: Mapping[str, object]) -> tuple[ContextFile, ...]:
    value = payload.get("context")
    if value is None:
        return ()
    if not isinstance(value, list):
        value = [value]
    files = []
    for entry in value:
        path = entry.get("path") if isinstance(entry, dict) else None
        text = entry.get("text") if isinstance(entry, dict) else None
        if not isinstance(path, str) or not isinstance(text, str):
            raise _malformed(
                "context",
                "must be a list of files",
                f"One entry is {_shown(entry)}.",
                'Send it as [{"path": "src/name.py", "text": "…"}].',
            )
        files.append(ContextFile(path=path, text=text))
    return tuple(files)


def _stops(payload: Mapping[str, object]) -> tuple[str, ...]:
    value = payload.get("stop")
    if isinstance(value, str):
        return (value,)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(stop, str) for stop in value):
        return tuple(dict.fromkeys(stop for stop in value if stop))
    raise _malformed(
        "stop", "must be a string or a list of strings", f"It is {_shown(value)}.", "Correct it."
    )


def _token_ids(payload: Mapping[str, object]) -> tuple[int, ...]:
    value = payload.get("stop_token_ids")
    if value is None:
        return ()
    if isinstance(value, list) and all(type(token) is int for token in value):
        return tuple(value)
    raise _malformed(
        "stop_token_ids", "must be a list of token ids", f"It is {_shown(value)}.", "Correct it."
    )


def _names(payload: Mapping[str, object], name: str) -> tuple[str, ...] | None:
    value = payload.get(name)
    if not isinstance(value, list) or not value:
        return None
    return tuple(entry for entry in value if isinstance(entry, str))


def _text(payload: Mapping[str, object], name: str) -> str:
    value = payload.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _malformed(name, "must be a string", f"It is {_shown(value)}.", "Send text.")
    return value


def _whole(payload: Mapping[str, object], name: str, default: int, *, least: int) -> int:
    value = payload.get(name)
    if value is None:
        return default
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise _malformed(
            name, f"must be a whole number of at least {least}", f"It is {_shown(value)}.",
            "Correct it.",
        )  # fmt: skip
    return value


def _malformed(name: str, fault: str, why: str, remedy: str) -> MalformedRequestError:
    return MalformedRequestError(f"The field {name} {fault}.", why=why, remedy=remedy)


def _shown(value: object) -> str:
    return orjson.dumps(value, default=str).decode()[:80]
