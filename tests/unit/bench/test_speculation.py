"""The speculation benchmark on fake engines: turns, arithmetic and the table."""

from __future__ import annotations

import json
from collections import Counter
from itertools import count

import anyio.to_thread
import pytest
from rich.console import Console

from aicockpit.bench import (
    SpeculationPlan,
    Workload,
    render_speculation_table,
    run_speculation_benchmark,
)
from aicockpit.bench.workloads import MIX_WEIGHTS, requests_of
from aicockpit.errors import UpstreamError
from aicockpit.progress import SilentProgress
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import serving_engine

pytestmark = pytest.mark.anyio
PARTS = tuple(MIX_WEIGHTS)


async def measured(engine: FakeEngine, **plan):
    """By a clock that goes on by a second each time it is read, so that figures are exact."""
    async with serving_engine(engine) as url:
        wanted = SpeculationPlan(url, **plan)
        try:
            return await anyio.to_thread.run_sync(
                run_speculation_benchmark, wanted, SilentProgress(), count(0.0).__next__
            )
        except UpstreamError as error:
            problem = error
    raise problem


def asked(engine: FakeEngine, warm_up: int) -> list[str]:
    return [seen.json["model"] for seen in engine.seen[warm_up:]]


async def test_models_take_turns_request_by_request():
    engine = FakeEngine(models=("a", "b"))
    await measured(
        engine, models=("a", "b"), workloads=(Workload.CHAT,), concurrencies=(1,), rounds=2
    )
    assert asked(engine, warm_up=2) == list("abbaab" + "baabba")


async def test_whole_workloads_take_turns_where_requests_overlap():
    engine = FakeEngine(models=("a", "b"))
    await measured(
        engine, models=("a", "b"), workloads=(Workload.CHAT,), concurrencies=(2,), rounds=2
    )
    assert asked(engine, warm_up=2) == list("aaabbb" + "bbbaaa")


async def test_the_figures():
    engine = FakeEngine(models=("a", "b"))
    engine.faults.tokens = 6
    result = await measured(engine, models=("a", "b"), rounds=1)
    rows = {(row.model, row.workload, row.concurrency): row for row in result.figures}
    assert Counter((row.model, row.concurrency) for row in result.figures) == {
        ("a", 1): 4, ("b", 1): 4, ("a", 2): 5, ("b", 2): 5,
    }  # fmt: skip
    for row in result.figures:
        # Two at a time read one clock in turn, so that each sees some of the other's seconds.
        if row.concurrency == 1:
            assert (row.tokens_per_second, row.first_token_p50, row.p50) == (1, 1, 7)
        else:
            assert 0.25 < row.tokens_per_second <= 1
        assert row.first_token_p50 < row.p50 <= row.p95 < row.wall
        assert row.answers == row.same == len(requests_of(row.workload))
        assert (row.tokens_per_step, row.accepted) == (1, None)
    assert rows["a", Workload.EDIT, 1].speed_up == 1
    base, other = rows["a", Workload.EDIT, 1], rows["b", Workload.EDIT, 1]
    assert other.speed_up == pytest.approx(base.wall / other.wall)
    parts = [(rows["b", kind, 1].wall, len(requests_of(kind))) for kind in PARTS]
    means = sum(
        wall / count * weight
        for (wall, count), weight in zip(parts, MIX_WEIGHTS.values(), strict=True)
    )
    assert result.mix[1].wall == pytest.approx(means)
    assert json.loads(json.dumps(result.data()))["texts"]["b"]

    console = Console(width=160)
    with console.capture() as captured:
        console.print(render_speculation_table(result))
    text = captured.get()
    for words in ("ghost text, one line", "edit, 2 at a time", "mix", "10/10", "1 rounds"):
        assert words in text


async def test_the_mix_is_asked_where_its_parts_are_not():
    engine = FakeEngine(models=("a",))
    result = await measured(
        engine, models=("a",), workloads=(Workload.MIX,), concurrencies=(1,), rounds=1
    )
    assert result.figures[0].answers == sum(MIX_WEIGHTS.values())
    assert result.mix == ()


async def test_nothing_begins_after_the_time_limit():
    engine = FakeEngine(models=("a",))
    engine.faults.tokens = 6
    result = await measured(
        engine, models=("a",), workloads=(Workload.LINE,), rounds=9, time_limit=15
    )
    # A turn reads the clock eleven times: to ask whether it begins, at both its ends, and for its
    # answer eight times.
    assert result.figures[0].answers == 2


async def test_a_refusal_ends_it():
    with pytest.raises(UpstreamError, match="refused"):
        await measured(FakeEngine(models=("a",)), models=("b",), rounds=1)


async def test_a_failure_among_several_at_a_time_is_told_by_itself():
    engine = FakeEngine(models=("a",))

    async def fail_later() -> None:
        await engine.until(lambda counts: counts.finished >= 3)
        engine.faults.fault = "error_500"

    async with anyio.create_task_group() as group:
        group.start_soon(fail_later)
        with pytest.raises(UpstreamError, match="boom"):
            await measured(
                engine, models=("a",), workloads=(Workload.LINE,), concurrencies=(2,), rounds=9
            )
