"""`aicockpit batch`: a file of requests."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from aicockpit.batch import BatchOptions, BatchResult, run_batch
from aicockpit.cli.options import ConfigOption, JsonOption, SetOption, read_config
from aicockpit.cli.output import print_json, reports_errors, stderr
from aicockpit.paths import DataFolder
from aicockpit.terminal import TerminalProgress


@reports_errors
def batch(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN.jsonl",
            help="Requests in OpenAI's batch format, or plain lines with prompt or messages.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="OUT.jsonl", help="Where answers are appended."),
    ],
    model: Annotated[
        str | None, typer.Option(help="Model for all lines, in place of those they name.")
    ] = None,
    path: Annotated[
        Literal["auto", "gateway", "offline"],
        typer.Option(
            help="auto goes through the gateway when it serves the model, and else runs the "
            "engine directly."
        ),
    ] = "auto",
    concurrency: Annotated[
        int, typer.Option(min=1, max=1024, help="Requests at a time on the gateway's path.")
    ] = 16,
    settings: SetOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Carry out a file of requests; running it again goes on where it stopped.

    Lines that cannot be done are noted in OUT.errors.jsonl by number and the rest is done. Exits
    with 1 when there are any.
    """
    options = BatchOptions(source, output, model, path, concurrency)
    loaded = read_config(config, settings or ())
    result = run_batch(options, loaded.config, DataFolder.default(), TerminalProgress())
    if json:
        print_json(asdict(result) | {"left": result.left})
    else:
        _print_summary(result)
    raise typer.Exit(result.exit_status)


def _print_summary(result: BatchResult) -> None:
    before = f", {result.answered_before} were before" if result.answered_before else ""
    way = {"gateway": " through the gateway", "offline": " offline", "none": ""}[result.path]
    stderr.print(f"{result.answered} of {result.total} lines answered{way}{before}.")
    if result.seconds and result.completion_tokens:
        rate = result.completion_tokens / result.seconds
        stderr.print(
            f"{result.prompt_tokens} prompt tokens, {result.completion_tokens} generated "
            f"({rate:.1f} tokens/s)."
        )
    stderr.print(f"Answers: {result.output}", markup=False)
    if result.failed:
        stderr.print(f"{result.failed} lines failed; see {result.errors}", markup=False)
    if result.left:
        stderr.print(f"{result.left} lines are left; run the same command again to go on.")
