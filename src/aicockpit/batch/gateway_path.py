"""Carrying out lines through the gateway, as the task `batch`."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import anyio
import orjson

from aicockpit.batch.lines import BadLine, BatchLine
from aicockpit.batch.responses import output_line
from aicockpit.errors import BatchError, ModelFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aicockpit.batch.sink import Sink

_LOOK_TIMEOUT = 3.0
"""Seconds in which a gateway that is there answers what it serves."""
_AGAIN_LATER = frozenset({408, 429, 502, 503, 504})
_SERVER_ERROR_TRIES = 3
_HOPELESS = ModelFailedError.code
"""The error of a model that waiting does not bring back."""
_NOT_A_LISTING = (KeyError, TypeError, AttributeError)
"""What reading a listing raises when some other server has answered."""
_NO_KEY = frozenset({401, 403})


@dataclass(frozen=True)
class Gateway:
    """Where the gateway is and how to speak to it."""

    base_url: str
    """Such as `http://127.0.0.1:8000`."""
    api_key: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        headers = {"content-type": "application/json", "x-aicockpit-task": "batch"}
        if self.api_key:
            headers["authorization"] = f"Bearer {self.api_key}"
        return headers


@dataclass(frozen=True)
class Retries:
    """How patient a run is."""

    patience: float = 900.0
    """Seconds without any answer at all after which the run is given up; a model may load."""
    first_delay: float = 0.5
    longest_delay: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    clock: Callable[[], float] = time.monotonic


async def served_models(gateway: Gateway) -> set[str] | None:
    """Names that the gateway serves; None when there is no gateway.

    Raises BatchError when there is one that does not know our key.
    """
    timeout = aiohttp.ClientTimeout(total=_LOOK_TIMEOUT)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{gateway.base_url}/v1/models", headers=gateway.headers) as answer,
        ):
            if answer.status in _NO_KEY:
                raise _key_refused(gateway)
            if answer.status != 200:
                return None
            listed = orjson.loads(await answer.read())["data"]
            names = {
                str(name) for model in listed for name in (model["id"], *model.get("aliases", ()))
            }
    except (aiohttp.ClientError, TimeoutError, ValueError, *_NOT_A_LISTING):
        return None
    return names | {"default"} if names else names


async def run_through_gateway(
    lines: Iterator[BatchLine],
    gateway: Gateway,
    sink: Sink,
    *,
    model: str | None,
    concurrency: int,
    retries: Retries | None = None,
) -> None:
    """Carry out lines, so many at a time, and hand each outcome to the sink.

    `model` replaces the models that the lines name. Raises BatchError when the gateway stays away.
    """
    work = _Work(gateway, sink, model, retries or Retries())
    # The gateway decides how long an answer may take, and a batch waits for it.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10)
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        try:
            async with anyio.create_task_group() as tasks:
                for _ in range(concurrency):
                    tasks.start_soon(work.carry_out, session, lines)
        except* BatchError as group:
            raise _first(group) from None


class _Work:
    def __init__(self, gateway: Gateway, sink: Sink, model: str | None, retries: Retries) -> None:
        self._gateway = gateway
        self._sink = sink
        self._model = model
        self._retries = retries
        self._last_answer = retries.clock()

    async def carry_out(self, session: aiohttp.ClientSession, lines: Iterator[BatchLine]) -> None:
        """Take lines until there are none; the iterator is shared with the others."""
        for line in lines:
            outcome = await self._ask(session, line)
            self._last_answer = self._retries.clock()
            if isinstance(outcome, BadLine):
                self._sink.failed(outcome)
            else:
                self._sink.answered(outcome, outcome["response"]["body"])
            self._sink.pace()

    async def _ask(
        self, session: aiohttp.ClientSession, line: BatchLine
    ) -> dict[str, Any] | BadLine:
        name = self._model or line.model or "default"
        data = orjson.dumps({**line.body, "model": name})
        url = self._gateway.base_url + line.url
        failures = 0
        while True:
            retry_after: str | None = None
            try:
                async with session.post(url, data=data, headers=self._gateway.headers) as answer:
                    body = await answer.read()
                    status, headers = answer.status, answer.headers
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                reason = str(error) or type(error).__name__
            else:
                if status in _NO_KEY:
                    raise _key_refused(self._gateway)
                retry_after = headers.get("retry-after")
                code, reason = _error_of(body)
                if code == _HOPELESS:
                    raise _given_up(reason)
                server_error = status >= 500 and status not in _AGAIN_LATER
                if not server_error and status not in _AGAIN_LATER:
                    return _outcome(line, status, headers, body)
                if server_error and failures >= _SERVER_ERROR_TRIES - 1:
                    return _outcome(line, status, headers, body)
            failures += 1
            await self._wait(failures, retry_after, reason)

    async def _wait(self, failures: int, retry_after: str | None, reason: str) -> None:
        retries = self._retries
        if retries.clock() - self._last_answer > retries.patience:
            silence = f"Nothing was answered for {retries.patience:.0f} seconds; the last word was:"
            raise _given_up(f"{silence} {reason}")
        delay = min(retries.first_delay * 2.0 ** min(failures - 1, 16), retries.longest_delay)
        if retry_after is not None and retry_after.isdigit():
            delay = min(max(delay, float(retry_after)), retries.longest_delay * 2)
        # Spread, so that all do not come back at the same moment.
        await retries.sleep(delay * random.uniform(1.0, 1.25))  # noqa: S311 - not a secret


def _outcome(
    line: BatchLine, status: int, headers: Mapping[str, str], body: bytes
) -> dict[str, Any] | BadLine:
    if status == 200:
        try:
            answer = orjson.loads(body)
        except ValueError:
            answer = None
        if isinstance(answer, dict):
            request_id = headers.get("x-request-id") or str(answer.get("id", ""))
            return output_line(line, answer, request_id)
        return BadLine(line.number, line.custom_id, "bad_answer", "The answer was not JSON.")
    code, message = _error_of(body)
    return BadLine(line.number, line.custom_id, code or f"http_{status}", message)


def _error_of(body: bytes) -> tuple[str | None, str]:
    """Code and message of an error in OpenAI's shape, or the text of any other."""
    try:
        error = orjson.loads(body)["error"]
        code = error.get("code")
        return (code if isinstance(code, str) else None), str(error["message"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, body[:500].decode("utf-8", "replace") or "The answer was empty."


def _key_refused(gateway: Gateway) -> BatchError:
    return BatchError(
        f"The gateway at {gateway.base_url} refused the request.",
        why="It wants an API key and did not get the right one."
        if not gateway.api_key
        else "It does not know the API key that is configured here.",
        remedy="Set AICOCKPIT_SERVER__API_KEY to its key, or stop it to run the batch offline.",
    )


def _given_up(why: str) -> BatchError:
    return BatchError(
        "The gateway cannot carry out the batch now.",
        why=why,
        remedy="All answers so far are saved. Run the same command again when the gateway is "
        "well; it goes on where it stopped.",
    )


def _first(group: BaseExceptionGroup[BatchError]) -> BatchError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, BatchError)  # noqa: S101 - that is what was caught
    return error
