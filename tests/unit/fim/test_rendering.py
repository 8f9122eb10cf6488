"""Properties of every prompt, with real (small) tokenizers."""

from __future__ import annotations

import re
from itertools import groupby

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aicockpit.fim import (
    FAMILIES,
    ContextFile,
    Dropped,
    FimBudget,
    FimFamily,
    FimPrompt,
    FimRequest,
    PromptTooLong,
    render,
    special_tokens_of_all_families,
)
from aicockpit.models.tokenizer import TokenizerEncoder
from tests.unit.fim.conftest import Encoders

HOSTILE = sorted({token.replace("▁", " ") for token in special_tokens_of_all_families()})
LINES = (
    "def add(a, b):\n    return a + b\n",
    "\n\n",
    "    x = [1,\n\t2]\r\n",
    "é 日本 🙂 e\u0301 ▁ _\n",
    "a" * 90,
    "// note\n",
    " ",
)
TEXT = st.lists(st.sampled_from([*HOSTILE, *LINES]) | st.text(max_size=12), max_size=20).map(
    "".join
)
REQUESTS = st.builds(
    FimRequest,
    prefix=TEXT,
    suffix=TEXT,
    path=st.none() | TEXT,
    repo=st.none() | TEXT,
    context=st.lists(st.builds(ContextFile, path=TEXT, text=TEXT), max_size=4).map(tuple),
)
AMPLE = FimBudget(window=10**6, new_tokens=64)
NAMES = st.sampled_from(list(FAMILIES))
PROPERTY = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def segments(prompt: FimPrompt, family: FimFamily, encoder: TokenizerEncoder) -> list[str]:
    """The prompt's texts between its special tokens."""
    special = {encoder.special(token) for token in family.stops}
    body = prompt.token_ids[len(encoder.head) :]
    return [
        encoder.decode(list(ids))
        for is_special, ids in groupby(body, key=lambda id_: id_ in special)
        if not is_special
    ]


def spread(template: str, family: FimFamily, values: dict[str, str]) -> list[str]:
    """What `segments` must give, filled in by the simplest means."""
    tokens = "|".join(map(re.escape, sorted(family.tokens, key=len, reverse=True)))
    filled = [part.format_map(values) for part in re.split(tokens, template)]
    return [text for text in filled if text]


@PROPERTY
@given(name=NAMES, request_=REQUESTS)
def test_all_of_the_users_text_arrives_unaltered(
    encoders: Encoders, name: str, request_: FimRequest
):
    family, encoder = FAMILIES[name], encoders[name]
    prompt = render(request_, family, encoder, AMPLE, allow_dropping=False)
    assert not prompt.dropped
    lead = encoder.lead if family.prefix_begins_text else ""
    repo, path, context = request_.repo, request_.path, request_.context
    if not (context or (repo is not None and family.repo_header) or (path and family.path_alone)):
        if path is not None and family.path_alone:
            return
        prefix = lead + request_.prefix if request_.prefix else ""
        values = {"prefix": prefix, "suffix": request_.suffix}
        assert segments(prompt, family, encoder) == spread(family.template, family, values)
        return
    together = "".join(segments(prompt, family, encoder))
    pieces = [request_.prefix, request_.suffix, *(file.text for file in context)]
    assert all(piece in together for piece in pieces)
    if family.cross_template:
        block = "".join(
            re.sub("|".join(map(re.escape, family.tokens)), "", family.context_block).format(
                path=file.path, text=file.text
            )
            for file in context
        )
        assert block in together


@PROPERTY
@given(name=NAMES, texts=st.tuples(TEXT, TEXT))
def test_hostile_text_stays_text(encoders: Encoders, name: str, texts: tuple[str, str]):
    family, encoder = FAMILIES[name], encoders[name]
    prefix, suffix = "".join(HOSTILE) + texts[0], texts[1] + "".join(HOSTILE)
    request = FimRequest(prefix, suffix)
    prompt = render(request, family, encoder, AMPLE, allow_dropping=False)
    special = {encoder.special(token) for token in encoder.special_tokens}
    body = prompt.token_ids[len(encoder.head) :]
    empty = render(FimRequest("", ""), family, encoder, AMPLE, allow_dropping=False)
    expected = [id_ for id_ in empty.token_ids[len(encoder.head) :] if id_ in special]
    assert [id_ for id_ in body if id_ in special] == expected


def kept_parts(prompt: FimPrompt, encoder: TokenizerEncoder) -> tuple[str, str]:
    """The prefix and the suffix in a prompt of the family qwen."""
    marks = [encoder.special(token) for token in ("<|fim_prefix|>", "<|fim_suffix|>")]
    start, middle = (prompt.token_ids.index(mark or 0) for mark in marks)
    return (
        encoder.decode(prompt.token_ids[start + 1 : middle]),
        encoder.decode(prompt.token_ids[middle + 1 : -1]),
    )


@PROPERTY
@given(request_=REQUESTS, room=st.integers(0, 1200))
def test_what_is_kept_meets_at_the_cursor_and_fits(
    encoders: Encoders, request_: FimRequest, room: int
):
    encoder = encoders["qwen"]
    budget = FimBudget(window=room + 16, new_tokens=16)
    try:
        prompt = render(request_, FAMILIES["qwen"], encoder, budget, allow_dropping=True)
    except PromptTooLong:
        return
    assert len(prompt.token_ids) <= room
    prefix, suffix = kept_parts(prompt, encoder)
    assert request_.prefix.endswith(prefix)
    assert request_.suffix.startswith(suffix)
    assert bool(prefix) == bool(request_.prefix)
    assert bool(suffix) == bool(request_.suffix)
    whole = render(request_, FAMILIES["qwen"], encoder, AMPLE, allow_dropping=False)
    assert (len(whole.token_ids) <= room) == (not prompt.dropped)


@PROPERTY
@given(
    name=NAMES,
    request_=REQUESTS,
    rooms=st.tuples(st.integers(0, 3000), st.integers(0, 3000)).map(sorted),
)
def test_more_room_never_drops_more(
    encoders: Encoders, name: str, request_: FimRequest, rooms: list[int]
):
    dropped = []
    for room in rooms:
        budget = FimBudget(window=room, new_tokens=0)
        try:
            prompt = render(request_, FAMILIES[name], encoders[name], budget, allow_dropping=True)
        except PromptTooLong:
            dropped.append(Dropped(10**9, 10**9, 10**9, 10**9))
        else:
            assert len(prompt.token_ids) <= room
            dropped.append(prompt.dropped)
    less, more = dropped
    assert more.prefix_tokens <= less.prefix_tokens
    assert more.suffix_tokens <= less.suffix_tokens
    assert more.context_tokens <= less.context_tokens
    assert more.context_files <= less.context_files


BODY = "".join(
    f"class Part{n}:\n    def run(self, value):\n        if value > {n}:\n"
    f"            return self.step(value, {n})\n\n        return value + {n}\n\n\n"
    for n in range(200)
)
LINE = "result = self.compute(value, other[1]) + 1"


def block_aligned_head(prompt: FimPrompt, encoder: TokenizerEncoder, text: str) -> int:
    """Tokens in whole blocks of 16 before the last line of the prefix `text`."""
    # Some vocabularies join a line end to the next line's indentation.
    mark = text[: text.rfind("\n")][-60:]
    low, high = 0, len(prompt.token_ids)
    while low < high:
        middle = (low + high) // 2
        if mark in encoder.decode(prompt.token_ids[:middle]):
            high = middle
        else:
            low = middle + 1
    return low // 16 * 16


@pytest.mark.parametrize("name", [n for n, f in FAMILIES.items() if f.order == "psm"])
@pytest.mark.parametrize("room", [10**6, 2000])
def test_typing_a_line_keeps_every_whole_block_before_it(encoders: Encoders, name: str, room: int):
    encoder, family = encoders[name], FAMILIES[name]
    begin = BODY[: len(BODY) // 2] + "class Last:\n    def run(self):\n        "
    context = (ContextFile("a.py", BODY[:3000]), ContextFile("b.py", BODY[:1200]))
    prompts = [
        render(
            FimRequest(begin + LINE[:typed], "\n" + BODY[-3000:], "c.py", "r", context),
            family,
            encoder,
            FimBudget(window=room + 64, new_tokens=64),
            allow_dropping=True,
        )
        for typed in range(41)
    ]
    assert bool(prompts[0].dropped) == (room == 2000)
    head = block_aligned_head(prompts[0], encoder, begin)
    assert head > 500
    for prompt in prompts[1:]:
        assert prompt.token_ids[:head] == prompts[0].token_ids[:head]


@pytest.mark.parametrize("name", [n for n, f in FAMILIES.items() if f.order == "spm"])
def test_typing_keeps_all_but_the_typed_line_where_the_suffix_comes_first(
    encoders: Encoders, name: str
):
    encoder, family = encoders[name], FAMILIES[name]
    begin = BODY[: len(BODY) // 2] + "        "
    budget = FimBudget(window=2064, new_tokens=64)
    prompts = [
        render(
            FimRequest(begin + LINE[:typed], "\n" + BODY[-9000:], "c.py"),
            family,
            encoder,
            budget,
            allow_dropping=True,
        ).token_ids
        for typed in range(41)
    ]
    line = len(encoder.encode("        " + LINE)) + 16
    for prompt in prompts[1:]:
        same = sum(1 for _ in iter_same(prompt, prompts[0]))
        assert same >= min(len(prompt), len(prompts[0])) - line - 16


def iter_same(left: tuple[int, ...], right: tuple[int, ...]):
    for one, other in zip(left, right, strict=False):
        if one != other:
            return
        yield one


def test_context_goes_first_and_the_farthest_file_before_the_others(encoders: Encoders):
    encoder, family = encoders["qwen"], FAMILIES["qwen"]
    files = tuple(ContextFile(f"{n}.py", BODY[:2000]) for n in range(4))
    request = FimRequest(BODY[:3000], BODY[:600], "c.py", "r", files)
    whole = len(render(request, family, encoder, AMPLE, allow_dropping=False).token_ids)
    budget = FimBudget(window=whole - 1000, new_tokens=0)
    prompt = render(request, family, encoder, budget, allow_dropping=True)
    assert (prompt.dropped.prefix_tokens, prompt.dropped.suffix_tokens) == (0, 0)
    assert prompt.dropped.context_tokens >= 1000
    assert "<|file_sep|>0.py" not in prompt.text
    assert "<|file_sep|>3.py\n" + BODY[:2000] in prompt.text


def test_counts_are_exact_when_nothing_may_be_dropped(encoders: Encoders):
    encoder, family = encoders["qwen"], FAMILIES["qwen"]
    request = FimRequest("a b c\n", "d\n", "x.py", "r", (ContextFile("y.py", "e\n"),))
    needed = len(render(request, family, encoder, AMPLE, allow_dropping=False).token_ids)
    fits = FimBudget(window=needed + 10, new_tokens=10)
    assert len(render(request, family, encoder, fits, allow_dropping=False).token_ids) == needed
    short = FimBudget(window=needed + 10, new_tokens=11)
    with pytest.raises(PromptTooLong) as caught:
        render(request, family, encoder, short, allow_dropping=False)
    problem = caught.value
    assert (problem.room, problem.needed) == (needed - 1, needed)
    assert problem.overhead + problem.parts.tokens == needed
    assert problem.parts.prefix_tokens == len(encoder.encode("a b c\n"))


def test_a_prompt_limit_below_the_window(encoders: Encoders):
    encoder, family = encoders["qwen"], FAMILIES["qwen"]
    budget = FimBudget(window=32768, new_tokens=64, prompt_tokens=700)
    request = FimRequest(BODY[:9000], BODY[:9000])
    prompt = render(request, family, encoder, budget, allow_dropping=True)
    assert 400 < len(prompt.token_ids) <= 700
    assert prompt.dropped.suffix_tokens > prompt.dropped.prefix_tokens


def test_no_room_at_all(encoders: Encoders):
    with pytest.raises(PromptTooLong):
        render(
            FimRequest("a", "b"),
            FAMILIES["qwen"],
            encoders["qwen"],
            FimBudget(window=4, new_tokens=8),
            allow_dropping=True,
        )


def test_a_family_without_its_cross_file_tokens_gets_plain_context(encoders: Encoders):
    request = FimRequest("p", "s", context=(ContextFile("a.py", "A"),))
    # CodeGemma's tokenizer has Qwen's three tokens, but no <|file_sep|>.
    encoder = encoders["codegemma"]
    prompt = render(request, FAMILIES["qwen"], encoder, AMPLE, allow_dropping=False)
    assert prompt.text == "# a.py\nA\n<|fim_prefix|>p<|fim_suffix|>s<|fim_middle|>"
