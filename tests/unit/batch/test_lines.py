import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicockpit.batch.lines import CHAT, COMPLETIONS, BadLine, BatchLine, parse_line, raw_lines


def parse(line: object) -> BatchLine | BadLine | None:
    return parse_line(7, json.dumps(line).encode())


def test_openai_lines():
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    line = parse({"custom_id": "a", "method": "POST", "url": CHAT, "body": body})
    assert line == BatchLine(7, "a", CHAT, body)
    assert isinstance(line, BatchLine)
    assert line.model == "m"


def test_plain_lines():
    assert parse({"prompt": "x", "max_tokens": 3}) == BatchLine(
        7, "line-7", COMPLETIONS, {"prompt": "x", "max_tokens": 3}
    )
    messages = [{"role": "user", "content": "x"}]
    assert parse({"messages": messages, "custom_id": "b"}) == BatchLine(
        7, "b", CHAT, {"messages": messages}
    )


def test_blank_lines_are_nothing():
    assert parse_line(1, b"") is None
    assert parse_line(1, b"  \t") is None


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (b"{", "invalid_json", "not JSON"),
        (b'"text"', "invalid_line", "JSON object"),
        (b'\xff{"prompt": "x"}', "invalid_json", "not JSON"),
        (b"{}", "invalid_line", "neither"),
        (b'{"prompt": 5}', "invalid_line", "prompt must"),
        (b'{"messages": []}', "invalid_line", "messages must"),
        (b'{"prompt": "x", "messages": []}', "invalid_line", "either"),
        (b'{"prompt": "x", "stream": true}', "invalid_line", "stream"),
        (b'{"prompt": "x", "model": 5}', "invalid_line", "model"),
        (b'{"prompt": "x", "custom_id": 5}', "invalid_line", "custom_id"),
        (b'{"url": "/v1/embeddings", "body": {}}', "invalid_line", "url must"),
        (b'{"url": "/v1/completions", "body": []}', "invalid_line", "body must"),
        (b'{"url": "/v1/completions", "body": {}, "method": "GET"}', "invalid_line", "method"),
        (None, "line_too_long", "longer"),
    ],
)
def test_bad_lines_say_what_is_wrong(line, code, said):
    bad = parse_line(3, line)
    assert isinstance(bad, BadLine)
    assert (bad.number, bad.code) == (3, code)
    assert said in bad.message


def test_line_ends_and_the_byte_order_mark_do_not_matter(tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n\n{"b":2}')
    assert list(raw_lines(file)) == [(1, b'{"a":1}'), (2, b""), (3, b'{"b":2}')]


def test_a_line_that_is_too_long_is_skipped_and_the_rest_read(tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_bytes(b"a" * 100 + b"\nshort\n" + b"b" * 10 + b"\r\n" + b"c" * 11)
    assert list(raw_lines(file, longest=10)) == [
        (1, None),
        (2, b"short"),
        (3, b"b" * 10),
        (4, None),
    ]


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_no_bytes_break_the_parser(raw):
    assert isinstance(parse_line(1, raw), BatchLine | BadLine | None)
