"""What speculation does to a developer's requests: the same ones to several models in turn.

The models are usually one model served several times with different speculation. They take
turns request by request (with several requests at a time: workload by workload), so that a busy
moment of the machine hits all alike; the first model is what the others are compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median, quantiles
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import aiohttp
import anyio

from aicockpit.bench.machine import describe_machine
from aicockpit.bench.streams import Answer, Asker
from aicockpit.bench.workloads import MIX_WEIGHTS, BenchRequest, Workload, requests_of
from aicockpit.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aicockpit.progress import Progress

_TIMEOUT = 300.0
"""Seconds that an answer may take."""


@dataclass(frozen=True)
class SpeculationPlan:
    """What to measure, where."""

    base_url: str
    models: tuple[str, ...]
    """Names that the gateway serves; the first is the one to compare with."""
    workloads: tuple[Workload, ...] = tuple(Workload)
    concurrencies: tuple[int, ...] = (1, 2)
    """Requests at a time."""
    rounds: int = 3
    time_limit: float | None = None
    """Seconds after which no further turn begins; what is there by then counts."""
    api_key: str | None = None


@dataclass(frozen=True)
class SpeculationFigures:
    """One workload on one model with so many requests at a time. Times are in seconds."""

    model: str
    workload: Workload
    concurrency: int
    tokens_per_second: float
    """Of one answer while it is decoded: without its first token and the wait for it."""
    first_token_p50: float
    p50: float
    """From sending a request to the end of its answer."""
    p95: float
    wall: float
    """For all requests of the workload."""
    speed_up: float
    """The first model's `wall` divided by this one's."""
    tokens_per_step: float
    """Tokens that one step of the engine brought to an answer."""
    accepted: float | None
    """Share of the drafted tokens that were right; None when the engine does not say or drafted
    nothing. vLLM says it with the flag `per-request-spec-decode-metrics`, and not for answers that
    end at a stop string."""
    same: int
    """Answers that are, letter for letter, those of the first model in its first round."""
    answers: int


@dataclass(frozen=True)
class MixFigures:
    """The mix one at a time, where nothing overlaps: its parts' means, weighted."""

    model: str
    wall: float
    speed_up: float


@dataclass(frozen=True)
class SpeculationBenchmark:
    """The outcome of one run."""

    figures: tuple[SpeculationFigures, ...]
    mix: tuple[MixFigures, ...]
    """Empty unless all its parts were measured one at a time."""
    rounds: int
    texts: dict[str, dict[str, str]]
    """The first answer to each request, by model."""
    machine: dict[str, str]

    def data(self) -> dict[str, object]:
        """Everything, ready for JSON."""
        return asdict(self)


def run_speculation_benchmark(
    plan: SpeculationPlan, progress: Progress, clock: Callable[[], float] = perf_counter
) -> SpeculationBenchmark:
    """Measure a running gateway by a clock that counts seconds.

    Raises:
        UpstreamError: it refused a request, or broke off.
    """
    return anyio.run(_run, plan, progress, clock)


async def _run(
    plan: SpeculationPlan, progress: Progress, clock: Callable[[], float]
) -> SpeculationBenchmark:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT, sock_connect=10)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        run = _Run(plan, Asker(session, plan.base_url, plan.api_key, clock), clock)
        await run.warm_up(progress)
        await run.measure(progress)
    return run.outcome()


class _Key(NamedTuple):
    model: str
    workload: Workload
    concurrency: int


class _Turn(NamedTuple):
    workload: Workload
    concurrency: int
    number: int
    """Of this turn among those of its workload."""
    requests: Sequence[BenchRequest]


class _Run:
    """Measurements as they come in."""

    def __init__(self, plan: SpeculationPlan, asker: Asker, clock: Callable[[], float]) -> None:
        self._plan = plan
        self._asker = asker
        self._clock = clock
        self._answers: dict[_Key, dict[str, list[Answer]]] = {}
        """By request, one for each round."""
        self._walls: dict[_Key, dict[int, list[float]]] = {}
        """By turn, one for each round."""

    async def warm_up(self, progress: Progress) -> None:
        """Ask once what is not measured: the prefix cache then has the file that ghost text is
        asked for, as it has while somebody types."""
        models = self._plan.models
        with progress.step("Warm up", total=len(models)) as step:
            for done, model in enumerate(models, 1):
                for workload in self._plan.workloads:
                    await self._asker.ask(requests_of(workload)[0], model, max_tokens=4)
                step.update(completed=done)

    async def measure(self, progress: Progress) -> None:
        """All rounds, or as many turns as the time limit lets begin."""
        turns = [turn for _ in range(self._plan.rounds) for turn in self._turns()]
        models = self._plan.models
        limit = self._plan.time_limit
        end = None if limit is None else self._clock() + limit
        with progress.step("Measure", total=len(turns)) as step:
            for number, turn in enumerate(turns):
                if end is not None and self._clock() > end:
                    return
                step.update(completed=number, detail=f"{turn.workload}, {turn.concurrency} at once")
                # Whoever goes first is not always the same.
                shift = number % len(models)
                for model in (*models[shift:], *models[:shift]):
                    await self._take_turn(model, turn)
            step.update(completed=len(turns))

    def outcome(self) -> SpeculationBenchmark:
        """The figures of all that was measured."""
        figures = []
        for key, answers in self._answers.items():
            first = key._replace(model=self._plan.models[0])
            expected = {name: given[0].text for name, given in self._answers[first].items()}
            walls = self._walls[key], self._walls[first]
            figures.append(_figures(key, answers, expected, walls))
        places = list(Workload), self._plan.models
        figures.sort(
            key=lambda row: (
                row.concurrency,
                places[0].index(row.workload),
                places[1].index(row.model),
            )
        )
        texts: dict[str, dict[str, str]] = {model: {} for model in self._plan.models}
        for key, answers in self._answers.items():
            for name, given in answers.items():
                texts[key.model].setdefault(name, given[0].text)
        return SpeculationBenchmark(
            tuple(figures), self._mix(), self._plan.rounds, texts, describe_machine()
        )

    def _mix(self) -> tuple[MixFigures, ...]:
        """The mix one at a time, which need not be run when its parts are."""
        if any(_Key(m, w, 1) not in self._walls for m in self._plan.models for w in MIX_WEIGHTS):
            return ()
        walls = [
            sum(
                weight * mean(map(median, self._walls[_Key(model, workload, 1)].values()))
                for workload, weight in MIX_WEIGHTS.items()
            )
            for model in self._plan.models
        ]
        return tuple(
            MixFigures(model, wall, walls[0] / wall)
            for model, wall in zip(self._plan.models, walls, strict=True)
        )

    def _turns(self) -> Iterator[_Turn]:
        """One round: what a model does before the next one's turn; workloads alternate."""
        for concurrency in self._plan.concurrencies:
            workloads = self._plan.workloads
            if concurrency == 1 and MIX_WEIGHTS.keys() <= set(workloads):
                workloads = tuple(MIX_WEIGHTS)
            for workload, number, requests in _alternating(workloads, concurrency):
                yield _Turn(workload, concurrency, number, requests)

    async def _take_turn(self, model: str, turn: _Turn) -> None:
        key = _Key(model, turn.workload, turn.concurrency)
        answers = self._answers.setdefault(key, {})
        waiting = iter(turn.requests)

        async def work() -> None:
            for request in waiting:
                answer = await self._asker.ask(request, model)
                answers.setdefault(request.name, []).append(answer)

        begun = self._clock()
        try:
            async with anyio.create_task_group() as group:
                for _ in range(turn.concurrency):
                    group.start_soon(work)
        except* UpstreamError as failed:
            raise failed.exceptions[0] from None
        walls = self._walls.setdefault(key, {})
        walls.setdefault(turn.number, []).append(self._clock() - begun)


def _alternating(
    workloads: Sequence[Workload], concurrency: int
) -> Iterator[tuple[Workload, int, Sequence[BenchRequest]]]:
    """Request by request one at a time, whole workloads otherwise, since those have to overlap."""
    if concurrency > 1:
        for workload in workloads:
            yield workload, 0, requests_of(workload)
        return
    longest = max(len(requests_of(workload)) for workload in workloads)
    for number in range(longest):
        for workload in workloads:
            yield from ((workload, number, [r]) for r in requests_of(workload)[number : number + 1])


Walls = dict[int, list[float]]


def _figures(
    key: _Key,
    answers: dict[str, list[Answer]],
    expected: dict[str, str],
    walls: tuple[Walls, Walls],
) -> SpeculationFigures:
    every = [answer for given in answers.values() for answer in given]
    own, firsts = (sum(map(median, turns.values())) for turns in walls)
    drafts = [answer.drafts for answer in every if answer.drafts is not None]
    drafted = sum(found.drafted for found in drafts)
    seconds = [answer.seconds for answer in every]
    return SpeculationFigures(
        model=key.model,
        workload=key.workload,
        concurrency=key.concurrency,
        tokens_per_second=_rate(answers),
        first_token_p50=median(answer.first_token for answer in every),
        p50=median(seconds),
        p95=quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0],
        wall=own,
        speed_up=firsts / own,
        tokens_per_step=sum(a.tokens for a in every) / sum(a.steps for a in every),
        accepted=sum(found.accepted for found in drafts) / drafted if drafted else None,
        same=sum(answer.text == expected[name] for name in answers for answer in answers[name]),
        answers=len(every),
    )


def _rate(answers: dict[str, list[Answer]]) -> float:
    """Decoded tokens per second, from each request's median over the rounds."""

    def total(of: Callable[[Answer], float]) -> float:
        return sum(median(map(of, given)) for given in answers.values())

    seconds = total(lambda answer: answer.decode_seconds)
    return total(lambda answer: answer.decoded) / seconds if seconds else 0.0
