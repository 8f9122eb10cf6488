"""What commands print: results on stdout, talk and errors on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aicockpit.errors import (
    CapacityError,
    CockpitError,
    ConfigError,
    EngineFlagError,
    UnknownEnvironmentError,
)

# Where nobody looks at a terminal of some width, a row of a table is a line.
stdout = Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 400)
stderr = Console(stderr=True, soft_wrap=True, highlight=False)

EXIT_FAILED = 1
"""The operation failed; the message says why."""
EXIT_USAGE = 2
"""The command line or the configuration is wrong; nothing was done."""
EXIT_DOES_NOT_FIT = 3
"""What was asked for does not fit into this machine's memory."""
EXIT_INTERRUPTED = 130
"""Ended by Ctrl-C."""

_EXIT_CODES: Mapping[type[CockpitError], int] = {
    ConfigError: EXIT_USAGE,
    EngineFlagError: EXIT_USAGE,
    UnknownEnvironmentError: EXIT_USAGE,
    CapacityError: EXIT_DOES_NOT_FIT,
}

P = ParamSpec("P")
R = TypeVar("R")


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command print a `CockpitError` in its three parts and exit with its code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except CockpitError as error:
            print_error(error)
            raise typer.Exit(exit_code(error)) from error
        except KeyboardInterrupt:
            stderr.print("Interrupted.")
            raise typer.Exit(EXIT_INTERRUPTED) from None

    return run


def exit_code(error: CockpitError) -> int:
    """The exit status that stands for an error."""
    kinds = (kind for kind in type(error).__mro__ if kind in _EXIT_CODES)
    return next((_EXIT_CODES[kind] for kind in kinds), EXIT_FAILED)


def print_error(error: CockpitError) -> None:
    """Say what happened, why, and what to do."""
    stderr.print(Text.assemble(("error", "bold red"), f" [{error.code}] ", (error.what, "bold")))
    stderr.print(Text.assemble(("  why: ", "dim"), error.why))
    stderr.print(Text.assemble(("  do:  ", "dim"), error.remedy))


def print_json(value: object) -> None:
    """Print a result for programs, one indented JSON document."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_DATACLASS
    sys.stdout.write(orjson.dumps(value, option=options, default=str).decode())


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a result for people."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    stdout.print(table)
