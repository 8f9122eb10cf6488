"""`aicockpit bench`: measurements, printed as tables."""

from __future__ import annotations

from typing import Annotated

import typer

from aicockpit.bench import (
    SpeculationPlan,
    Workload,
    render_speculation_table,
    render_table,
    run_gateway_benchmark,
    run_speculation_benchmark,
)
from aicockpit.cli.options import ConfigOption, JsonOption, SetOption, read_config
from aicockpit.cli.output import print_json, reports_errors, stdout
from aicockpit.cli.screen import base_url_of
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


@app.command("speculation")
@reports_errors
def speculation(
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="A served model; repeat it for those to compare with the first. "
            "Default: the default model.",
            show_default=False,
        ),
    ] = None,
    workload: Annotated[
        list[Workload] | None,
        typer.Option(help="What to ask. Repeatable. Default: everything.", show_default=False),
    ] = None,
    concurrency: Annotated[
        list[int] | None,
        typer.Option(
            min=1, max=64, help="Requests at a time. Repeatable. Default: 1, 2.", show_default=False
        ),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, max=50, help="Interleaved rounds.")] = 3,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Begin nothing after so many seconds, and print what there is.",
            show_default=False,
        ),
    ] = None,
    settings: SetOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """How fast a running gateway's models write ghost text, edits and answers.

    Serve one model several times with different speculation and name each with --model: they
    take turns, and are compared with the first.
    """
    loaded = read_config(config, settings or ()).config
    key = loaded.server.api_key
    plan = SpeculationPlan(
        base_url=base_url_of(loaded),
        models=tuple(model or ("default",)),
        workloads=tuple(workload or Workload),
        concurrencies=tuple(concurrency or (1, 2)),
        rounds=rounds,
        time_limit=seconds,
        api_key=key.get_secret_value() if key else None,
    )
    benchmark = run_speculation_benchmark(plan, TerminalProgress())
    if json:
        print_json(benchmark.data())
    else:
        stdout.print(render_speculation_table(benchmark))
