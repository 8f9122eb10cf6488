"""vLLM's completions in Mistral's words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aicockpit.gateway.fim_answers import EventReader, MistralAnswer
from aicockpit.gateway.usage import Usage

BASE = {"id": "cmpl-1", "object": "text_completion", "created": 7, "model": "m"}
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 3,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 8},
}


def choice(text: str, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish, **more}


def stream(*choices: dict[str, Any], usage: dict[str, Any] | None = USAGE) -> bytes:
    events: list[Any] = [{**BASE, "choices": [one]} for one in choices]
    if usage is not None:
        events.append({**BASE, "choices": [], "usage": usage})
    lines = [json.dumps(event) for event in events] + ["[DONE]"]
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def told(answer: MistralAnswer, chunks: Sequence[bytes]) -> list[Any]:
    out = b"".join(answer.feed(chunk) for chunk in chunks) + answer.finish()
    assert out.endswith(b"\n\n")
    return [data if data == b"[DONE]" else json.loads(data) for data in EventReader().read(out)]


def test_a_stream_has_deltas_and_usage_on_its_last_chunk():
    answer = MistralAnswer(streams=True)
    events = told(answer, [stream(choice("a"), choice("b"), choice("", "stop"))])
    assert events[-1] == b"[DONE]"
    chunks = events[:-1]
    assert [c["choices"][0]["delta"] for c in chunks] == [
        {"role": "assistant", "content": "a"},
        {"content": "b"},
        {"content": ""},
    ]
    assert [c["choices"][0]["finish_reason"] for c in chunks] == [None, None, "stop"]
    assert [c.get("usage") for c in chunks] == [None, None, USAGE]
    assert {c["object"] for c in chunks} == {"chat.completion.chunk"}
    assert (chunks[0]["id"], chunks[0]["created"], chunks[0]["model"]) == ("cmpl-1", 7, "m")
    assert answer.usage == Usage(9, 3, 8)


def test_several_choices_begin_with_a_role_each():
    sent = stream(
        choice("a"), choice("x", index=1), choice("", "stop"), choice("y", "length", index=1)
    )
    chunks = told(MistralAnswer(streams=True), [sent])[:-1]
    assert [(c["choices"][0]["index"], "role" in c["choices"][0]["delta"]) for c in chunks] == [
        (0, True),
        (1, True),
        (0, False),
        (1, False),
    ]
    assert [c["choices"][0]["finish_reason"] for c in chunks] == [None, None, "stop", "length"]
    assert [bool(c.get("usage")) for c in chunks] == [False, False, False, True]


def test_a_whole_answer_is_a_chat_completion():
    body = json.dumps({**BASE, "choices": [choice("return a", "stop")], "usage": USAGE}).encode()
    answer = MistralAnswer(streams=False)
    whole = json.loads(answer.whole(body))
    assert whole["object"] == "chat.completion"
    assert whole["usage"] == USAGE
    assert whole["choices"] == [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "return a", "tool_calls": None},
        }
    ]
    assert answer.usage == Usage(9, 3, 8)


def test_an_unusual_end_is_an_error_to_mistrals_clients():
    body = json.dumps({**BASE, "choices": [choice("", "abort")], "usage": USAGE}).encode()
    whole = json.loads(MistralAnswer(streams=False).whole(body))
    assert whole["choices"][0]["finish_reason"] == "error"


def test_an_error_in_the_stream_passes():
    sent = b'data: {"error": {"message": "boom"}}\n\ndata: [DONE]\n\n'
    events = told(MistralAnswer(streams=True), [sent])
    assert events == [{"error": {"message": "boom"}}, b"[DONE]"]


CHOICES = st.lists(
    st.builds(choice, st.text(max_size=6), st.none(), st.integers(0, 2)), min_size=1, max_size=5
)


@given(CHOICES, st.booleans(), st.booleans(), st.data())
def test_any_split_reads_alike(
    choices: list[dict[str, Any]], usage: bool, crlf: bool, data: st.DataObject
):
    sent = stream(*choices, choice("", "stop"), usage=USAGE if usage else None)
    if crlf:
        sent = sent.replace(b"\n", b"\r\n")
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=8)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert told(MistralAnswer(streams=True), pieces) == told(MistralAnswer(streams=True), [sent])


def test_an_event_without_its_blank_line_is_read_at_the_end():
    reader = EventReader()
    assert list(reader.read(b"data: 1\n\ndata: 2")) == [b"1"]
    assert list(reader.rest()) == [b"2"]
