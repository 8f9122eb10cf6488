"""`aicockpit fim`: what a model sees around a cursor."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from aicockpit.cli.options import ConfigOption, JsonOption, read_config
from aicockpit.cli.output import print_json, reports_errors, stderr
from aicockpit.config import Config, ModelSettings
from aicockpit.errors import FimUnsupportedError, MalformedRequestError, ModelNotFoundError
from aicockpit.fim import ContextFile, FimRequest
from aicockpit.gateway.directory import FimSource
from aicockpit.gateway.fim_prompts import ReadyPrompt, fim_family, ready_prompt
from aicockpit.gateway.fim_shapes import FimCall
from aicockpit.models import ModelStore, read_facts
from aicockpit.models.tokenizer import load_encoder
from aicockpit.paths import DataFolder

app = typer.Typer(
    help="Look at fill-in-the-middle prompts.", no_args_is_help=True, rich_markup_mode=None
)

_STARTER = "starter"
_LINE = re.compile(r"[^\n]*\n|[^\n]*\Z")
_POSITION = re.compile(r"(?P<file>.+):(?P<line>[0-9]+):(?P<column>[0-9]+)")


@app.callback()
def main() -> None:
    """Look at fill-in-the-middle prompts."""


@app.command("render")
@reports_errors
def render(
    position: Annotated[
        str,
        typer.Argument(metavar="FILE:LINE:COL", help="The cursor; lines and columns count from 1."),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            help="A key of the configuration, or a model on this machine. "
            "Default: the configured default model, else starter.",
            show_default=False,
        ),
    ] = None,
    context: Annotated[
        list[Path] | None,
        typer.Option(help="Another file for the prompt, the most useful last. Repeatable."),
    ] = None,
    repo: Annotated[
        str | None, typer.Option(help="Name of the repository.", show_default=False)
    ] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Room for the answer, in tokens.")] = 256,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse what does not fit instead of dropping it.")
    ] = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Print the exact prompt with which a model is asked to complete at a cursor."""
    path, prefix, suffix = split_at(position)
    others = tuple(ContextFile(str(file), _read(file)) for file in context or ())
    call = FimCall(
        request=FimRequest(prefix, suffix, path=path, repo=repo, context=others),
        new_tokens=max_tokens,
        allow_dropping=not strict,
        stream=False,
    )
    source = _source(model, read_config(config, ()).config)
    ready = ready_prompt(source, call, load_encoder(source.folder))
    if json:
        print_json(_report(source, ready))
        return
    typer.echo(ready.prompt.text)
    _print_counts(source, ready, max_tokens)


def split_at(position: str) -> tuple[str, str, str]:
    """The path of a `FILE:LINE:COL`, and its text before and after the cursor.

    Raises:
        MalformedRequestError: it has another form, or the file has no such place.
    """
    match = _POSITION.fullmatch(position)
    if match is None:
        raise MalformedRequestError(
            f'"{position}" is not a position in a file.',
            why="A position has the form FILE:LINE:COL, with lines and columns from 1.",
            remedy="Write, for example, src/app.py:12:5.",
        )
    path, line, column = match["file"], int(match["line"]), int(match["column"])
    # Not splitlines: editors do not count form feeds and the like as ends of lines.
    lines = _LINE.findall(_read(Path(path)))
    ends = len(lines[line - 1].rstrip("\r\n")) + 1 if 0 < line <= len(lines) else 0
    if not 0 < column <= ends:
        raise MalformedRequestError(
            f"{path} has no line {line} with a column {column}.",
            why=f"It has {len(lines)} lines" + (f", and this one {ends} columns." if ends else "."),
            remedy="Name a place inside the file; lines and columns count from 1.",
        )
    before = "".join(lines[: line - 1]) + lines[line - 1][: column - 1]
    return path, before, "".join([lines[line - 1][column - 1 :], *lines[line:]])


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedRequestError(
            f"{path} could not be read.",
            why=f"{type(error).__name__}: {error}.",
            remedy="Name a text file in UTF-8 that you may read.",
        ) from error


def _source(name: str | None, config: Config) -> FimSource:
    """Where the model's tokenizer lies, without any network."""
    key = name or config.server.default_model or next(iter(config.models), _STARTER)
    settings = config.models.get(key) or ModelSettings(source=key)
    located = ModelStore(DataFolder.default()).locate(settings.source, settings.revision)
    if located is None:
        raise ModelNotFoundError(
            f"The model {key} is not on this machine.",
            why="Rendering needs its tokenizer, and fetches nothing.",
            remedy=f"Fetch it with `aicockpit models pull {key}`.",
        )
    facts = read_facts(located.path)
    family = fim_family(settings, facts, located)
    if family is None:
        raise FimUnsupportedError(
            f"The model {located.name} does not fill in the middle.",
            why="Its tokenizer has none of the tokens that such models are trained with.",
            remedy="Name another with --model, or its family with fim in the configuration.",
        )
    return FimSource(family, located.path, settings.context or facts.context_length)


def _report(source: FimSource, ready: ReadyPrompt) -> dict[str, object]:
    return {
        "family": source.family.name,
        "context_length": source.context_length,
        "prompt": ready.prompt.text,
        "prompt_tokens": len(ready.prompt.token_ids),
        "token_ids": ready.prompt.token_ids,
        "stop_token_ids": ready.stop_token_ids,
        "dropped": asdict(ready.prompt.dropped),
    }


def _print_counts(source: FimSource, ready: ReadyPrompt, new_tokens: int) -> None:
    dropped = ready.prompt.dropped
    stderr.print(
        f"family {source.family.name}: {len(ready.prompt.token_ids)} prompt tokens and "
        f"{new_tokens} for the answer, of {source.context_length}",
        markup=False,
    )
    if dropped:
        stderr.print(
            f"dropped tokens: prefix {dropped.prefix_tokens}, suffix {dropped.suffix_tokens}, "
            f"context {dropped.context_tokens} ({dropped.context_files} files)",
            markup=False,
        )
