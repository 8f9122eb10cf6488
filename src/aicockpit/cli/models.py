"""`aicockpit models`: the weights on this machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from aicockpit.cli.options import ConfigOption, JsonOption, read_config
from aicockpit.cli.output import print_json, print_table, reports_errors, stderr
from aicockpit.models import LocatedModel, ModelStore, read_facts
from aicockpit.paths import DataFolder
from aicockpit.planner import ModelFacts
from aicockpit.progress import format_bytes
from aicockpit.terminal import TerminalProgress

app = typer.Typer(
    help="Fetch, show and remove models.", no_args_is_help=True, rich_markup_mode=None
)

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A local folder, a Hugging Face id, starter, or a key of the configuration.",
    ),
]
RevisionOption = Annotated[
    str | None, typer.Option(help="Branch, tag or commit on the Hub.", show_default=False)
]


@app.command("list")
@reports_errors
def list_(json: JsonOption = False) -> None:
    """Show the models that are on this machine."""
    records = ModelStore(DataFolder.default()).listing()
    if json:
        print_json([asdict(record) for record in records])
        return
    print_table(
        ("NAME", "SOURCE", "FROM", "REVISION", "SIZE"),
        [
            (
                record.name,
                record.source,
                record.origin,
                (record.revision or "-")[:12],
                format_bytes(record.size),
            )
            for record in records
        ],
    )


@app.command("pull")
@reports_errors
def pull(
    model: SourceArgument, revision: RevisionOption = None, config: ConfigOption = None
) -> None:
    """Fetch a model's newest files, resuming an earlier attempt."""
    located = _fetch(model, revision, config, refresh=True)
    stderr.print(f"{located.name} is in {located.path}", markup=False)


@app.command("show")
@reports_errors
def show(
    model: SourceArgument,
    revision: RevisionOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Show where a model was found and what its files say about it; fetches it if need be."""
    located = _fetch(model, revision, config, refresh=False)
    facts = read_facts(located.path)
    if json:
        totals = {"parameters": facts.parameters, "weight_bytes": facts.weight_bytes}
        print_json({"location": asdict(located), "facts": asdict(facts) | totals})
        return
    print_table(("", ""), [*_location_rows(located), *_facts_rows(facts)])


@app.command("remove")
@reports_errors
def remove(model: SourceArgument) -> None:
    """Delete a model's files; a folder of your own is never touched."""
    for removed in ModelStore(DataFolder.default()).remove(model):
        stderr.print(f"Removed {removed.source}, {format_bytes(removed.size)}.", markup=False)


def _fetch(
    model: str, revision: str | None, config: ConfigOption, *, refresh: bool
) -> LocatedModel:
    """Fetch a source, or the configured model of that key with its own settings."""
    settings = read_config(config, ()).config.models.get(model)
    return ModelStore(DataFolder.default()).fetch(
        settings.source if settings else model,
        revision=revision or (settings.revision if settings else None),
        progress=TerminalProgress(),
        trust_remote_code=settings.trust_remote_code if settings else False,
        refresh=refresh,
    )


def _location_rows(located: LocatedModel) -> list[tuple[str, str]]:
    return [
        ("name", located.name),
        ("found in", f"{located.origin}: {located.path}"),
        ("revision", located.revision or "-"),
    ]


def _facts_rows(facts: ModelFacts) -> list[tuple[str, str]]:
    return [
        ("architecture", facts.architecture),
        ("parameters", f"{facts.parameters:,}"),
        *(
            (f"  {group.dtype}", f"{group.parameters:,} in {format_bytes(group.size)}")
            for group in facts.tensors
        ),
        ("layers", str(facts.layers)),
        ("attention", _attention(facts)),
        ("context", f"{facts.context_length:,} tokens"),
        ("quantisation", facts.quantization or "none"),
        ("experts", _experts(facts)),
        ("vision", "yes" if facts.vision else "no"),
        ("custom code", "yes" if facts.custom_code else "no"),
        ("chat template", "yes" if facts.chat_template else "no"),
        ("FIM tokens", " ".join(facts.fim_tokens) or "none"),
        ("tool calls", facts.tool_call_format or "no known format"),
    ]


def _attention(facts: ModelFacts) -> str:
    window = f", window {facts.sliding_window:,}" if facts.sliding_window else ""
    return f"{facts.attention_heads} heads, {facts.kv_heads} KV heads of {facts.head_size}{window}"


def _experts(facts: ModelFacts) -> str:
    if facts.experts is None:
        return "none"
    return f"{facts.experts}, {facts.experts_per_token or '?'} per token"
