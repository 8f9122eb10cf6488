"""Measurements that are published as tables.

Nothing here is on a product path: a benchmark starts what it measures as processes of their
own, measures, and gives back plain data with the machine and versions it was taken on. Start
at `gateway`.
"""

from aicockpit.bench.gateway import GatewayBenchmark, render_table, run_gateway_benchmark

__all__ = ["GatewayBenchmark", "render_table", "run_gateway_benchmark"]
