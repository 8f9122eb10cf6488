"""What the gateway adds: latency and throughput against an upstream that does nothing.

The upstream is nginx with fixed answers, the load is wrk; both are compiled and much faster
than what they measure. Direct and through the gateway take turns, and each figure is the median
over the rounds, so that a busy moment of the machine hits both alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING

from rich.table import Table

from aicockpit.bench.load import Load, measure_first_bytes, measure_load
from aicockpit.bench.machine import describe_machine
from aicockpit.bench.processes import require_tools, running_gateway, running_upstream

if TYPE_CHECKING:
    from aicockpit.progress import Progress

CONNECTIONS = (1, 16)
STREAMS_PER_ROUND = 200


@dataclass(frozen=True)
class Figures:
    """One way to the upstream: direct, or through the gateway."""

    p50_us: float
    """Median latency at one connection, in microseconds."""
    p99_us: float
    requests_per_second: float
    """At 16 connections."""
    first_byte_p50_us: float
    """Median time to the first bytes of a stream at one connection, in microseconds."""
    first_byte_p99_us: float


@dataclass(frozen=True)
class GatewayBenchmark:
    """The outcome of one run."""

    direct: Figures
    gateway: Figures
    requests: int
    """Requests that went through the gateway."""
    errors: int
    """Those among them that failed; anything but zero makes the rest worthless."""
    rounds: int
    seconds: float
    """Length of one load measurement."""
    machine: dict[str, str]

    @property
    def added_p50_us(self) -> float:
        """Microseconds that the gateway adds to the median request at one connection."""
        return self.gateway.p50_us - self.direct.p50_us

    @property
    def added_first_byte_p50_us(self) -> float:
        """Microseconds that the gateway adds to the median stream's first bytes."""
        return self.gateway.first_byte_p50_us - self.direct.first_byte_p50_us

    def data(self) -> dict[str, object]:
        """Everything, ready for JSON."""
        added = {
            "added_p50_us": self.added_p50_us,
            "added_first_byte_p50_us": self.added_first_byte_p50_us,
        }
        return {**asdict(self), **added}


def run_gateway_benchmark(
    progress: Progress, *, rounds: int = 5, seconds: float = 2.0
) -> GatewayBenchmark:
    """Measure on this machine, on loopback only; takes about `rounds * 5 * seconds`.

    Raises:
        PlatformError: nginx or wrk is missing.
        ListenError: no loopback port is free.
    """
    tools = require_tools()
    direct, gateway = _Samples(), _Samples()
    steps = rounds * 2
    with (
        running_upstream(tools) as upstream,
        running_gateway(upstream) as address,
        progress.step("Measure the gateway", total=steps) as step,
    ):
        for url in (upstream, address):
            measure_load(tools, url, connections=CONNECTIONS[-1], seconds=min(1.0, seconds))
        for number in range(rounds):
            for offset, (samples, url) in enumerate(((direct, upstream), (gateway, address))):
                samples.latency.append(measure_load(tools, url, connections=1, seconds=seconds))
                samples.throughput.append(
                    measure_load(tools, url, connections=CONNECTIONS[-1], seconds=seconds)
                )
                samples.first_bytes.append(measure_first_bytes(url, STREAMS_PER_ROUND))
                step.update(completed=number * 2 + offset + 1)
    loads = gateway.latency + gateway.throughput
    return GatewayBenchmark(
        direct=direct.figures(),
        gateway=gateway.figures(),
        requests=sum(load.requests for load in loads),
        errors=sum(load.errors for load in loads),
        rounds=rounds,
        seconds=seconds,
        machine=describe_machine(),
    )


def render_table(benchmark: GatewayBenchmark) -> Table:
    """The table that `aicockpit bench gateway` prints."""
    machine = benchmark.machine
    table = Table(title="Gateway overhead", caption=", ".join(machine.values()))
    table.add_column("")
    for name in (
        "p50 at 1\nconnection",
        "p99 at 1\nconnection",
        "requests/s at\n16 connections",
        "stream's first\nbytes p50",
        "stream's first\nbytes p99",
    ):
        table.add_column(name, justify="right")
    for name, row in (("direct", benchmark.direct), ("gateway", benchmark.gateway)):
        table.add_row(
            name,
            _ms(row.p50_us),
            _ms(row.p99_us),
            f"{row.requests_per_second:,.0f}",
            _ms(row.first_byte_p50_us),
            _ms(row.first_byte_p99_us),
        )
    table.add_row(
        "added",
        _ms(benchmark.added_p50_us),
        _ms(benchmark.gateway.p99_us - benchmark.direct.p99_us),
        "",
        _ms(benchmark.added_first_byte_p50_us),
        _ms(benchmark.gateway.first_byte_p99_us - benchmark.direct.first_byte_p99_us),
    )
    if benchmark.errors:
        table.add_row("failed requests", f"{benchmark.errors:,}", "", "", "", "")
    return table


class _Samples:
    """What was measured on one way, one entry per round."""

    def __init__(self) -> None:
        self.latency: list[Load] = []
        self.throughput: list[Load] = []
        self.first_bytes: list[list[float]] = []

    def figures(self) -> Figures:
        return Figures(
            p50_us=median(load.p50_us for load in self.latency),
            p99_us=median(load.p99_us for load in self.latency),
            requests_per_second=median(load.requests_per_second for load in self.throughput),
            first_byte_p50_us=median(median(times) for times in self.first_bytes),
            first_byte_p99_us=median(quantiles(times, n=100)[98] for times in self.first_bytes),
        )


def _ms(microseconds: float) -> str:
    return f"{microseconds / 1000:.3f} ms"
