# ruff: noqa: TID251 - this is the one file that the engine environment's interpreter runs
"""Runs a vLLM engine for offline work, over a Unix socket, in the engine's own environment.

Our process never imports vLLM, so this script is all that offline work needs inside the engine
environment: it imports vLLM and the standard library and nothing of AiCockpit. It is started as
`python offline_worker.py --socket PATH ENGINE-ARGUMENTS…`, with the very flags that vLLM's
server takes, connects to the socket, proves itself with the token in `AICOCKPIT_WORKER_TOKEN`
and then speaks JSON, one object per line.

It receives
    {"type": "request", "id", "kind": "generate", "prompt" | "prompt_token_ids", "sampling_params"}
    {"type": "request", "id", "kind": "chat", "messages", "options", "sampling_params"}
    {"type": "request", "id", "kind": "chat_body" | "completion_body", "body"}
    {"type": "cancel", "id"}
    {"type": "finish"}                        end when everything asked for is answered
and sends
    {"type": "hello", "token", "pid"}
    {"type": "ready", "engine_version", "max_model_len", "max_num_seqs", "default_sampling_params"}
    {"type": "output", "id", "prompt", "prompt_token_ids", "outputs", "num_cached_tokens"}
    {"type": "error", "id", "code", "message"}      this request failed, the others go on
    {"type": "progress", "running", "finished", "generated_tokens", "prompt_tokens"}
    {"type": "fatal", "message"}                    the engine is lost
`generate` and `chat` mean what vLLM's `LLM` methods mean. The two `_body` kinds are OpenAI
request bodies: they are parsed, defaulted and rendered by the server's own code, so that an
answer at temperature 0 equals the server's. When the socket closes, everything ends.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import queue
import socket
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vllm.outputs import CompletionOutput, RequestOutput
    from vllm.sampling_params import SamplingParams
    from vllm.v1.engine.llm_engine import LLMEngine

TOKEN_VARIABLE = "AICOCKPIT_WORKER_TOKEN"  # noqa: S105 - the name of a variable, not a secret
PROGRESS_INTERVAL = 0.5
"""Seconds between progress messages."""


class Channel:
    """The socket to the parent: whole JSON lines in both directions."""

    def __init__(self, path: str, token: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self.inbox: queue.SimpleQueue[dict[str, object] | None] = queue.SimpleQueue()
        self.send({"type": "hello", "token": token, "pid": os.getpid()})
        # A thread drains the socket, so that the parent is never blocked in a send while this
        # side is blocked in one.
        threading.Thread(target=self._receive, name="offline-inbox", daemon=True).start()

    def send(self, message: dict[str, object]) -> None:
        """Send one message; raises OSError when the parent is gone."""
        self._socket.sendall(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def _receive(self) -> None:
        try:
            with self._socket.makefile("rb") as lines:
                for line in lines:
                    self.inbox.put(json.loads(line))
        except (OSError, ValueError):
            pass
        self.inbox.put(None)


class OfflineWorker:
    """Feeds requests into one engine and sends their results back as each finishes."""

    def __init__(self, engine: LLMEngine, frontend: argparse.Namespace, channel: Channel) -> None:
        self._engine = engine
        self._frontend = frontend
        self._channel = channel
        self._model_config = engine.vllm_config.model_config
        self._defaults: dict[str, object] = self._model_config.get_diff_sampling_param()
        self._finishing = False
        self._finished = 0
        self._prompt_tokens = 0
        self._generated = 0
        self._reported = 0.0
        self._count_generated_tokens()

    def run(self) -> None:
        """Work until the parent asks to finish or goes away."""
        from vllm import __version__

        self._channel.send(
            {
                "type": "ready",
                "engine_version": __version__,
                "max_model_len": self._model_config.max_model_len,
                "max_num_seqs": self._engine.vllm_config.scheduler_config.max_num_seqs,
                "default_sampling_params": self._defaults,
            }
        )
        while self._take_messages():
            if self._engine.has_unfinished_requests():
                for output in self._engine.step():
                    if output.finished:
                        self._send_output(output)
                self._report_progress()
            elif self._finishing:
                return

    def _take_messages(self) -> bool:
        """Handle what has arrived, waiting when there is nothing else to do; False at the end."""
        idle = not self._engine.has_unfinished_requests() and not self._finishing
        while True:
            try:
                message = self._channel.inbox.get(block=idle)
            except queue.Empty:
                return True
            if message is None:
                return False
            idle = False
            kind = message["type"]
            if kind == "request":
                self._add(message)
            elif kind == "cancel":
                self._engine.abort_request([str(message["id"])])
            elif kind == "finish":
                self._finishing = True

    def _add(self, message: dict[str, object]) -> None:
        from vllm.v1.engine.exceptions import EngineDeadError

        identity = str(message["id"])
        prepare = {
            "generate": self._prepare_generate,
            "chat": self._prepare_chat,
            "chat_body": self._prepare_chat_body,
            "completion_body": self._prepare_completion_body,
        }
        try:
            prompt, params = prepare[message["kind"]](message)
            self._engine.add_request(identity, prompt, params)
        except EngineDeadError:
            raise
        except Exception as error:  # noqa: BLE001 - one bad request must not end the others
            self._channel.send(
                {
                    "type": "error",
                    "id": identity,
                    "code": "invalid_request",
                    "message": _reason(error),
                }
            )

    def _prepare_generate(self, message: dict[str, object]) -> tuple[object, SamplingParams]:
        from vllm.renderers.inputs.preprocess import parse_model_prompt

        token_ids = message.get("prompt_token_ids")
        prompt = message["prompt"] if token_ids is None else {"prompt_token_ids": token_ids}
        renderer = self._engine.renderer
        parsed = parse_model_prompt(self._model_config, prompt)
        (rendered,) = renderer.render_cmpl([parsed], renderer.default_cmpl_tok_params)
        return rendered, self._library_params(message)

    def _prepare_chat(self, message: dict[str, object]) -> tuple[object, SamplingParams]:
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        options = message.get("options") or {}
        template = options.pop("chat_template", None)
        request = ChatCompletionRequest(messages=message["messages"], **options)
        rendered = self._render_chat(request, template)
        return rendered, self._library_params(message)

    def _prepare_chat_body(self, message: dict[str, object]) -> tuple[object, SamplingParams]:
        from vllm.entrypoints.openai.chat_completion.protocol import ChatCompletionRequest

        request = ChatCompletionRequest.model_validate(message["body"])
        rendered = self._render_chat(request, None)
        asked = request.max_completion_tokens
        if asked is None:
            asked = request.max_tokens
        return rendered, self._server_params(request, rendered, asked)

    def _prepare_completion_body(self, message: dict[str, object]) -> tuple[object, SamplingParams]:
        from vllm.entrypoints.openai.completion.protocol import CompletionRequest
        from vllm.renderers.inputs.preprocess import parse_model_prompt

        request = CompletionRequest.model_validate(message["body"])
        (rendered,) = self._engine.renderer.render_cmpl(
            [parse_model_prompt(self._model_config, request.prompt)],
            request.build_tok_params(self._model_config),
        )
        return rendered, self._server_params(request, rendered, request.max_tokens)

    def _render_chat(self, request: object, template: str | None) -> object:
        """The conversation as the server renders it (OnlineRenderer.preprocess_chat)."""
        from vllm.utils.mistral import is_mistral_tokenizer

        renderer = self._engine.renderer
        tokenize = is_mistral_tokenizer(renderer.tokenizer)
        params = request.build_chat_params(
            template or self._frontend.chat_template, self._frontend.chat_template_content_format
        ).with_defaults(
            {
                **(self._frontend.default_chat_template_kwargs or {}),
                "tools": None,
                "tokenize": tokenize or self._model_config.enable_prompt_embeds,
            }
        )
        _, (rendered,) = renderer.render_chat(
            [request.messages], params, request.build_tok_params(self._model_config)
        )
        return rendered

    def _library_params(self, message: dict[str, object]) -> SamplingParams:
        """What vLLM's LLM does: given parameters as they are, none at all = the model's own."""
        from vllm.sampling_params import RequestOutputKind, SamplingParams

        given = message.get("sampling_params")
        fields = self._defaults if given is None else given
        return SamplingParams.from_optional(**fields, output_kind=RequestOutputKind.FINAL_ONLY)

    def _server_params(self, request: object, rendered: object, asked: int | None) -> object:
        """What the server does: the model's generation_config fills what a body leaves out."""
        from vllm.entrypoints.serve.utils.api_utils import get_max_tokens

        config = self._model_config
        if config.generation_config not in ("auto", "vllm"):
            cap = self._defaults.get("max_tokens")
        else:
            cap = (config.override_generation_config or {}).get("max_new_tokens")
        limit = get_max_tokens(
            config.max_model_len,
            asked,
            len(rendered["prompt_token_ids"]),
            self._defaults,
            cap,
            truncate_prompt_tokens=request.truncate_prompt_tokens,
        )
        return request.to_sampling_params(limit, self._defaults)

    def _send_output(self, output: RequestOutput) -> None:
        self._finished += 1
        self._prompt_tokens += len(output.prompt_token_ids or ())
        if any(part.finish_reason == "error" for part in output.outputs):
            message = "The engine failed while working on this request."
            self._channel.send(
                {
                    "type": "error",
                    "id": output.request_id,
                    "code": "engine_error",
                    "message": message,
                }
            )
            return
        self._channel.send(
            {
                "type": "output",
                "id": output.request_id,
                "prompt": output.prompt,
                "prompt_token_ids": list(output.prompt_token_ids or ()),
                "prompt_logprobs": _logprobs(output.prompt_logprobs),
                "num_cached_tokens": output.num_cached_tokens,
                "outputs": [_completion(part) for part in output.outputs],
            }
        )

    def _report_progress(self) -> None:
        now = time.monotonic()
        if now - self._reported < PROGRESS_INTERVAL:
            return
        self._reported = now
        self._channel.send(
            {
                "type": "progress",
                "running": self._engine.get_num_unfinished_requests(),
                "finished": self._finished,
                "generated_tokens": self._generated,
                "prompt_tokens": self._prompt_tokens,
            }
        )

    def _count_generated_tokens(self) -> None:
        """Count tokens as the engine core hands them over.

        Only final outputs leave the engine here, so nothing else tells the speed meanwhile.
        """
        core = self._engine.engine_core
        take = core.get_output

        def counting() -> object:
            outputs = take()
            self._generated += sum(len(part.new_token_ids) for part in outputs.outputs)
            return outputs

        core.get_output = counting


def _completion(part: CompletionOutput) -> dict[str, object]:
    return {
        "index": part.index,
        "text": part.text,
        "token_ids": list(part.token_ids),
        "cumulative_logprob": part.cumulative_logprob,
        "logprobs": _logprobs(part.logprobs),
        "finish_reason": part.finish_reason,
        "stop_reason": part.stop_reason,
    }


def _logprobs(positions: Sequence[dict[int, object] | None] | None) -> object:
    """Per position a list of [token id, logprob, rank, text]; None stands for minus infinity."""
    if positions is None:
        return None
    return [
        None
        if position is None
        else [
            [
                token,
                entry.logprob if math.isfinite(entry.logprob) else None,
                entry.rank,
                entry.decoded_token,
            ]
            for token, entry in position.items()
        ]
        for position in positions
    ]


def _reason(error: Exception) -> str:
    """The error in one line; a validation error of pydantic is a page without this."""
    details = getattr(error, "errors", None)
    if callable(details):
        first = details()[0]
        place = ".".join(str(part) for part in first.get("loc", ()))
        return f"{place}: {first['msg']}" if place else str(first["msg"])
    return str(error) or type(error).__name__


def _start_engine(arguments: list[str]) -> tuple[LLMEngine, argparse.Namespace]:
    from vllm.engine.arg_utils import EngineArgs
    from vllm.entrypoints.launchers.cli_args import make_arg_parser
    from vllm.renderers.chat_utils import load_chat_template
    from vllm.usage.usage_lib import UsageContext
    from vllm.utils.argparse_utils import FlexibleArgumentParser
    from vllm.v1.engine.llm_engine import LLMEngine

    frontend = make_arg_parser(FlexibleArgumentParser()).parse_args(arguments)
    # `vllm serve MODEL` names the model without a flag.
    frontend.model = frontend.model_tag or frontend.model
    frontend.chat_template = load_chat_template(frontend.chat_template)
    engine_args = EngineArgs.from_cli_args(frontend)
    engine_args.disable_log_stats = True
    # LLM_CLASS selects vLLM's throughput defaults, as its own offline class does.
    engine = LLMEngine.from_engine_args(engine_args, usage_context=UsageContext.LLM_CLASS)
    return engine, frontend


def main() -> int:
    """Run the worker; the exit status is 0 after an orderly end."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--socket", required=True)
    own, arguments = parser.parse_known_args()
    channel = Channel(own.socket, os.environ.pop(TOKEN_VARIABLE, ""))
    engine, frontend = _start_engine(arguments)
    try:
        OfflineWorker(engine, frontend, channel).run()
    except (BrokenPipeError, ConnectionResetError):
        return 0
    except Exception as error:  # noqa: BLE001 - the outermost frame tells the parent why it ends
        traceback.print_exc()
        channel.send({"type": "fatal", "message": _reason(error)})
        return 1
    finally:
        engine.engine_core.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
