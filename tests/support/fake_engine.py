"""A small stand-in for a vLLM server: its endpoints, its streams, and faults on demand.

For speed and for faults that a real engine does not have on order; never a substitute for the
real one. Used in process (an ASGI application with public counters) and as a process of its own
(`python -m tests.support.fake_engine --port N`), where `/fake/faults` and `/fake/counts` do what
attributes do in process. The key comes from `VLLM_API_KEY`, as for vLLM.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Fault = Literal["", "error_500", "cut_before_headers", "cut_mid_answer", "no_done"]

WORDS = ("def", " add", "(a", ",", " b", "):", "\n", "    return", " a", " + b")

GUARDED = ("/v1", "/v2", "/inference", "/cohere")


@dataclass
class Faults:
    """What the engine does wrong, or slowly, from the next request on."""

    fault: Fault = ""
    prefill_seconds: float = 0.0
    token_seconds: float = 0.0
    tokens: int = 5
    fingerprint: str | None = None
    """vLLM puts it on the last token's event, or on the usage event when there is one."""


@dataclass
class Counts:
    """What the engine has seen."""

    requests: int = 0
    running: int = 0
    finished: int = 0
    aborted_in_prefill: int = 0
    aborted_in_decode: int = 0

    @property
    def aborted(self) -> int:
        return self.aborted_in_prefill + self.aborted_in_decode


@dataclass
class SeenRequest:
    """One request as it arrived."""

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class EngineCutError(Exception):
    """Raised to make the server close the connection without a proper end."""


@dataclass
class FakeEngine:
    """The ASGI application."""

    models: tuple[str, ...] = ("fake-model",)
    api_key: str | None = None
    faults: Faults = field(default_factory=Faults)
    counts: Counts = field(default_factory=Counts)
    seen: list[SeenRequest] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    """Notified after every change of `counts`."""
    reply: tuple[int, str, bytes] | None = None
    """Status, content type and body that every inference request gets instead."""
    url: str = ""
    """Where it is served; set by whoever serves it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        body = await _read(receive)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        seen = SeenRequest(scope["method"], scope["path"], scope["query_string"], headers, body)
        exchange = _Exchange(self, seen, receive, send)
        if scope["path"].startswith("/fake/"):
            await exchange.control()
        elif scope["path"] in {"/health", "/ping"}:
            await exchange.json(200, {})
        elif self.api_key and scope["path"].startswith(GUARDED) and not self._knows(headers):
            await exchange.json(401, {"error": "Unauthorized"})
        elif scope["path"] == "/v1/models":
            await exchange.json(200, self._model_list())
        elif scope["path"] == "/metrics":
            await exchange.send_whole(200, "text/plain; version=0.0.4", self._metrics())
        else:
            await self._infer(exchange, seen)

    async def until(self, predicate: Any) -> None:
        """Wait until `predicate(counts)` holds."""
        async with self.changed:
            await self.changed.wait_for(lambda: predicate(self.counts))

    async def note(self, **steps: int) -> None:
        """Add to some counts."""
        for name, step in steps.items():
            setattr(self.counts, name, getattr(self.counts, name) + step)
        async with self.changed:
            self.changed.notify_all()

    def _knows(self, headers: dict[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {self.api_key}"

    def _model_list(self) -> dict[str, object]:
        data = [
            {"id": name, "object": "model", "created": 1, "owned_by": "vllm", "max_model_len": 4096}
            for name in self.models
        ]
        return {"object": "list", "data": data}

    def _metrics(self) -> bytes:
        return (
            "# TYPE vllm:num_requests_running gauge\n"
            f'vllm:num_requests_running{{model_name="{self.models[0]}"}} '
            f"{float(self.counts.running)}\n"
        ).encode()

    async def _infer(self, exchange: _Exchange, seen: SeenRequest) -> None:
        """Answer while listening for the client, as vLLM does."""
        self.seen.append(seen)
        await self.note(requests=1, running=1)
        work = asyncio.get_running_loop().create_task(exchange.infer())
        watch = asyncio.get_running_loop().create_task(exchange.wait_for_disconnect())
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                name = "aborted_in_decode" if exchange.decoding else "aborted_in_prefill"
                await self.note(running=-1, **{name: 1})
                return
            await self.note(running=-1, finished=1)
            work.result()
        finally:
            watch.cancel()


@dataclass
class _Exchange:
    engine: FakeEngine
    seen: SeenRequest
    receive: Any
    send: Any
    decoding: bool = False

    async def infer(self) -> None:
        faults = self.engine.faults
        await asyncio.sleep(faults.prefill_seconds)
        if faults.fault == "cut_before_headers":
            # ASGI has no word for this; uvicorn's own object behind `receive` has the socket.
            self.receive.__self__.transport.abort()
            return
        if faults.fault == "error_500":
            error = {"message": "boom", "type": "InternalServerError", "param": None, "code": 500}
            await self.json(500, {"error": error})
            return
        if self.engine.reply is not None:
            status, content_type, body = self.engine.reply
            await self.send_whole(status, content_type, body)
            return
        if self.seen.headers.get("content-type", "").startswith("multipart/form-data"):
            await self.json(200, {"text": "hello", "usage": None})
            return
        if self.seen.method == "GET":
            await self.json(200, {"id": self.seen.path.rsplit("/", 1)[-1], "object": "response"})
            return
        await self._answer(self.seen.json if self.seen.body else {})

    async def _answer(self, payload: dict[str, Any]) -> None:
        if payload.get("model") not in (None, *self.engine.models):
            error = {
                "message": f"The model `{payload['model']}` does not exist.",
                "type": "NotFoundError",
                "param": "model",
                "code": 404,
            }
            await self.json(404, {"error": error})
        elif payload.get("stream"):
            await self._stream(payload)
        else:
            await self._whole(payload)

    async def _whole(self, payload: dict[str, Any]) -> None:
        faults = self.engine.faults
        text = "".join(WORDS[i % len(WORDS)] for i in range(faults.tokens))
        await asyncio.sleep(faults.token_seconds * faults.tokens)
        body = json.dumps(_whole_answer(self.seen.path, payload, text, faults.tokens)).encode()
        if faults.fault == "cut_mid_answer":
            await self._start(200, "application/json", len(body))
            await self._send_body(body[: len(body) // 2], more=True)
            raise EngineCutError
        await self.send_whole(200, "application/json", body)

    async def _stream(self, payload: dict[str, Any]) -> None:
        faults = self.engine.faults
        await self._start(200, "text/event-stream; charset=utf-8")
        events = _events(self.seen.path, payload, faults)
        for number, event in enumerate(events):
            if faults.fault == "cut_mid_answer" and number == 3:
                await self._send_body(event[: len(event) // 2], more=True)
                raise EngineCutError
            if faults.fault == "no_done" and b"[DONE]" in event:
                break
            await self._send_body(event, more=True)
            self.decoding = True
            await asyncio.sleep(faults.token_seconds)
        await self._send_body(b"", more=False)

    async def control(self) -> None:
        """`/fake/counts` and `/fake/faults`, for an engine in a process of its own."""
        if self.seen.path == "/fake/faults":
            self.engine.faults = Faults(**self.seen.json)
        await self.json(200, dataclasses.asdict(self.engine.counts))

    async def json(self, status: int, content: object) -> None:
        await self.send_whole(status, "application/json", json.dumps(content).encode())

    async def send_whole(self, status: int, content_type: str, body: bytes) -> None:
        await self._start(status, content_type, len(body))
        await self._send_body(body, more=False)

    async def wait_for_disconnect(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def _start(self, status: int, content_type: str, length: int | None = None) -> None:
        headers = [(b"content-type", content_type.encode()), (b"server", b"fake")]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def _send_body(self, body: bytes, *, more: bool) -> None:
        await self.send({"type": "http.response.body", "body": body, "more_body": more})


def _events(path: str, payload: dict[str, Any], faults: Faults) -> Iterator[bytes]:
    words = (WORDS[i % len(WORDS)] for i in range(faults.tokens))
    if path == "/v1/messages":
        yield from _message_events(payload, list(words))
    elif path == "/v1/responses":
        yield from _response_events(payload, list(words))
    else:
        yield from _openai_events(payload, words, faults, chat=path == "/v1/chat/completions")


def _openai_events(
    payload: dict[str, Any], words: Iterator[str], faults: Faults, *, chat: bool
) -> Iterator[bytes]:
    base = {
        "id": "chatcmpl-fake" if chat else "cmpl-fake",
        "object": "chat.completion.chunk" if chat else "text_completion",
        "created": 1,
        "model": payload.get("model"),
    }
    options = payload.get("stream_options") or {}
    asked = bool(options.get("include_usage"))
    continuous = asked and bool(options.get("continuous_usage_stats"))
    if chat:
        delta: dict[str, Any] = {"role": "assistant", "content": ""}
        yield _event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    every = [(index, word) for word in words for index in range(payload.get("n") or 1)]
    for number, (index, word) in enumerate(every, 1):
        finish = "stop" if number > len(every) - (payload.get("n") or 1) else None
        text = {"delta": {"content": word}} if chat else {"text": word}
        chunk = {**base, "choices": [{"index": index, **text, "finish_reason": finish}]}
        if finish and faults.fingerprint and not asked:
            chunk["system_fingerprint"] = faults.fingerprint
        if continuous:
            chunk["usage"] = _usage(number)
        yield _event(chunk)
    if asked:
        last: dict[str, Any] = {**base, "choices": [], "usage": _usage(faults.tokens)}
        if faults.fingerprint:
            last["system_fingerprint"] = faults.fingerprint
        yield _event(last)
    yield b"data: [DONE]\n\n"


def _message_events(payload: dict[str, Any], words: list[str]) -> list[bytes]:
    usage = {"input_tokens": 7, "output_tokens": 0}
    message = {
        "id": "msg_fake", "type": "message", "role": "assistant", "content": [],
        "model": payload["model"], "stop_reason": None, "stop_sequence": None, "usage": usage,
    }  # fmt: skip
    block = {"type": "text", "text": ""}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
    ]
    for word in words:
        delta = {"type": "text_delta", "text": word}
        events.append({"type": "content_block_delta", "index": 0, "delta": delta})
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    total = {"input_tokens": 7, "output_tokens": len(words)}
    events += [
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": stop, "usage": total},
        {"type": "message_stop"},
    ]
    return [_event(event, named=True) for event in events]


def _response_events(payload: dict[str, Any], words: list[str]) -> list[bytes]:
    response = {"id": payload.get("request_id", "resp_fake"), "object": "response", "output": []}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": response}]
    events += [{"type": "response.output_text.delta", "delta": word} for word in words]
    usage = {"input_tokens": 7, "output_tokens": len(words), "total_tokens": 7 + len(words)}
    events.append({"type": "response.completed", "response": {**response, "usage": usage}})
    return [_event(event, named=True) for event in events]


def _whole_answer(path: str, payload: dict[str, Any], text: str, tokens: int) -> dict[str, Any]:
    model = payload.get("model")
    if path == "/v1/messages":
        return {
            "id": "msg_fake", "type": "message", "role": "assistant", "model": model,
            "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
            "stop_sequence": None, "usage": {"input_tokens": 7, "output_tokens": tokens},
        }  # fmt: skip
    if path == "/v1/responses":
        usage = {"input_tokens": 7, "output_tokens": tokens, "total_tokens": 7 + tokens}
        return {"id": payload.get("request_id"), "object": "response", "usage": usage}
    if path == "/v1/chat/completions":
        choice: dict[str, Any] = {"message": {"role": "assistant", "content": text}}
        kind, name = "chat.completion", "chatcmpl-fake"
    else:
        choice = {"text": text}
        kind, name = "text_completion", "cmpl-fake"
    return {
        "id": name,
        "object": kind,
        "created": 1,
        "model": model,
        "choices": [
            {"index": index, **choice, "finish_reason": "stop"}
            for index in range(payload.get("n") or 1)
        ],
        "usage": _usage(tokens),
    }


def _usage(tokens: int) -> dict[str, Any]:
    return {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens}


def _event(content: dict[str, Any], *, named: bool = False) -> bytes:
    data = b"data: " + json.dumps(content, separators=(",", ":")).encode() + b"\n\n"
    return f"event: {content['type']}\n".encode() + data if named else data


async def _lifespan(receive: Any, send: Any) -> None:
    for done in ("lifespan.startup.complete", "lifespan.shutdown.complete"):
        await receive()
        await send({"type": done})


async def _read(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def main(arguments: list[str]) -> None:
    """Run as a process; flags of vLLM that mean nothing here are ignored."""
    import uvicorn

    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--served-model-name", nargs="+", default=["fake-model"])
    parser.add_argument("--startup-seconds", type=float, default=0.0)
    known, _ = parser.parse_known_args(arguments)
    time.sleep(known.startup_seconds)
    engine = FakeEngine(tuple(known.served_model_name), os.environ.get("VLLM_API_KEY"))
    uvicorn.run(
        engine,
        host=known.host,
        port=known.port,
        http="httptools",
        ws="none",
        log_level="critical",
        timeout_keep_alive=5,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
