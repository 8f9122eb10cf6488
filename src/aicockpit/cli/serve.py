"""`aicockpit serve`: the main job."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from aicockpit.cli.logs import log_to_file
from aicockpit.cli.options import ConfigOption, SetOption, parse_pairs, read_config
from aicockpit.cli.output import reports_errors, stderr
from aicockpit.cli.serving import serve_models
from aicockpit.config import Config
from aicockpit.engines import sweep
from aicockpit.errors import ConfigError
from aicockpit.fleet import prepare
from aicockpit.gateway import check_binding
from aicockpit.hardware import detect
from aicockpit.models import default_source, short_name
from aicockpit.paths import DataFolder
from aicockpit.terminal import TerminalProgress

_SUGGESTED_CONTEXT = 32_768
"""Tokens of context of a model that nobody named: models offer up to ten times that, and one
request of such length would take more KV cache than the machine has."""


@reports_errors
def serve(
    model: Annotated[
        str | None,
        typer.Argument(
            help="Model to serve: a key of the configuration, a local folder, a Hugging Face id "
            "or starter. Default: all configured models, else one that suits the machine.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    api_key: Annotated[
        str | None,
        typer.Option(
            help="Key that clients must send. Prefer the variable AICOCKPIT_SERVER__API_KEY: "
            "options are visible to other users of this machine."
        ),
    ] = None,
    served_name: Annotated[
        str | None, typer.Option(help="Name that clients use for the model.")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="Type of weights: auto, bfloat16, float16 or float32.")
    ] = None,
    context: Annotated[int | None, typer.Option(help="Longest context in tokens.")] = None,
    chat_template: Annotated[
        str | None, typer.Option(help="Jinja template: a file, or the template itself.")
    ] = None,
    generation_config: Annotated[
        str | None,
        typer.Option(help="Where default sampling comes from: auto, vllm or a folder."),
    ] = None,
    sampling_default: Annotated[
        list[str] | None,
        typer.Option(
            help="Sampling parameter when a request does not say, such as temperature=0.2. "
            "Repeatable.",
            metavar="NAME=VALUE",
        ),
    ] = None,
    trust_remote_code: Annotated[
        bool,
        typer.Option(
            "--trust-remote-code",
            help="Run Python code from the model's repository. It can do anything you can do.",
        ),
    ] = False,
    engine_arg: Annotated[
        list[str] | None,
        typer.Option(
            help="Any other vLLM flag without its dashes, such as enforce-eager=true. Repeatable.",
            metavar="FLAG=VALUE",
        ),
    ] = None,
    settings: SetOption = None,
    config: ConfigOption = None,
) -> None:
    """Serve models: install the engine, fetch the weights, start, answer.

    Options that describe a model apply to MODEL, or to the only configured model.
    """
    server = _given(host=host, port=port, api_key=api_key)
    about_model = _given(
        served_name=served_name,
        dtype=dtype,
        context=context,
        chat_template=chat_template,
        generation_config=generation_config,
        sampling_defaults=parse_pairs(sampling_default or (), "--sampling-default") or None,
        trust_remote_code=trust_remote_code or None,
        engine_args=parse_pairs(engine_arg or (), "--engine-arg") or None,
    )
    hardware = detect()
    data = DataFolder.default()
    chosen = choose_models(
        read_config(config, settings or ()).config, model, suggestion=default_source(hardware)
    )
    overrides = {"server": server, "models": model_overrides(chosen, about_model)}
    final = only_models(read_config(config, settings or (), overrides).config, chosen.keys)
    check_binding(final.server)
    log_to_file(data, final.engines)
    for swept in sweep(data):
        stderr.print(f"Ended process {swept.pid}, left by an AiCockpit that is gone.")
    progress = TerminalProgress()
    preparation = prepare(final, data, hardware, progress, fall_back_to_starter=chosen.is_default)
    for prepared in preparation.models:
        for note in prepared.notes:
            stderr.print(f"Note: {note}", markup=False)
        if chosen.is_default and prepared.model.located.origin == "starter":
            stderr.print(
                f"Serving the starter model. {prepared.model.settings.source} suits this machine "
                f"and is not on it; with access to the Hub, `aicockpit models pull` fetches it."
            )
    anyio.run(
        serve_models, final, preparation, data, progress, backend_options={"use_uvloop": True}
    )


@dataclass(frozen=True)
class Chosen:
    """Which models a command line asks for."""

    keys: list[str]
    """Keys of the models to run."""
    added: dict[str, Any] = field(default_factory=dict)
    """Sections to add to the configuration for them."""
    is_default: bool = False
    """Nobody named a model, so the starter may stand in for it."""


def choose_models(config: Config, model: str | None, *, suggestion: str) -> Chosen:
    """The models to run: the named one, else the configured ones, else the suggestion."""
    if model is None:
        if config.models:
            return Chosen(list(config.models))
        key = short_name(suggestion)
        added = {"source": suggestion, "context": _SUGGESTED_CONTEXT}
        return Chosen([key], {key: added}, is_default=True)
    if model in config.models:
        return Chosen([model])
    source = str(Path(model).absolute()) if Path(model).is_dir() else model
    key = short_name(source)
    return Chosen([key], {key: {"source": source}})


def model_overrides(chosen: Chosen, about_model: dict[str, Any]) -> dict[str, Any]:
    """Sections to lay over the configuration's models: those added, and the options' one."""
    if not about_model:
        return chosen.added
    if len(chosen.keys) > 1:
        raise _ambiguous(sorted(about_model), chosen.keys)
    key = chosen.keys[0]
    return {key: {**chosen.added.get(key, {}), **about_model}}


def only_models(config: Config, keys: list[str]) -> Config:
    """The configuration without the models that are not to run."""
    default = config.server.default_model
    server = config.server.model_copy(
        update={"default_model": default if default in keys else None}
    )
    models = {key: config.models[key] for key in keys}
    return config.model_copy(update={"models": models, "server": server})


def _given(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - checked by the configuration model
    return {name: value for name, value in values.items() if value is not None}


def _ambiguous(options: list[str], keys: list[str]) -> ConfigError:
    flags = ", ".join(f"--{name.replace('_', '-')}" for name in options)
    return ConfigError(
        f"It is not clear which model {flags} is meant for.",
        why=f"The configuration has several models: {', '.join(keys)}.",
        remedy="Name one: `aicockpit serve MODEL`, or set it in the model's own section.",
    )
