"""A worker that speaks the offline protocol without an engine; run as a program.

It answers a prompt with its words in reverse. Words in the prompt make it misbehave: `REFUSE`
fails the request, `DIE` ends the process, `HOLD` leaves the request unanswered until it is
cancelled. Arguments do the same for the start: `--fail TEXT`, `--silent`, `--stranger`.
"""

import contextlib
import json
import os
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any


def main() -> None:
    arguments = sys.argv[1:]
    if "--fail" in arguments:
        sys.exit(arguments[arguments.index("--fail") + 1])
    path = arguments[arguments.index("--socket") + 1]
    if "--stranger" in arguments:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(path)
            stranger.sendall(b'{"type":"hello","token":"guessed","pid":1}\n')
            with contextlib.suppress(ConnectionResetError):
                stranger.recv(1)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    stream = connection.makefile("rwb")

    def send(**message: object) -> None:
        stream.write(json.dumps(message).encode() + b"\n")
        stream.flush()

    send(type="hello", token=os.environ["AICOCKPIT_WORKER_TOKEN"], pid=os.getpid())
    print("INFO Starting to load model /somewhere", flush=True)
    if "--silent" in arguments:
        stream.readline()
    send(
        type="ready",
        engine_version="0.0",
        max_model_len=100,
        max_num_seqs=4,
        default_sampling_params={"temperature": 0.5, "top_k": 7},
    )
    Worker(send).serve(stream)


class Worker:
    def __init__(self, send: Callable[..., None]) -> None:
        self.send = send
        self.seen = 0
        self.cancelled: list[str] = []

    def serve(self, stream: Iterable[bytes]) -> None:
        for line in stream:
            message = json.loads(line)
            if message["type"] == "request":
                self.answer(message)
            elif message["type"] == "cancel":
                self.cancelled.append(message["id"])
            elif message["type"] == "finish":
                return

    def answer(self, request: dict[str, Any]) -> None:
        self.seen += 1
        prompt = self.prompt(request)
        if "DIE" in prompt:
            print("RuntimeError: the fake was told to die", flush=True)
            os._exit(3)
        if "HOLD" in prompt:
            return
        self.send(
            type="progress",
            running=1,
            finished=self.seen,
            generated_tokens=3 * self.seen,
            prompt_tokens=0,
        )
        if "REFUSE" in prompt:
            self.send(type="error", id=request["id"], code="invalid_request", message="no thanks")
            return
        params = request.get("sampling_params") or request.get("body") or {}
        words = prompt.split()
        text = " ".join(reversed(words))
        self.send(
            type="output",
            id=request["id"],
            prompt=prompt,
            prompt_token_ids=request.get("prompt_token_ids") or list(range(len(words))),
            prompt_logprobs=None,
            num_cached_tokens=len(self.cancelled),
            outputs=[
                {
                    "index": index,
                    "text": text,
                    "token_ids": list(range(len(words))),
                    "cumulative_logprob": None,
                    "logprobs": self.logprobs(words) if params.get("logprobs") else None,
                    "finish_reason": "stop",
                    "stop_reason": None,
                }
                for index in range(params.get("n", 1))
            ],
        )

    @staticmethod
    def logprobs(words: list[str]) -> list[Any]:
        return [[[i, -0.5, 1, word], [99, None, 2, "?"]] for i, word in enumerate(words)]

    @staticmethod
    def prompt(request: dict[str, Any]) -> str:
        body = request.get("body", request)
        if "messages" in body:
            return str(body["messages"][-1]["content"])
        prompt = body.get("prompt") or f"ids {request.get('prompt_token_ids')}"
        return prompt if isinstance(prompt, str) else f"ids {prompt}"


if __name__ == "__main__":
    main()
