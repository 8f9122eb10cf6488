"""Phases, read from real logs of vLLM 0.32 (tests/golden/startup_logs) and its source's texts."""

from pathlib import Path

import pytest

from aicockpit.engines.startup_log import StartupLog, StartupPhase

LOGS = Path(__file__).parents[2] / "golden" / "startup_logs"
P = StartupPhase


def phases(name: str) -> tuple[StartupLog, list[StartupPhase]]:
    log = StartupLog()
    seen = [log.progress.phase]
    for line in (LOGS / f"{name}.log").read_text().splitlines():
        if log.feed(line) and log.progress.phase is not seen[-1]:
            seen.append(log.progress.phase)
    return log, seen


def test_a_compiled_start_goes_through_every_phase() -> None:
    log, seen = phases("ready-compiled")
    assert seen == [phase for phase in P if phase is not P.READY]
    assert log.listening


def test_an_eager_start_compiles_nothing() -> None:
    log, seen = phases("ready-eager")
    assert seen == [phase for phase in P if phase not in {P.COMPILING, P.READY}]
    assert log.listening


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("unknown-flag", P.IMPORTING),
        ("no-weights", P.LOADING),
        ("context-beyond-memory", P.SIZING),
    ],
)
def test_a_failed_start_stays_where_it_was(name: str, last: StartupPhase) -> None:
    log, seen = phases(name)
    assert seen[-1] is last
    assert not log.listening


@pytest.mark.parametrize(
    ("line", "phase", "fraction", "detail"),
    [
        (
            "Loading safetensors checkpoint shards:  25% Completed | 1/4 [00:01<00:03,  1.0s/it]",
            P.LOADING,
            0.25,
            "1 of 4 shards",
        ),
        (
            "Multi-thread loading shards:  50% Completed | 2/4 [00:01<00:03,  1.0s/it]",
            P.LOADING,
            0.5,
            "2 of 4 shards",
        ),
        (
            "Capturing CUDA graphs (decode, FULL):  43%|████▎     | 15/35 [00:01<00:01, 12.2it/s]",
            P.WARMING_UP,
            0.43,
            "15 of 35 CUDA graphs",
        ),
        (
            "(Worker pid=1) INFO Model loading took 14.9 GiB memory and 9.1 seconds",
            P.LOADING,
            None,
            "",
        ),
        ("INFO Dynamo bytecode transform time: 5.31 s", P.COMPILING, None, ""),
        ("INFO Available KV cache memory: 58.1 GiB", P.SIZING, None, ""),
        ("INFO GPU KV cache size: 476,016 tokens", P.SIZING, None, ""),
        ("INFO Graph capturing finished in 20 secs, took 0.52 GiB", P.WARMING_UP, None, ""),
        ("INFO Starting vLLM server on http://127.0.0.1:1", P.OPENING, None, ""),
    ],
)
def test_lines(line: str, phase: StartupPhase, fraction: float | None, detail: str) -> None:
    log = StartupLog()
    assert log.feed(line)
    assert (log.progress.phase, log.progress.fraction, log.progress.detail) == (
        phase,
        fraction,
        detail,
    )


def test_a_worker_that_lags_behind_does_not_turn_the_phase_back() -> None:
    log = StartupLog()
    log.feed("INFO Available KV cache memory: 58.1 GiB")
    assert not log.feed("Loading safetensors checkpoint shards:  25% Completed | 1/4 [00:01]")
    assert log.progress.phase is P.SIZING


def test_the_same_news_twice_is_none() -> None:
    log = StartupLog()
    line = "Loading safetensors checkpoint shards: 100% Completed | 1/1 [00:04<00:00,  4.51s/it]"
    assert log.feed(line)
    assert not log.feed(line)
    assert not log.feed("INFO Loading weights took 4.53 seconds")
