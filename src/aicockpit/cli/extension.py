"""`aicockpit extension`: the editor extension that came with AiCockpit."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from aicockpit.cli.options import JsonOption
from aicockpit.cli.output import (
    EXIT_FAILED,
    print_error,
    print_json,
    print_table,
    reports_errors,
    stderr,
    stdout,
)
from aicockpit.editors import (
    EDITORS,
    FoundEditor,
    PackedExtension,
    choose_editors,
    download_extension,
    find_editors,
    find_packed,
    install_extension,
    installed_version,
    read_packed,
)
from aicockpit.errors import EditorFailedError
from aicockpit.paths import DataFolder

app = typer.Typer(
    help="Bring the extension into your editors.", no_args_is_help=True, rich_markup_mode=None
)

_NAMES = ", ".join(editor.name for editor in EDITORS)


@app.command("install")
@reports_errors
def install(
    editor: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=f"{_NAMES}, or the path of another editor's command. Repeatable. "
            "Default: all that are found.",
            show_default=False,
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="URL",
            help="Take the extension from a running AiCockpit server, such as a teammate's.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Install the extension into VS Code and the editors built on it, over any version there.

    Exits with 1 when one of several editors failed; the others have it then.
    """
    chosen = choose_editors(editor or [])
    with ExitStack() as stack:
        if source is None:
            packed = read_packed(find_packed().path)
        else:
            folder = DataFolder.default().downloads
            packed = stack.enter_context(download_extension(source, folder))
        failures = {each.name: _install_into(each, packed) for each in chosen}
    if json:
        print_json(
            {
                "version": packed.version,
                "editors": [
                    _row(each) | {"installed": error is None, "error": error and str(error)}
                    for each, error in zip(chosen, failures.values(), strict=True)
                ],
            }
        )
    if any(failures.values()):
        raise typer.Exit(EXIT_FAILED)


@app.command("list")
@reports_errors
def list_(json: JsonOption = False) -> None:
    """Show the editors of this machine and the version of the extension that each has."""
    found = find_editors()
    versions = [_version_in(editor) for editor in found]
    if json:
        rows = zip(found, versions, strict=True)
        print_json([_row(each) | {"extension": version} for each, version in rows])
        return
    print_table(
        ("NAME", "EDITOR", "EXTENSION", "COMMAND"),
        [
            (each.name, each.title, version or "-", str(each.command))
            for each, version in zip(found, versions, strict=True)
        ],
    )


@app.command("path")
@reports_errors
def path(json: JsonOption = False) -> None:
    """Print where the packed extension is, for editors that install from a file."""
    packed = find_packed()
    if json:
        print_json({"path": str(packed.path), "version": packed.version})
    else:
        stdout.print(str(packed.path), markup=False)


def _install_into(editor: FoundEditor, packed: PackedExtension) -> EditorFailedError | None:
    """Install and say so; a failure is said and returned, for other editors may follow."""
    with stderr.status(f"Installing into {editor.title}"):
        try:
            install_extension(editor, packed.path)
        except EditorFailedError as error:
            print_error(error)
            return error
    stderr.print(
        f"{editor.title} has AiCockpit {packed.version} now; reload windows that are open.",
        markup=False,
    )
    return None


def _version_in(editor: FoundEditor) -> str | None:
    try:
        return installed_version(editor)
    except EditorFailedError as error:
        print_error(error)
        return None


def _row(editor: FoundEditor) -> dict[str, object]:
    return {"name": editor.name, "title": editor.title, "command": str(editor.command)}
