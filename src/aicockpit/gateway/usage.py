"""Token counts, read from what an engine says about a finished request.

Three spellings exist: OpenAI's chat and completions, OpenAI's responses, and Anthropic's
messages. They come out as one `Usage`.
"""

from __future__ import annotations

from typing import NamedTuple

import orjson

_WHOLE_LIMIT = 256 * 1024
"""Larger JSON answers (embeddings of many texts) are not parsed for their counts."""


class Usage(NamedTuple):
    """Tokens of one request."""

    prompt: int
    """All prompt tokens, cached ones included."""
    completion: int
    cached: int = 0
    """Prompt tokens that the engine found in its KV cache, where it tells."""


def usage_of(counts: object) -> Usage | None:
    """The `Usage` in a `usage` object of any of the three spellings."""
    if not isinstance(counts, dict):
        return None
    if "prompt_tokens" in counts:
        cached = _cached(counts.get("prompt_tokens_details"))
        return Usage(
            _count(counts["prompt_tokens"]), _count(counts.get("completion_tokens")), cached
        )
    if "input_tokens" not in counts and "output_tokens" not in counts:
        return None
    prompt, completion = _count(counts.get("input_tokens")), _count(counts.get("output_tokens"))
    if "cache_read_input_tokens" in counts or "cache_creation_input_tokens" in counts:
        cached = _count(counts.get("cache_read_input_tokens"))
        prompt += cached + _count(counts.get("cache_creation_input_tokens"))
        return Usage(prompt, completion, cached)
    return Usage(prompt, completion, _cached(counts.get("input_tokens_details")))


def usage_in_answer(body: bytes) -> Usage | None:
    """The counts in a complete JSON answer; None when it has none or is very large."""
    if len(body) > _WHOLE_LIMIT or b'"usage"' not in body:
        return None
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return usage_of(answer.get("usage")) if isinstance(answer, dict) else None


def _cached(details: object) -> int:
    return _count(details.get("cached_tokens")) if isinstance(details, dict) else 0


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
