import functools
from typing import Self

import aiohttp.web
import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from aiohttp.test_utils import TestServer

from aicockpit.batch.files import BatchFiles
from aicockpit.batch.gateway_path import Gateway, Retries, run_through_gateway, served_models
from aicockpit.batch.sink import Sink
from aicockpit.batch.survey import remaining, survey
from aicockpit.errors import BatchError
from aicockpit.progress import SilentStep

pytestmark = pytest.mark.anyio


class FakeGateway:
    """Answers chats and completions; `troubles` are answered first, one per request."""

    def __init__(self, *troubles: aiohttp.web.Response | None, key: str | None = None) -> None:
        self.troubles = list(troubles)
        self.key = key
        self.requests: list[tuple[str, dict[str, object]]] = []
        self.headers: list[dict[str, str]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.hold: anyio.Event | None = None

    async def models(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return problem(401, "invalid_api_key")
        return aiohttp.web.json_response({"data": [{"id": "m"}, {"id": "n", "aliases": ["en"]}]})

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        body = await request.json()
        self.requests.append((request.path, body))
        self.headers.append(dict(request.headers))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        if self.hold is not None:
            if self.under_way == 3:
                self.hold.set()
            await self.hold.wait()
        self.under_way -= 1
        if self.troubles:
            trouble = self.troubles.pop(0)
            if trouble is None:
                assert request.transport is not None
                request.transport.abort()
                return aiohttp.web.Response()
            return trouble
        usage = {"prompt_tokens": 3, "completion_tokens": 2}
        return aiohttp.web.json_response({"id": "cmpl-1", "echo": body, "usage": usage})

    async def __aenter__(self) -> Self:
        app = aiohttp.web.Application()
        app.router.add_get("/v1/models", self.models)
        app.router.add_post("/v1/completions", self.answer)
        app.router.add_post("/v1/chat/completions", self.answer)
        self.server = TestServer(app)
        await self.server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()

    @property
    def at(self) -> Gateway:
        return Gateway(str(self.server.make_url("")).rstrip("/"), self.key)


def problem(status: int, code: str, **headers: str) -> aiohttp.web.Response:
    error = {"error": {"message": f"{code} it is", "type": "x", "param": None, "code": code}}
    return aiohttp.web.json_response(error, status=status, headers=headers)


class Clock:
    """Time that only passes in sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        await anyio.lowlevel.checkpoint()

    def retries(self, patience: float = 900.0) -> Retries:
        return Retries(patience=patience, sleep=self.sleep, clock=lambda: self.now)


@pytest.fixture
def carry_out(place):
    async def carry_out(gateway, clock, *, concurrency=1, model=None, patience=900.0):
        with BatchFiles(place.output) as files:
            found = survey(place.source, done=files.done)
            files.begin(None, found)
            sink = Sink(files, SilentStep())
            lines = sink.requests(remaining(place.source, found, files.done))
            await run_through_gateway(
                lines,
                gateway,
                sink,
                model=model,
                concurrency=concurrency,
                retries=clock.retries(patience),
            )
        return sink

    return carry_out


async def test_lines_go_through_as_the_task_batch(place, carry_out):
    place.write(
        {"prompt": "a", "model": "n", "tools": [1]},
        {"messages": [{"role": "user", "content": "b"}]},
    )
    async with FakeGateway(key="secret-key") as gateway:
        sink = await carry_out(gateway.at, Clock())
    assert gateway.requests == [
        ("/v1/completions", {"prompt": "a", "model": "n", "tools": [1]}),
        (
            "/v1/chat/completions",
            {"messages": [{"role": "user", "content": "b"}], "model": "default"},
        ),
    ]
    headers = gateway.headers[0]
    assert headers["x-aicockpit-task"] == "batch"
    assert headers["Authorization"] == "Bearer secret-key"
    assert (sink.answers, sink.prompt_tokens, sink.completion_tokens) == (2, 6, 4)
    first = place.answers()[0]
    assert first["response"]["request_id"] == "cmpl-1"
    assert first["response"]["body"]["echo"]["prompt"] == "a"


async def test_a_named_model_replaces_those_of_the_lines(place, carry_out):
    place.write({"prompt": "a", "model": "n"})
    async with FakeGateway() as gateway:
        await carry_out(gateway.at, Clock(), model="m")
    assert gateway.requests[0][1]["model"] == "m"


async def test_only_so_many_are_under_way(place, carry_out):
    place.write(*({"prompt": str(n)} for n in range(9)))
    async with FakeGateway() as gateway:
        gateway.hold = anyio.Event()
        await carry_out(gateway.at, Clock(), concurrency=3)
    assert gateway.most_under_way == 3
    assert len(place.answers()) == 9


async def test_a_busy_or_loading_gateway_is_asked_again(place, carry_out):
    place.write({"prompt": "a"})
    clock = Clock()
    troubles = (
        problem(503, "model_loading", **{"Retry-After": "20"}),
        problem(429, "rate_limited"),
        None,
    )
    async with FakeGateway(*troubles) as gateway:
        sink = await carry_out(gateway.at, clock)
    assert (sink.answers, sink.failures) == (1, 0)
    assert len(clock.sleeps) == 3
    assert 20 <= clock.sleeps[0] <= 25
    assert 1 <= clock.sleeps[1] <= 1.25
    assert 2 <= clock.sleeps[2] <= 2.5


async def test_a_refused_line_fails_and_the_rest_is_done(place, carry_out):
    place.write({"prompt": "a"}, {"prompt": "b"}, {"prompt": "c"})
    html = aiohttp.web.Response(status=400, text="<html>")
    async with FakeGateway(problem(404, "model_not_found"), html) as gateway:
        sink = await carry_out(gateway.at, Clock())
    assert (sink.answers, sink.failures) == (1, 2)
    codes = [failure["error"]["code"] for failure in place.failures()]
    assert codes == ["model_not_found", "http_400"]
    assert place.failures()[1]["error"]["message"] == "<html>"


async def test_a_server_error_is_tried_three_times(place, carry_out):
    place.write({"prompt": "a"}, {"prompt": "b"})
    async with FakeGateway(*(problem(500, "internal_error") for _ in range(3))) as gateway:
        sink = await carry_out(gateway.at, Clock())
    assert (sink.answers, sink.failures) == (1, 1)
    assert len(gateway.requests) == 4


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (functools.partial(problem, 401, "invalid_api_key"), "refused"),
        (functools.partial(problem, 503, "model_failed"), "model_failed it is"),
    ],
)
async def test_what_waiting_does_not_help_ends_the_run(place, carry_out, trouble, said):
    place.write({"prompt": "a"}, {"prompt": "b"})
    async with FakeGateway(None, trouble(), trouble()) as gateway:
        with pytest.raises(BatchError, match=said):
            await carry_out(gateway.at, Clock(), concurrency=2)


async def test_a_gateway_that_stays_away_ends_the_run_and_keeps_the_answers(place, carry_out):
    place.write({"prompt": "a"})
    async with FakeGateway() as gateway:
        await carry_out(gateway.at, Clock())
        gone = gateway.at
    place.write({"prompt": "a"}, {"prompt": "b"})
    clock = Clock()
    with pytest.raises(BatchError, match="Nothing was answered for 60 seconds"):
        await carry_out(gone, clock, patience=60.0)
    assert clock.now < 120
    assert len(place.answers()) == 1


async def test_what_a_gateway_serves():
    async with FakeGateway() as gateway:
        at = gateway.at
        assert await served_models(at) == {"m", "n", "en", "default"}
    assert await served_models(at) is None
    async with FakeGateway(key="secret-key") as gateway:
        with pytest.raises(BatchError, match="refused"):
            await served_models(Gateway(gateway.at.base_url))


async def test_auto_takes_the_gateway_when_it_serves_the_model(place):
    place.write({"prompt": "a", "model": "m"}, {"prompt": "b"})
    async with FakeGateway() as gateway:
        port = gateway.server.port
        run = functools.partial(place.run_at, port, path="auto")
        result = await anyio.to_thread.run_sync(run)
        assert (result.path, result.answered) == ("gateway", 2)
        place.output.unlink()
        place.write({"prompt": "a", "model": "elsewhere"})
        result = await anyio.to_thread.run_sync(run)
        assert (result.path, result.answered) == ("offline", 1)
        place.output.unlink()
        with pytest.raises(BatchError, match="does not serve elsewhere"):
            await anyio.to_thread.run_sync(functools.partial(run, path="gateway"))
    with pytest.raises(BatchError, match="Nothing at"):
        await anyio.to_thread.run_sync(functools.partial(run, path="gateway"))
    assert (await anyio.to_thread.run_sync(run)).path == "offline"
