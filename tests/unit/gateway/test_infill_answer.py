"""vLLM's stream in the words of llama.cpp's server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.errors import UpstreamError
from aicockpit.fim import FimRequest
from aicockpit.gateway.fim_answers import EventReader
from aicockpit.gateway.fim_shapes import FimCall, InfillOptions
from aicockpit.gateway.infill_answer import IndentLimit, InfillAnswer
from tests.unit.gateway.test_fim_answers import USAGE, choice, stream

CALL = FimCall(
    request=FimRequest("a", "b"),
    new_tokens=16,
    allow_dropping=True,
    stream=False,
    fields={"temperature": 0.0},
)


class Clock:
    """Advances by a fixed step at every reading."""

    def __init__(self, step: float = 0.01) -> None:
        self._step = step
        self._now = 100.0

    def __call__(self) -> float:
        self._now += self._step
        return self._now


def answer_to(call: FimCall, clock: Clock | None = None) -> InfillAnswer:
    return InfillAnswer(call, context_length=4096, truncated=False, clock=clock or Clock())


def run(answer: InfillAnswer, chunks: Sequence[bytes]) -> bytes:
    out = b""
    for chunk in chunks:
        if answer.enough:
            break
        out += answer.feed(chunk)
    return out + answer.finish()


def whole(call: FimCall, sent: bytes) -> Any:
    return json.loads(run(answer_to(call), [sent]))


def events(out: bytes) -> Iterator[Any]:
    return map(json.loads, EventReader().read(out))


def test_a_whole_answer_has_what_the_plug_ins_read():
    told = whole(CALL, stream(choice("return"), choice(" a"), choice("", "stop")))
    assert told["content"] == "return a"
    assert told["stop"] is True
    assert told["stop_type"] == "eos"
    assert told["truncated"] is False
    assert told["model"] == "m"
    assert (told["tokens_evaluated"], told["tokens_cached"], told["tokens_predicted"]) == (9, 8, 3)
    assert told["generation_settings"]["n_ctx"] == 4096
    timings = told["timings"]
    assert (timings["cache_n"], timings["prompt_n"], timings["predicted_n"]) == (8, 1, 3)
    assert timings["prompt_ms"] > 0
    assert timings["predicted_per_second"] == pytest.approx(3000 / timings["predicted_ms"])


@pytest.mark.parametrize(
    ("end", "kind", "word"),
    [
        (choice("", "length"), "limit", ""),
        (choice("", "stop", stop_reason="\n\n"), "word", "\n\n"),
        (choice("", "stop", stop_reason=151643), "eos", ""),
    ],
)
def test_the_reason_for_the_end(end: dict[str, Any], kind: str, word: str):
    told = whole(CALL, stream(choice("x"), end))
    assert (told["stop_type"], told["stopping_word"]) == (kind, word)


def test_a_stream_has_contents_and_then_the_counts():
    sent = stream(choice("return"), choice(" a"), choice("", "stop"))
    *parts, last = events(run(answer_to(replace(CALL, stream=True)), [sent]))
    assert [part["content"] for part in parts] == ["return", " a"]
    assert all(part["stop"] is False for part in parts)
    assert (last["stop"], last["content"], last["tokens_predicted"]) == (True, "", 3)


def test_several_choices_come_as_a_list():
    call = replace(CALL, choices=2)
    sent = stream(choice("a"), choice("b", index=1), choice("", "stop"), choice("c", "stop", 1))
    told = whole(call, sent)
    assert [(one["index"], one["content"]) for one in told] == [(0, "a"), (1, "bc")]


def test_a_warm_up_answers_without_content():
    told = whole(replace(CALL, warm_up=True), stream(choice("x", "length")))
    assert (told["content"], told["tokens_predicted"], told["tokens_evaluated"]) == ("", 0, 9)


def test_only_the_fields_that_were_asked_for():
    asked = InfillOptions(fields=("content", "timings/prompt_n", "no/such", "truncated"))
    told = whole(replace(CALL, infill=asked), stream(choice("x", "stop")))
    assert told == {"content": "x", "timings/prompt_n": 1, "truncated": False}


def test_probabilities():
    logprobs = {"tokens": ["x"], "token_logprobs": [-0.5], "top_logprobs": [{"x": -0.5, "y": -2}]}
    told = whole(CALL, stream(choice("x", "stop", logprobs=logprobs)))
    assert told["completion_probabilities"] == [
        {
            "token": "x",
            "logprob": -0.5,
            "top_logprobs": [{"token": "x", "logprob": -0.5}, {"token": "y", "logprob": -2}],
        }
    ]


def test_a_line_with_too_little_indentation_ends_the_answer():
    call = replace(CALL, infill=InfillOptions(indent=4))
    answer = answer_to(call)
    sent = stream(choice("x = 1\n"), choice("    y = 2\n\n"), choice("def"), choice(" more"))
    told = json.loads(run(answer, [event + b"\n\n" for event in sent.split(b"\n\n")]))
    assert told["content"] == "x = 1\n    y = 2"
    assert told["stop_type"] == "limit"
    assert answer.enough


def test_after_the_time_limit_a_whole_line_is_enough():
    call = replace(CALL, infill=InfillOptions(predict_ms=1000))
    answer = answer_to(call, Clock(step=0.6))
    sent = stream(*(choice(text) for text in ("a", "b", "c", "\n", "d", "e")))
    told = json.loads(run(answer, [event + b"\n\n" for event in sent.split(b"\n\n")]))
    assert told["content"] == "abc\n"
    assert told["stop_type"] == "limit"


def test_an_engine_that_breaks_off_is_an_error():
    with pytest.raises(UpstreamError, match="out of memory"):
        answer_to(CALL).feed(b'data: {"error": {"message": "out of memory"}}\n\n')


@given(st.lists(st.sampled_from(["a", " ", "\n", "    ", "\t", "b\n"]), max_size=12), st.data())
def test_the_indentation_limit_does_not_depend_on_the_tokens(parts: list[str], data: st.DataObject):
    def limited(pieces: Sequence[str]) -> str:
        limit = IndentLimit(2)
        passed = "".join(map(limit.feed, pieces))
        return passed + ("" if limit.reached else limit.rest())

    text = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert limited(pieces) == limited([text])
    assert text.startswith(limited([text]))


@given(
    st.lists(st.builds(choice, st.text(alphabet="ab \n", max_size=5)), min_size=1, max_size=5),
    st.booleans(),
    st.integers(0, 3),
    st.data(),
)
def test_any_split_reads_alike(
    choices: list[dict[str, Any]], streams: bool, indent: int, data: st.DataObject
):
    call = replace(CALL, stream=streams, infill=InfillOptions(indent=indent))
    sent = stream(*choices, choice("", "stop"), usage=USAGE)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=8)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]

    def content(chunks: Sequence[bytes]) -> str:
        answer = answer_to(call, Clock(step=0))
        out = b"".join(map(answer.feed, chunks)) + answer.finish()
        told = list(events(out)) if streams else [json.loads(out)]
        return "".join(one["content"] for one in told)

    assert content(pieces) == content([sent])
