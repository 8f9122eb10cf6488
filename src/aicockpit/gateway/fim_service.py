"""Answers requests to fill in the middle, whatever their shape, through vLLM's completions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson

from aicockpit.errors import FimUnsupportedError
from aicockpit.gateway.asgi import Reply
from aicockpit.gateway.fim_answers import MistralAnswer, Translation
from aicockpit.gateway.fim_prompts import FimPrompts, ReadyPrompt, dropped_header
from aicockpit.gateway.fim_shapes import FimCall, FimShape, read_call
from aicockpit.gateway.infill_answer import InfillAnswer
from aicockpit.gateway.route_table import COMPLETIONS
from aicockpit.gateway.tasks import TASK_HEADER, fim_task, lowered_task
from aicockpit.gateway.upstream_request import (
    UpstreamRequest,
    model_name,
    set_fields,
    upstream_headers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aicockpit.gateway.directory import Directory, FimSource, Route
    from aicockpit.gateway.exchange import Exchange
    from aicockpit.gateway.relay import Relay
    from aicockpit.gateway.route_table import Endpoint

DROPPED_HEADER = b"x-aicockpit-dropped"
"""Says what was dropped from the prompt, when anything was."""

DEBUG_HEADER = b"x-aicockpit-debug"
"""With the value `prompt`, the answer is the prompt itself and no engine is asked."""


class FimService:
    """Renders, sends, and has the answer told in the client's shape.

    Args:
        directory: knows where models answer.
        relay: the connections to engines.
        prompts: renders prompts.
    """

    def __init__(self, directory: Directory, relay: Relay, prompts: FimPrompts) -> None:
        self._directory = directory
        self._relay = relay
        self._prompts = prompts

    async def answer(
        self, exchange: Exchange, endpoint: Endpoint, payload: Mapping[str, object]
    ) -> None:
        """Answer one request.

        Raises:
            CockpitError: it is refused or the engine failed.
            ClientDisconnectedError: the client left; the engine has been told by then.
        """
        shape = endpoint.fim or FimShape.OPENAI
        route = self._directory.route(model_name(payload))
        call = read_call(shape, payload)
        task = lowered_task(
            fim_task(call.new_tokens * call.choices), exchange.headers.get(TASK_HEADER)
        )
        exchange.done.model, exchange.done.task = route.model_id, task.value
        ready: ReadyPrompt | None = None
        if route.fim is not None:
            ready = await self._prompts.render(route.fim, call)
            if exchange.headers.get(DEBUG_HEADER) == b"prompt":
                await exchange.reply(_shown(ready, route.fim, call))
                return
            if dropped := ready.prompt.dropped:
                exchange.extra_headers.append((DROPPED_HEADER, dropped_header(dropped)))
        elif shape is not FimShape.OPENAI or call.request.suffix or call.request.context:
            raise self._unsupported(route)
        fields = _engine_fields(shape, call, ready)
        drop_usage = set_fields(fields, COMPLETIONS, route, task, exchange.request_id)
        request = UpstreamRequest(
            "POST",
            COMPLETIONS.path,
            upstream_headers(exchange.headers, route, exchange.request_id),
            orjson.dumps(fields),
            drop_usage,
            _translation(shape, call, ready, route.fim),
        )
        await self._relay.forward(exchange, endpoint, route, request)

    def _unsupported(self, route: Route) -> FimUnsupportedError:
        able = [model.id for model in self._directory.models() if model.fim]
        served = f"Of the served models, {', '.join(able)} can." if able else ""
        families = "Qwen2.5-Coder, StarCoder2, DeepSeek-Coder, Codestral, Seed-Coder, CodeGemma"
        return FimUnsupportedError(
            f"The model {route.model_id} does not fill in the middle.",
            why="Its tokenizer has none of the tokens that such models are trained with.",
            remedy=served
            or f"Serve one that does, such as a model of the families {families}; fim in the "
            "model's section of the configuration names the family where it is not recognised.",
        )


def _engine_fields(shape: FimShape, call: FimCall, ready: ReadyPrompt | None) -> dict[str, object]:
    """The body for vLLM's `/v1/completions`."""
    fields = dict(call.fields)
    fields["max_tokens"] = call.new_tokens
    if ready is None:
        # An empty suffix asks for nothing that a plain continuation does not give.
        fields["prompt"] = call.request.prefix
        fields["stop"], fields["stop_token_ids"] = list(call.stops), list(call.stop_token_ids)
    else:
        fields["prompt"] = list(ready.prompt.token_ids)
        fields["stop"], fields["stop_token_ids"] = list(ready.stops), list(ready.stop_token_ids)
    if shape is FimShape.LLAMA:
        fields["stream"] = True
        # Counts with every event: an answer that the gateway ends early has no last one.
        fields["stream_options"] = {"include_usage": True, "continuous_usage_stats": True}
    return fields


def _translation(
    shape: FimShape, call: FimCall, ready: ReadyPrompt | None, source: FimSource | None
) -> Translation | None:
    match shape:
        case FimShape.OPENAI:
            return None
        case FimShape.MISTRAL:
            return MistralAnswer(streams=call.stream)
        case FimShape.LLAMA:
            return InfillAnswer(
                call,
                context_length=source.context_length if source else 0,
                truncated=bool(ready and ready.prompt.dropped),
                clock=time.monotonic,
            )


def _shown(ready: ReadyPrompt, source: FimSource, call: FimCall) -> Reply:
    prompt = ready.prompt
    dropped = prompt.dropped
    return Reply.json(
        {
            "family": source.family.name,
            "prompt": prompt.text,
            "token_ids": prompt.token_ids,
            "prompt_tokens": len(prompt.token_ids),
            "max_tokens": call.new_tokens,
            "context_length": source.context_length,
            "stop": ready.stops,
            "stop_token_ids": ready.stop_token_ids,
            "dropped": {
                "prefix_tokens": dropped.prefix_tokens,
                "suffix_tokens": dropped.suffix_tokens,
                "context_tokens": dropped.context_tokens,
                "context_files": dropped.context_files,
            },
        }
    )
