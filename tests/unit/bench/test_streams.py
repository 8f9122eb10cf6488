"""Reading a counted stream, against a fake engine and from events as vLLM sends them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from itertools import count

import aiohttp
import pytest

from aicockpit.bench.streams import Asker, Drafts
from aicockpit.bench.workloads import Workload, requests_of
from aicockpit.errors import UpstreamError
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import serving_engine

pytestmark = pytest.mark.anyio
LINE, EDIT = requests_of(Workload.LINE)[0], requests_of(Workload.EDIT)[0]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("request_", [LINE, EDIT], ids=["completion", "chat"])
async def test_tokens_and_times(session: aiohttp.ClientSession, request_):
    engine = FakeEngine(models=("m",))
    engine.faults.tokens = 6
    clock = count(10.0).__next__
    async with serving_engine(engine) as url:
        answer = await Asker(session, url, "a-key", clock).ask(request_, "m", max_tokens=6)
    assert answer.text == "def add(a, b):"
    assert (answer.tokens, answer.decoded, answer.steps) == (6, 5, 6)
    # The clock is read when the request is sent, at each of six tokens, and at the end.
    assert (answer.first_token, answer.decode_seconds, answer.seconds) == (1, 5, 7)
    assert answer.drafts is None
    seen = engine.seen[0]
    assert seen.headers["authorization"] == "Bearer a-key"
    assert seen.headers["x-aicockpit-task"] == request_.task
    assert seen.json["max_tokens"] == 6


async def test_several_tokens_in_a_step_and_what_became_of_the_drafts(
    session: aiohttp.ClientSession,
):
    speculation = {"num_draft_tokens": 8, "num_accepted_draft_tokens": 3, "num_spec_steps": 2}
    events = [
        {"choices": [{"index": 0, "text": "a"}], "usage": {"completion_tokens": 1}},
        {"choices": [{"index": 0, "text": "bcde"}], "usage": {"completion_tokens": 5}},
        {"choices": [{"index": 0, "text": ""}], "usage": {"completion_tokens": 5}},
        {
            "choices": [],
            "usage": {"completion_tokens": 5},
            "metrics": {"speculative_decoding": speculation},
        },
    ]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events) + "data: [DONE]\n\n"
    engine = FakeEngine(models=("m",), reply=(200, "text/event-stream", body.encode()))
    async with serving_engine(engine) as url:
        answer = await Asker(session, url, None).ask(LINE, "m")
    assert answer.text == "abcde"
    assert (answer.tokens, answer.decoded, answer.steps) == (5, 4, 2)
    assert answer.drafts == Drafts(8, 3)


async def test_a_refusal_says_what_the_gateway_said(session: aiohttp.ClientSession):
    async with serving_engine(FakeEngine(models=("m",))) as url:
        with pytest.raises(UpstreamError, match="Status 404: The model `other` does not exist"):
            await Asker(session, url, None).ask(LINE, "other")


@pytest.mark.parametrize("fault", ["cut_before_headers", "cut_mid_answer"])
async def test_a_stream_that_breaks(session: aiohttp.ClientSession, fault):
    engine = FakeEngine(models=("m",))
    engine.faults.fault = fault
    async with serving_engine(engine) as url:
        with pytest.raises(UpstreamError, match="did not finish an answer"):
            await Asker(session, url, None).ask(LINE, "m")


async def test_a_stream_without_counts(session: aiohttp.ClientSession):
    engine = FakeEngine(models=("m",), reply=(200, "text/event-stream", b"data: [DONE]\n\n"))
    async with serving_engine(engine) as url:
        with pytest.raises(UpstreamError, match="how many tokens"):
            await Asker(session, url, None).ask(LINE, "m")
