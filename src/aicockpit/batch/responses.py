"""Offline results in the shape of OpenAI's API, as vLLM's own server writes them."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from aicockpit.batch.lines import CHAT

if TYPE_CHECKING:
    from aicockpit.batch.lines import BatchLine
    from aicockpit.offline.outputs import CompletionOutput, Logprob, RequestOutput

_LEAST_LOGPROB = -9999.0
"""What vLLM's server writes for minus infinity, which JSON does not have."""


def output_line(line: BatchLine, body: dict[str, Any], request_id: str) -> dict[str, Any]:
    """One line of the output file around a successful response."""
    return {
        "id": f"batch_req_{uuid.uuid4().hex}",
        "custom_id": line.custom_id,
        "response": {"status_code": 200, "request_id": request_id, "body": body},
        "error": None,
    }


def response_body(line: BatchLine, output: RequestOutput, model: str) -> dict[str, Any]:
    """The response that the server would have given to this line."""
    chat = line.url == CHAT
    choose = _chat_choice if chat else _text_choice
    return {
        "id": f"{'chatcmpl' if chat else 'cmpl'}-{uuid.uuid4().hex}",
        "object": "chat.completion" if chat else "text_completion",
        "created": int(time.time()),
        "model": model,
        "choices": [choose(line, part) for part in output.outputs],
        "usage": {
            "prompt_tokens": output.num_prompt_tokens,
            "completion_tokens": output.num_generated_tokens,
            "total_tokens": output.num_prompt_tokens + output.num_generated_tokens,
            "prompt_tokens_details": {"cached_tokens": output.num_cached_tokens or 0},
        },
    }


def _chat_choice(line: BatchLine, part: CompletionOutput) -> dict[str, Any]:
    role = "assistant"
    if line.body.get("add_generation_prompt") is False:
        role = line.body["messages"][-1].get("role", role)
    logprobs = None
    if line.body.get("logprobs") and part.logprobs is not None:
        logprobs = _chat_logprobs(part, int(line.body.get("top_logprobs") or 0))
    return {
        "index": part.index,
        "message": {"role": role, "content": part.text},
        "logprobs": logprobs,
        "finish_reason": part.finish_reason,
        "stop_reason": part.stop_reason,
    }


def _text_choice(line: BatchLine, part: CompletionOutput) -> dict[str, Any]:
    wanted = line.body.get("logprobs")
    logprobs = None
    if wanted is not None and part.logprobs is not None:
        logprobs = _text_logprobs(part, int(wanted))
    return {
        "index": part.index,
        "text": part.text,
        "logprobs": logprobs,
        "finish_reason": part.finish_reason,
        "stop_reason": part.stop_reason,
    }


def _chat_logprobs(part: CompletionOutput, top: int) -> dict[str, Any]:
    content = []
    for token, position in zip(part.token_ids, part.logprobs or (), strict=False):
        entry = _chat_entry(position[token])
        likeliest = list(position.values())
        entry["top_logprobs"] = [_chat_entry(each) for each in likeliest[:top]]
        content.append(entry)
    return {"content": content}


def _chat_entry(entry: Logprob) -> dict[str, Any]:
    text = entry.decoded_token or ""
    return {
        "token": text,
        "logprob": max(entry.logprob, _LEAST_LOGPROB),
        "bytes": list(text.encode("utf-8", "replace")),
    }


def _text_logprobs(part: CompletionOutput, top: int) -> dict[str, Any]:
    positions = list(zip(part.token_ids, part.logprobs or (), strict=False))
    tokens = [position[token].decoded_token or "" for token, position in positions]
    offsets = [0]
    for text in tokens:
        offsets.append(offsets[-1] + len(text))
    return {
        "text_offset": offsets[:-1],
        "token_logprobs": [
            max(position[token].logprob, _LEAST_LOGPROB) for token, position in positions
        ],
        "tokens": tokens,
        # The chosen token and then `top` more, as OpenAI's definition has it.
        "top_logprobs": [
            {
                each.decoded_token or "": max(each.logprob, _LEAST_LOGPROB)
                for each in list(position.values())[: top + 1]
            }
            for _, position in positions
        ],
    }
