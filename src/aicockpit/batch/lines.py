"""Reading the input: one request per line, in OpenAI's batch form or plain.

A line is read, checked and forgotten: the file may be larger than memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Endpoint = Literal["/v1/chat/completions", "/v1/completions"]

CHAT: Endpoint = "/v1/chat/completions"
COMPLETIONS: Endpoint = "/v1/completions"
LONGEST_LINE = 32 * 2**20
"""Bytes of a line; the gateway's own default limit for a request."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class BatchLine:
    """One request."""

    number: int
    """Line in the file, from 1."""
    custom_id: str
    url: Endpoint
    body: dict[str, Any]

    @property
    def model(self) -> str | None:
        """The model that the line itself names."""
        named = self.body.get("model")
        return named if isinstance(named, str) else None


@dataclass(frozen=True)
class BadLine:
    """A line that no request can be made of, or a request that failed."""

    number: int
    custom_id: str | None
    code: str
    message: str


class _NotARequestError(Exception):
    """Why a line is not a request; the message goes into the errors file."""


def raw_lines(file: Path, *, longest: int = LONGEST_LINE) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of every line, without its end; None for a line longer than `longest`.

    The byte order mark of the first line is dropped.
    """
    with file.open("rb") as stream:
        number = 0
        while chunk := stream.readline(longest + 2):
            number += 1
            if number == 1:
                chunk = chunk.removeprefix(_BOM)
            if len(chunk.rstrip(b"\r\n")) <= longest:
                yield number, chunk.rstrip(b"\r\n")
                continue
            while chunk and not chunk.endswith(b"\n"):
                chunk = stream.readline(longest)
            yield number, None


def parse_line(number: int, raw: bytes | None) -> BatchLine | BadLine | None:
    """The request in one line; None for a blank one."""
    if raw is None:
        limit = f"longer than {LONGEST_LINE // 2**20} MiB"
        return BadLine(number, None, "line_too_long", f"The line is {limit}.")
    if not raw.strip():
        return None
    custom_id: str | None = None
    try:
        line = orjson.loads(raw)
        if not isinstance(line, dict):
            raise _NotARequestError("The line must be a JSON object.")
        custom_id = _custom_id(line, number)
        url, body = _batch_form(line) if "body" in line or "url" in line else _plain_form(line)
        _check_body(url, body)
    except orjson.JSONDecodeError as error:
        return BadLine(number, None, "invalid_json", f"The line is not JSON: {error}.")
    except _NotARequestError as error:
        return BadLine(number, custom_id, "invalid_line", str(error))
    return BatchLine(number, custom_id, url, body)


def _custom_id(line: dict[str, Any], number: int) -> str:
    given = line.get("custom_id")
    if given is None:
        return f"line-{number}"
    if not isinstance(given, str) or not given:
        raise _NotARequestError("custom_id must be a text that is not empty.")
    return given


def _batch_form(line: dict[str, Any]) -> tuple[Endpoint, dict[str, Any]]:
    method = line.get("method", "POST")
    if not isinstance(method, str) or method.upper() != "POST":
        raise _NotARequestError("method must be POST.")
    body = line.get("body")
    if not isinstance(body, dict):
        raise _NotARequestError("body must be a JSON object.")
    match line.get("url"):
        case "/v1/chat/completions":
            return CHAT, body
        case "/v1/completions":
            return COMPLETIONS, body
    raise _NotARequestError(f"url must be {CHAT} or {COMPLETIONS}.")


def _plain_form(line: dict[str, Any]) -> tuple[Endpoint, dict[str, Any]]:
    body = {name: value for name, value in line.items() if name != "custom_id"}
    if "messages" in body and "prompt" in body:
        raise _NotARequestError("A line has either prompt or messages.")
    if "messages" in body:
        return CHAT, body
    if "prompt" in body:
        return COMPLETIONS, body
    raise _NotARequestError("The line has neither url and body, nor prompt, nor messages.")


def _check_body(url: Endpoint, body: dict[str, Any]) -> None:
    """What no path can do; everything else is the engine's to judge."""
    if body.get("stream"):
        raise _NotARequestError("stream must not be true in a batch.")
    if "model" in body and not isinstance(body["model"], str):
        raise _NotARequestError("model must be a text.")
    if url == CHAT and not (isinstance(body.get("messages"), list) and body["messages"]):
        raise _NotARequestError("messages must be a list that is not empty.")
    if url == COMPLETIONS and not isinstance(body.get("prompt"), str | list):
        raise _NotARequestError("prompt must be a text or a list of token ids.")
