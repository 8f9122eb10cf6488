"""`aicockpit bench`: measurements, printed as tables."""

from __future__ import annotations

import typer

app = typer.Typer(
    help="Measure, and print the tables of the documentation.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
