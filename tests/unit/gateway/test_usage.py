"""Token counts in the three spellings."""

from __future__ import annotations

import json

import pytest

from aicockpit.gateway.usage import Usage, usage_in_answer, usage_of


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 2}, Usage(5, 2)),
        ({"prompt_tokens": 5, "completion_tokens": None}, Usage(5, 0)),
        (
            {"prompt_tokens": 5, "prompt_tokens_details": {"cached_tokens": 3}},
            Usage(5, 0, 3),
        ),
        ({"prompt_tokens": 5, "prompt_tokens_details": None}, Usage(5, 0)),
        ({"input_tokens": 5, "output_tokens": 2}, Usage(5, 2)),
        (
            {"input_tokens": 5, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 4}},
            Usage(5, 2, 4),
        ),
        (
            {"input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 4},
            Usage(5, 2, 4),
        ),
        ({}, None),
        (None, None),
        ("many", None),
    ],
)
def test_spellings(counts: object, usage: Usage | None):
    assert usage_of(counts) == usage


def test_answers():
    answer = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    assert usage_in_answer(json.dumps(answer).encode()) == Usage(5, 2)
    for body in (b"", b'{"usage"', b'["usage"]', b'{"a":"usage"}', b'{"usage":1}'):
        assert usage_in_answer(body) is None
