"""Composes the commands."""

from __future__ import annotations

from typing import Annotated

import typer

from aicockpit import __version__
from aicockpit.cli import batch, bench, engines, extension, fim, models, serve, status

app = typer.Typer(
    name="aicockpit",
    help="Turn the machines you own into a coding assistant.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Turn the machines you own into a coding assistant."""
    if version:
        typer.echo(f"aicockpit {__version__}")
        raise typer.Exit


app.command("serve")(serve.serve)
app.command("status")(status.status)
app.command("batch")(batch.batch)
app.add_typer(engines.app, name="engines")
app.add_typer(models.app, name="models")
app.add_typer(fim.app, name="fim")
app.add_typer(extension.app, name="extension")
app.add_typer(bench.app, name="bench")


def run() -> None:
    """Entry point of the `aicockpit` command."""
    app()
