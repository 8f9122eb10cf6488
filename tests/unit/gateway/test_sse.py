"""The event filter: what is dropped, what passes, and that splits do not matter."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicockpit.gateway.sse import (
    EVENT_LIMIT,
    MESSAGES_USAGE,
    OPENAI_USAGE,
    RESPONSES_USAGE,
    EventFilter,
    UsageStyle,
)
from aicockpit.gateway.usage import Usage

GOLDEN = Path(__file__).parents[2] / "golden" / "sse"

TEXT = b'data: {"choices":[{"index":0,"delta":{"content":"x"}}]}\n\n'
USAGE = (
    b'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,'
    b'"prompt_tokens_details":{"cached_tokens":4}}}\n\n'
)
DONE = b"data: [DONE]\n\n"
FILTERED = b'data: {"choices":[],"prompt_filter_results":[]}\n\n'
QUOTING = b"data: " + json.dumps({"text": USAGE.decode()}).encode() + b"\n\n"
COMMENT = b": keep-alive\n\n"
LONG = b'data: {"choices":[],"x":"' + b"y" * EVENT_LIMIT + b'","usage":{"prompt_tokens":1}}\n\n'


def run(
    chunks: list[bytes], style: UsageStyle = OPENAI_USAGE, *, drop: bool = True
) -> tuple[bytes, Usage | None, bool]:
    events = EventFilter(style, drop=drop)
    out = b"".join(events.feed(chunk) for chunk in chunks) + events.finish()
    return out, events.usage, events.complete


def test_the_usage_event_is_dropped_and_counted():
    out, usage, complete = run([TEXT + TEXT + USAGE + DONE])
    assert out == TEXT + TEXT + DONE
    assert usage == Usage(prompt=7, completion=3, cached=4)
    assert complete


def test_it_is_kept_and_counted_for_a_client_that_asked():
    out, usage, _ = run([TEXT + USAGE + DONE], drop=False)
    assert out == TEXT + USAGE + DONE
    assert usage == Usage(7, 3, 4)


@pytest.mark.parametrize("event", [FILTERED, QUOTING, COMMENT, LONG, b"\n\n", b"data: {\n\n"])
def test_everything_else_passes(event: bytes):
    out, usage, _ = run([TEXT, event, DONE])
    assert out == TEXT + event + DONE
    assert usage is None


def test_other_spellings_of_the_same_event():
    windows = USAGE.replace(b"\n", b"\r\n")
    spaced = b"data:" + json.dumps(json.loads(USAGE[6:]), indent=None).encode() + b"\n\n"
    for event in (windows, spaced, USAGE.rstrip(b"\n")):
        out, usage, _ = run([TEXT + event])
        assert out == TEXT
        assert usage == Usage(7, 3, 4)


def test_an_unfinished_stream_is_not_complete():
    assert not run([TEXT, USAGE])[2]
    assert not run([TEXT, b"data: [DO"])[2]
    assert run([TEXT, b"data: [DONE]"])[2]


def test_a_partial_event_is_held_so_that_a_broken_stream_ends_cleanly():
    events = EventFilter(OPENAI_USAGE, drop=True)
    assert events.feed(TEXT + TEXT[:20]) == TEXT
    assert events.feed(TEXT[20:]) == TEXT


EVENTS = st.lists(
    st.sampled_from(
        [
            TEXT,
            USAGE,
            DONE,
            FILTERED,
            QUOTING,
            COMMENT,
            TEXT.replace(b"\n", b"\r\n"),
            USAGE.replace(b"\n", b"\r\n"),
            b"\n",
            b"\r\n",
            b"\r",
            b"data: unfinished",
            b"event: error\n",
            LONG,
        ]
    ),
    max_size=12,
).map(b"".join)


@given(st.data())
@settings(max_examples=300)
def test_any_split_of_a_stream_gives_the_same(data: st.DataObject):
    stream = data.draw(EVENTS)
    style = data.draw(st.sampled_from([OPENAI_USAGE, RESPONSES_USAGE, MESSAGES_USAGE]))
    drop = data.draw(st.booleans())
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=20).map(sorted))
    edges = [0, *cuts, len(stream)]
    chunks = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert b"".join(chunks) == stream
    assert run(chunks, style, drop=drop) == run([stream], style, drop=drop)


@given(EVENTS)
@settings(max_examples=200)
def test_without_dropping_every_byte_passes(stream: bytes):
    assert run([stream], drop=False)[0] == stream


def test_byte_by_byte_is_a_split_like_any_other():
    stream = TEXT + USAGE + COMMENT + TEXT.replace(b"\n", b"\r\n") + DONE
    assert run([bytes([byte]) for byte in stream]) == run([stream])


@pytest.mark.parametrize(
    ("name", "style"),
    [
        ("chat", OPENAI_USAGE),
        ("completion", OPENAI_USAGE),
        ("messages", MESSAGES_USAGE),
        ("responses", RESPONSES_USAGE),
    ],
)
def test_transcripts_of_a_real_engine(name: str, style: UsageStyle):
    """`NAME.sse` is what vLLM sent when asked for usage; `NAME.expected` is what clients get."""
    sent = (GOLDEN / f"{name}.sse").read_bytes()
    expected = (GOLDEN / f"{name}.expected").read_bytes()
    for size in (1, 7, 100, len(sent)):
        chunks = [sent[i : i + size] for i in range(0, len(sent), size)]
        out, usage, complete = run(chunks, style)
        assert out == expected
        assert usage is not None
        assert usage.prompt > 0
        assert usage.completion > 0
        assert complete
