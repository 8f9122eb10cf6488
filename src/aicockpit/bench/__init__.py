"""Measurements that are published as tables.

Nothing here is on a product path: a benchmark starts what it measures as processes of their
own, or asks a gateway that runs, measures, and gives back plain data with the machine and versions
it was taken on. Start at `gateway` and `speculation`.
"""

from aicockpit.bench.gateway import GatewayBenchmark, render_table, run_gateway_benchmark
from aicockpit.bench.speculation import (
    SpeculationBenchmark,
    SpeculationFigures,
    SpeculationPlan,
    run_speculation_benchmark,
)
from aicockpit.bench.speculation_table import render_speculation_table
from aicockpit.bench.workloads import Workload

__all__ = [
    "GatewayBenchmark",
    "SpeculationBenchmark",
    "SpeculationFigures",
    "SpeculationPlan",
    "Workload",
    "render_speculation_table",
    "render_table",
    "run_gateway_benchmark",
    "run_speculation_benchmark",
]
