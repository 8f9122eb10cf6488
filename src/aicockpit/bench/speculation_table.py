"""The table that `aicockpit bench speculation` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from aicockpit.bench.workloads import MIX_WEIGHTS, Workload

if TYPE_CHECKING:
    from aicockpit.bench.speculation import SpeculationBenchmark, SpeculationFigures

_NAMES = {
    Workload.LINE: "ghost text, one line",
    Workload.BLOCK: "ghost text, block",
    Workload.EDIT: "edit",
    Workload.CHAT: "chat",
    Workload.MIX: "mix",
}
_COLUMNS = (
    "tok/s",
    "TTFT\np50",
    "end to end\np50",
    "\np95",
    "all\nrequests",
    "speed",
    "tokens\nper step",
    "accepted",
    "same\nanswers",
)


def render_speculation_table(benchmark: SpeculationBenchmark) -> Table:
    """One row for each model, workload and number of requests at a time."""
    weights = ", ".join(f"{count} {_NAMES[kind]}" for kind, count in MIX_WEIGHTS.items())
    table = Table(
        title="Speculation",
        caption=f"{benchmark.rounds} rounds; tok/s while an answer is decoded; mix: {weights}",
    )
    table.add_column("")
    table.add_column("model")
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    if benchmark.mix:
        for number, mix in enumerate(benchmark.mix):
            cells = ("", "", "", "", f"{mix.wall:.1f} s", f"{mix.speed_up:.2f}")
            table.add_row("" if number else _NAMES[Workload.MIX], mix.model, *cells)
        table.add_section()
    before = None
    for row in benchmark.figures:
        group = (row.workload, row.concurrency)
        if before is not None and group != before:
            table.add_section()
        label = _NAMES[row.workload] + (
            "" if row.concurrency == 1 else f", {row.concurrency} at a time"
        )
        table.add_row("" if group == before else label, row.model, *_cells(row))
        before = group
    return table


def _cells(row: SpeculationFigures) -> tuple[str, ...]:
    return (
        f"{row.tokens_per_second:.1f}",
        f"{row.first_token_p50:.2f} s",
        f"{row.p50:.2f} s",
        f"{row.p95:.2f} s",
        f"{row.wall:.1f} s",
        f"{row.speed_up:.2f}",
        f"{row.tokens_per_step:.2f}",
        "" if row.accepted is None else f"{row.accepted:.0%}",
        f"{row.same}/{row.answers}",
    )
