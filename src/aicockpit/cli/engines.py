"""`aicockpit engines`: the environments that engines run in."""

from __future__ import annotations

from typing import Annotated

import typer

from aicockpit.cli.options import JsonOption
from aicockpit.cli.output import print_json, print_table, reports_errors, stderr
from aicockpit.engines import EnvironmentStore, environment_for
from aicockpit.hardware import detect
from aicockpit.paths import DataFolder
from aicockpit.terminal import TerminalProgress

app = typer.Typer(
    help="Install and remove engine environments.", no_args_is_help=True, rich_markup_mode=None
)

_NAME_HELP = "Environment, as in the list. Default: the one for this machine."


@app.command("list")
@reports_errors
def list_(json: JsonOption = False) -> None:
    """Show the engine environments and whether they are installed."""
    store = EnvironmentStore(DataFolder.default())
    statuses = [store.status(spec.name) for spec in store.catalog()]
    if json:
        print_json(
            [
                {
                    "name": status.spec.name,
                    "version": status.spec.version or None,
                    "accelerator": status.spec.accelerator,
                    "state": status.state,
                    "folder": str(status.folder),
                }
                for status in statuses
            ]
        )
        return
    print_table(
        ("NAME", "VERSION", "STATE", "WHAT IT IS"),
        [(s.spec.name, s.spec.version or "-", s.state, s.spec.summary) for s in statuses],
    )


@app.command("install")
@reports_errors
def install(
    name: Annotated[str | None, typer.Argument(help=_NAME_HELP, show_default=False)] = None,
) -> None:
    """Install an engine environment; does nothing when it is installed."""
    hardware = detect()
    store = EnvironmentStore(DataFolder.default())
    chosen = name or environment_for(hardware.accelerator)
    installed = store.install(chosen, TerminalProgress(), hardware)
    stderr.print(f"{installed.name} {installed.version} is installed in {installed.folder}.")


@app.command("remove")
@reports_errors
def remove(name: Annotated[str, typer.Argument(help="Environment, as in the list.")]) -> None:
    """Remove an engine environment from the disk."""
    removed = EnvironmentStore(DataFolder.default()).remove(name)
    stderr.print(f"{name} is removed." if removed else f"{name} was not installed.")
