"""The gateway benchmark without its tools: missing programs, arithmetic and the table."""

from __future__ import annotations

import json

import anyio.to_thread
import pytest
from rich.console import Console

from aicockpit.bench import GatewayBenchmark, render_table
from aicockpit.bench.gateway import Figures
from aicockpit.bench.load import MODEL, measure_first_bytes
from aicockpit.bench.processes import require_tools
from aicockpit.errors import PlatformError
from tests.support.fake_directory import FakeDirectory
from tests.support.fake_engine import FakeEngine
from tests.support.in_process import serving_engine, serving_gateway

BENCHMARK = GatewayBenchmark(
    direct=Figures(60.0, 100.0, 130_000.0, 70.0, 110.0),
    gateway=Figures(260.0, 400.0, 9_000.0, 290.0, 500.0),
    requests=1000,
    errors=0,
    rounds=5,
    seconds=2.0,
    machine={"cpu": "2 x Some CPU", "python": "Python 3.11.7"},
)


def test_missing_tools_are_named_with_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("shutil.which", lambda name, path: None)
    with pytest.raises(
        PlatformError, match=r"needs nginx and wrk.*apt-get install nginx-light wrk"
    ):
        require_tools()


def test_what_is_added():
    assert BENCHMARK.added_p50_us == 200.0
    assert BENCHMARK.added_first_byte_p50_us == 220.0
    data = json.loads(json.dumps(BENCHMARK.data()))
    assert data["gateway"]["requests_per_second"] == 9_000.0
    assert data["added_p50_us"] == 200.0
    assert data["machine"]["cpu"] == "2 x Some CPU"


def test_the_table():
    console = Console(width=120, record=True, file=None, quiet=True)
    with console.capture() as captured:
        console.quiet = False
        console.print(render_table(BENCHMARK))
    text = captured.get()
    for words in ("direct", "gateway", "added", "0.200 ms", "130,000", "2 x Some CPU"):
        assert words in text
    assert "failed requests" not in text


@pytest.mark.anyio
async def test_first_bytes_are_measured_through_a_gateway():
    engine = FakeEngine(models=(MODEL,))
    async with (
        serving_engine(engine) as url,
        serving_gateway(FakeDirectory.of(url, model=MODEL)) as gateway,
    ):
        for place in (url, gateway.url):
            times = await anyio.to_thread.run_sync(measure_first_bytes, place, 3)
            assert len(times) == 3
            assert min(times) > 0
    assert engine.counts.finished == 6
