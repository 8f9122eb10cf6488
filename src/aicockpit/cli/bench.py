"""`aicockpit bench`: measurements, printed as tables."""

from __future__ import annotations

from typing import Annotated

import typer

from aicockpit.bench import render_table, run_gateway_benchmark
from aicockpit.cli.options import JsonOption
from aicockpit.cli.output import print_json, reports_errors, stdout
from aicockpit.terminal import TerminalProgress

app = typer.Typer(
    help="Measure, and print the tables of the documentation.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def bench() -> None:
    """Measure, and print the tables of the documentation."""


@app.command("gateway")
@reports_errors
def gateway(
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Interleaved rounds.")] = 5,
    seconds: Annotated[
        float, typer.Option(min=0.5, max=60, help="Seconds of each measurement in a round.")
    ] = 2.0,
    json: JsonOption = False,
) -> None:
    """What the gateway adds to a request, against a mock engine; needs nginx and wrk."""
    benchmark = run_gateway_benchmark(TerminalProgress(), rounds=rounds, seconds=seconds)
    if json:
        print_json(benchmark.data())
    else:
        stdout.print(render_table(benchmark))
