"""Composes the commands.

A command imports what it needs, and some need much: only the one that was asked for is imported,
so that `aicockpit plan` answers at once. Help and documentation show all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from importlib import import_module
from typing import Annotated

import typer

from aicockpit import __version__

COMMANDS = ("serve", "status", "plan", "doctor", "batch")
"""Modules with a function of their own name."""
GROUPS = ("engines", "models", "fim", "extension", "bench")
"""Modules with an `app` of several commands."""


def main(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Turn the machines you own into a coding assistant."""
    if version:
        typer.echo(f"aicockpit {__version__}")
        raise typer.Exit


def compose(names: Collection[str]) -> typer.Typer:
    """The command line interface with these of its commands."""
    app = typer.Typer(
        name="aicockpit",
        help="Turn the machines you own into a coding assistant.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback(invoke_without_command=True)(main)
    for name in names:
        module = import_module(f"aicockpit.cli.{name}")
        if name in GROUPS:
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def __getattr__(name: str) -> typer.Typer:
    """`app`: the interface with all commands, made when someone asks for it."""
    if name != "app":
        raise AttributeError(name)
    return compose((*COMMANDS, *GROUPS))


def run() -> None:
    """Entry point of the `aicockpit` command."""
    known = (*COMMANDS, *GROUPS)
    compose([name for name in sys.argv[1:2] if name in known] or known)()
