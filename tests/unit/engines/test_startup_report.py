"""Memory as engines tell it: real logs of vLLM 0.32 on CPUs, and lines of other releases on GPUs.

GPU lines have the form of each release, as its source or a published log shows it.
"""

from pathlib import Path

import pytest

from aicockpit.engines.startup_report import StartupReport, read_line

LOGS = Path(__file__).parents[2] / "golden" / "startup_logs"


def report(*lines: str) -> StartupReport:
    found = StartupReport()
    for line in lines:
        found = read_line(found, line)
    return found


@pytest.mark.parametrize("name", ["ready-compiled", "ready-eager"])
def test_an_engine_on_a_cpu(name: str) -> None:
    found = report(*(LOGS / f"{name}.log").read_text().splitlines())
    assert found == StartupReport(tokens=174_720, concurrency=42.66, context=4096, available=2.0)


def test_a_start_that_fails_before_its_cache_tells_nothing() -> None:
    assert not report(*(LOGS / "unknown-flag.log").read_text().splitlines())


def test_release_0_19_on_a_gpu() -> None:
    found = report(
        "(Worker pid=9) INFO 03-01 10:00:00 [gpu_model_runner.py:4771] Model loading took 14.99 "
        "GiB memory and 4.1 seconds",
        "DEBUG 03-01 10:00:20 [gpu_worker.py:278] Memory profiling takes 7.26 seconds. Total non "
        "KV cache memory: 17.12GiB; torch peak memory increase: 1.89GiB; non-torch forward "
        "increase memory: 0.25GiB; weights memory: 14.99GiB.",
        "INFO 03-01 10:00:20 [gpu_worker.py:456] Available KV cache memory: 58.11 GiB",
        "INFO 03-01 10:00:21 [kv_cache_utils.py:1316] GPU KV cache size: 476,016 tokens",
        "INFO 03-01 10:00:21 [kv_cache_utils.py:1321] Maximum concurrency for 16,384 tokens per "
        "request: 29.05x",
        "INFO 03-01 10:00:40 [gpu_model_runner.py:5863] Graph capturing finished in 5 secs, took "
        "0.91 GiB",
    )
    assert (found.weights, found.activations, found.other) == (14.99, 1.89, 0.25)
    assert (found.available, found.tokens) == (58.11, 476_016)
    assert (found.concurrency, found.context, found.graphs) == (29.05, 16_384, 0.91)


def test_a_release_that_tells_weights_and_the_rest_apart() -> None:
    found = report(
        "(EngineCore pid=79) INFO 07-30 07:11:20 [gpu_worker.py:793] CUDA graph pool memory: 0.24 "
        "GiB (actual), 0.58 GiB (estimated), difference: 0.34 GiB (142.2%).",
        "(EngineCore pid=79) INFO 07-30 07:11:20 [gpu_worker.py:857] Free memory on device "
        "(15.89/16.0 GiB) on startup. Desired GPU memory utilization is (0.95, 15.2 GiB). Actual "
        "usage is 0.88 GiB for weight, 0.26 GiB for peak activation, 0.16 GiB for non-torch "
        "memory, and 0.24 GiB for CUDAGraph memory. Current kv cache memory in use is 13.33 GiB.",
    )
    assert (found.weights, found.activations, found.other) == (0.88, 0.26, 0.16)
    assert (found.graphs, found.graphs_estimated) == (0.24, 0.58)
    assert pytest.approx(13.33, abs=0.02) == 15.2 - 0.88 - 0.26 - 0.16 - 0.58


def test_a_release_that_tells_weights_and_the_rest_as_one_with_graphs_in_the_peak() -> None:
    """0.32: what was requested is consumed memory, this peak, and the cache."""
    found = report(
        "(Worker_TP0_EP0 pid=1159) INFO Model loading took 62.3 GiB memory and 30.5 seconds",
        "(Worker_TP1_EP1 pid=1160) INFO Model loading took 62.1 GiB memory and 30.9 seconds",
        "(Worker_TP0_EP0 pid=1159) INFO [gpu_worker.py:624] Available KV cache memory: 17.79 GiB",
        "(Worker_TP0_EP0 pid=1159) INFO [gpu_worker.py:793] CUDA graph pool memory: 0.25 GiB "
        "(actual), 0.64 GiB (estimated), difference: 0.39 GiB (156.0%).",
        "(Worker_TP0_EP0 pid=1159) INFO [gpu_worker.py:855] Free memory on device (91.64/94.97 "
        "GiB) on startup. Desired GPU memory utilization is (0.91, 86.42 GiB). Actual usage is "
        "64.44 GiB for consumed memory (weights + non-torch), 4.19 GiB for peak activation, and "
        "0.25 GiB for CUDAGraph memory. Current kv cache memory in use is 17.79 GiB.",
    )
    assert found.weights == 62.3
    assert found.other == pytest.approx(2.14)
    assert found.activations == pytest.approx(3.55)
    assert pytest.approx(found.available) == 86.42 - 64.44 - 4.19


def test_the_worker_with_the_least_room_counts() -> None:
    found = report(
        "(Worker_TP0 pid=1) INFO Available KV cache memory: 17.79 GiB",
        "(Worker_TP1 pid=2) INFO Available KV cache memory: 17.31 GiB",
        "(Worker_TP2 pid=3) INFO Available KV cache memory: 17.80 GiB",
    )
    assert found.available == 17.31
