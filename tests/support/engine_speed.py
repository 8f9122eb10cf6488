"""How fast engines answer through their gateways, in turn, so that all meet alike moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import aiohttp
import anyio

from aicockpit.bench.streams import Answer, Asker
from aicockpit.bench.workloads import BenchRequest
from tests.support.serving import Gateway

_TOKENS = 64
_LONG, _SHORT = 115, 3
"""Lines of prompts: some 1,500 tokens of the starter model, and some 40."""
_IDLE_SECONDS = 1.5
"""vLLM's processes look for work without a pause until a second after the last of it; then they
leave the cores to the next engine."""


@dataclass(frozen=True)
class Speed:
    """Medians of what was measured."""

    first_token: float
    """Seconds to the first token after a prompt of some 1,500 tokens that no cache has."""
    alone: float
    """Tokens per second of one answer, without the wait for its first token."""
    four: float
    """Tokens per second of four answers at a time, all together."""


def measure_in_turn(gateways: Mapping[str, Gateway], *, rounds: int) -> dict[str, Speed]:
    """Measure the default models of gateways that are ready and have nothing else to do."""

    async def measure() -> dict[str, list[Speed]]:
        found: dict[str, list[Speed]] = {name: [] for name in gateways}
        timeout = aiohttp.ClientTimeout(total=300)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for number in range(-1, rounds):
                for name, gateway in gateways.items():
                    await anyio.sleep(_IDLE_SECONDS)
                    speed = await _measure_once(Asker(session, gateway.url, None), number)
                    if number >= 0:  # the first one warms up
                        found[name].append(speed)
        return found

    return {
        name: Speed(*(median(values) for values in zip(*map(_figures, speeds), strict=True)))
        for name, speeds in anyio.run(measure).items()
    }


def _figures(speed: Speed) -> tuple[float, float, float]:
    return speed.first_token, speed.alone, speed.four


async def _measure_once(asker: Asker, number: int) -> Speed:
    long = await asker.ask(_request(f"long{number}", lines=_LONG, tokens=1), "default")
    one = await asker.ask(_request(f"one{number}", lines=_SHORT, tokens=_TOKENS), "default")
    answers: list[Answer] = []

    async def ask(which: int) -> None:
        request = _request(f"four{number}{which}", lines=_SHORT, tokens=_TOKENS)
        answers.append(await asker.ask(request, "default"))

    begun = perf_counter()
    async with anyio.create_task_group() as tasks:
        for which in range(4):
            tasks.start_soon(ask, which)
    four = sum(answer.tokens for answer in answers) / (perf_counter() - begun)
    return Speed(long.first_token, one.decoded / one.decode_seconds, four)


def _request(name: str, *, lines: int, tokens: int) -> BenchRequest:
    """A prompt that begins with its name, so that the prefix cache has no other one for it."""
    text = "\n".join(f"{name}_{line} = load(path, {line})" for line in range(lines))
    body: dict[str, object] = {
        "prompt": text,
        "max_tokens": tokens,
        "ignore_eos": True,
        "temperature": 0,
    }
    return BenchRequest(name, "/v1/completions", body, "chat")
