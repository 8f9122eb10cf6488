"""`aicockpit doctor`: what keeps this machine from serving, and what to do about it."""

from __future__ import annotations

import os

import typer
from rich.table import Table
from rich.text import Text

from aicockpit.cli.options import ConfigOption, JsonOption, SetOption, read_config
from aicockpit.cli.output import EXIT_FAILED, print_json, reports_errors, stdout
from aicockpit.doctor import Examination, Finding, Level, Surroundings, examine, look_around
from aicockpit.errors import ConfigError
from aicockpit.paths import DataFolder

_STYLES: dict[Level, str] = {
    "ok": "green",
    "note": "cyan",
    "warning": "yellow",
    "problem": "bold red",
}


@reports_errors
def doctor(config: ConfigOption = None, set_: SetOption = None, json: JsonOption = False) -> None:
    """Check whether this machine can serve: driver, GPUs, memory, disk, engine, port, secrets."""
    try:
        loaded = read_config(config, set_ or ())
    except ConfigError as error:
        surroundings = look_around(error, DataFolder.default(), os.environ)
    else:
        surroundings = look_around(loaded, DataFolder.default(), os.environ)
    examination = examine(surroundings)
    if json:
        print_json(_document(examination, surroundings))
    else:
        _show(examination)
    if not examination.can_serve:
        raise typer.Exit(EXIT_FAILED)


def _document(examination: Examination, surroundings: Surroundings) -> dict[str, object]:
    return {
        "can_serve": examination.can_serve,
        "accelerator": surroundings.accelerator,
        "findings": [
            {
                "area": area,
                "level": finding.level,
                "title": finding.title,
                "detail": finding.detail or None,
                "remedy": finding.remedy or None,
            }
            for area, finding in examination.findings
        ],
        "hardware": surroundings.hardware,
    }


def _show(examination: Examination) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    told = ""
    for area, finding in examination.findings:
        level = Text(finding.level, style=_STYLES[finding.level])
        table.add_row(level, "" if area == told else area, _words(finding))
        told = area
    stdout.print(table)
    stdout.print()
    stdout.print(_verdict(examination))


def _words(finding: Finding) -> Text:
    strong = "" if finding.level == "ok" else "bold"
    text = Text.assemble((finding.title, strong))
    if finding.detail:
        text.append(f" {finding.detail}" if "\n" not in finding.detail else f"\n{finding.detail}")
    if finding.remedy:
        text.append(f"\ndo: {finding.remedy}")
    return text


def _verdict(examination: Examination) -> Text:
    parts = [
        f"{count} {level}{'' if count == 1 else 's'}"
        for level in ("problem", "warning", "note")
        if (count := examination.count(level))
    ]
    counted = f" ({', '.join(parts)})" if parts else ""
    if examination.can_serve:
        return Text(f"This machine can serve{counted}.", style=_STYLES["ok"])
    return Text(f"This machine cannot serve as it is{counted}.", style=_STYLES["problem"])
