"""Every setting of `cockpit.toml`, declared once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from aicockpit.config.values import Duration, Size
from aicockpit.fim import FAMILIES, FimFamily, TemplateProblem, custom_family
from aicockpit.planner.speculation import NgramDrafts

Role = Literal["completion", "edit", "chat"]
"""What a model is used for in the editor."""

EngineArgument = bool | int | float | str | list[int | float | str] | dict[str, object]
"""The value of one vLLM flag; true and false become `--flag` and `--no-flag`, tables JSON."""

_MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


_DRAFTS = NgramDrafts()


def speculation_flags(engine_args: Iterable[str]) -> list[str]:
    """Those keys of `engine_args` that tell vLLM how to speculate, as they are written."""
    names = {key: key.lstrip("-").replace("_", "-").partition(".")[0] for key in engine_args}
    return [
        key
        for key, name in names.items()
        if name in {"speculative-config", "sc"} or name.startswith("spec-")
    ]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ServerSettings(_Section):
    """The gateway's own address, access and limits."""

    host: str = "127.0.0.1"
    """Address to listen on. Anything but a loopback address needs `api_key`."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    """TCP port to listen on."""
    api_key: SecretStr | None = None
    """Key that clients must send as `Authorization: Bearer …`. Prefer the environment variable
    `AICOCKPIT_SERVER__API_KEY` to writing it into the file."""
    default_model: str | None = None
    """Key of the model that `default` stands for; the first configured model when not given."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names that requests may carry beside the bound address and the machine's own names;
    only read when a key is configured."""
    allowed_origins: tuple[str, ...] = ()
    """Web origins, such as `https://example.org`, whose pages may call the gateway."""
    max_request_size: Size = 32 * 2**20
    """Largest request body."""
    shutdown_timeout: Duration = 10.0
    """How long running requests may finish after the first Ctrl-C."""

    @field_validator("api_key")
    @classmethod
    def _key_is_long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < 8:
            raise ValueError("must have at least 8 characters")
        return key


class EngineSettings(_Section):
    """How engine processes are run, for all models."""

    accelerator: Literal["auto", "cuda", "cpu"] = "auto"
    """What engines run on: `auto` takes the GPUs when the machine has usable ones."""
    start_timeout: Duration = 1800.0
    """How long an engine may take to become ready before it is given up."""
    stop_timeout: Duration = 10.0
    """How long an engine may take to end by itself before it is ended by force."""
    cpu_kv_cache: Size = 2 * 2**30
    """Memory of the KV cache of each engine that runs on the CPU."""
    log_size: Size = 16 * 2**20
    """Size at which an engine's log file is rotated."""
    log_files: Annotated[int, Field(ge=1, le=100)] = 3
    """Rotated log files kept per engine, the current one included."""
    max_restarts: Annotated[int, Field(ge=0, le=100)] = 3
    """How often in a row an engine that ended by itself is started again."""


class FimTemplate(_Section):
    """How to ask a model of no known family to fill in the middle."""

    template: str
    """The prompt, with `{prefix}` and `{suffix}`; whatever in it looks like `<a token>` or
    `[TOKEN]` must be a special token of the model."""
    cross_template: str = ""
    """The prompt with other files, with `{prefix}`, `{suffix}` and `{context}`, perhaps
    `{path}` and `{repo}`; when not given, files come first, as plain text."""
    context_block: str = ""
    """One file inside `{context}`, with `{text}`, perhaps `{path}`."""
    repo_header: str = ""
    """What `{repo}` becomes when the repository is known, with `{repo}` for its name."""
    tokens: tuple[str, ...] = ()
    """The special tokens, when they cannot be told by their look."""
    stop_tokens: tuple[str, ...] = ()
    """Further special tokens that end a completion."""

    @model_validator(mode="after")
    def _template_is_usable(self) -> FimTemplate:
        try:
            self.family()
        except TemplateProblem as problem:
            raise ValueError(str(problem)) from problem
        return self

    def family(self) -> FimFamily:
        """Return what the `fim` package takes."""
        return custom_family(**self.model_dump())


class NgramSpeculation(_Section):
    """Drafting what followed the last few tokens where they occurred before, in other measures."""

    tokens: Annotated[int, Field(ge=1, le=64)] = _DRAFTS.tokens
    """Most tokens drafted at a time."""
    lookup_max: Annotated[int, Field(ge=1, le=64)] = _DRAFTS.lookup_max
    """Most tokens that are looked for in the text before."""
    lookup_min: Annotated[int, Field(ge=1, le=64)] = _DRAFTS.lookup_min
    """Fewest tokens that must be found there; with fewer nothing is drafted."""

    @model_validator(mode="after")
    def _lookups_agree(self) -> NgramSpeculation:
        if self.lookup_min > self.lookup_max:
            raise ValueError("lookup_min must not be above lookup_max")
        return self

    def drafts(self) -> NgramDrafts:
        """Return what the planner takes."""
        return NgramDrafts(**self.model_dump())


class ModelSettings(_Section):
    """One model that AiCockpit runs."""

    source: str
    """Where the weights come from: a local folder, a Hugging Face id or `starter`."""
    revision: str | None = None
    """Branch, tag or commit on the Hub; the default branch when not given."""
    served_name: str | None = None
    """Name that clients use; the source's short lower-case name when not given."""
    roles: tuple[Role, ...] = ("completion", "edit", "chat")
    """What the editor uses this model for."""
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    """Type of weights and activations."""
    context: Annotated[int, Field(ge=16)] | None = None
    """Longest context in tokens (prompt and answer); the model's own when not given."""
    gpus: Literal["auto"] | tuple[Annotated[int, Field(ge=0)], ...] = "auto"
    """GPUs that the engine may use, by index."""
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of each GPU's memory that the engine may take; vLLM's own default when not given."""
    max_sequences: Annotated[int, Field(ge=1)] | None = None
    """Most requests that the engine works on at a time; vLLM's own default when not given."""
    chat_template: str | None = None
    """A Jinja template file, or the template itself, in place of the model's own."""
    generation_config: str = "auto"
    """Where default sampling comes from: `auto` (the model's own file), `vllm` (vLLM's
    defaults) or a folder with a generation_config.json."""
    sampling_defaults: dict[str, bool | int | float | str | list[int]] = {}
    """Sampling parameters that override `generation_config` when a request does not say."""
    fim: str | FimTemplate = "auto"
    """How the model is asked to fill in the middle: `auto` (found from the tokenizer and the
    name), `off`, the name of a family such as `qwen`, or a table with a template."""
    speculation: Literal["auto", "off", "ngram"] | NgramSpeculation = "auto"
    """Whether the engine drafts tokens from the text before and checks several in one step: `off`,
    `ngram`, a table, or `auto`, which is `ngram` on a GPU for a model with the role edit and
    without completion. Not for engines on CPUs. With it, vLLM refuses requests with `min_p` or
    `logit_bias`."""
    trust_remote_code: bool = False
    """Let the engine run Python code that the model's repository carries. That code can do
    anything that you can do on this machine."""
    engine_args: dict[str, EngineArgument] = {}
    """Any other vLLM flag, without its dashes. The last word: it wins over all of the above."""

    @field_validator("source")
    @classmethod
    def _source_is_named(cls, source: str) -> str:
        if not source.strip():
            raise ValueError("must name a folder, a Hugging Face id or starter")
        return source

    @field_validator("fim")
    @classmethod
    def _fim_is_known(cls, fim: str | FimTemplate) -> str | FimTemplate:
        if isinstance(fim, str) and fim not in ("auto", "off", *FAMILIES):
            known = ", ".join(FAMILIES)
            raise ValueError(f"must be auto, off, a table with a template, or one of: {known}")
        return fim

    @model_validator(mode="after")
    def _speculation_is_said_once(self) -> ModelSettings:
        if self.speculation == "auto":
            return self
        if flags := speculation_flags(self.engine_args):
            raise ValueError(
                f"speculation and engine_args.{flags[0]} both say how to speculate; remove one"
            )
        if self.speculation != "off" and self.sampling_defaults.get("min_p"):
            raise ValueError("speculation does not go with a min_p in sampling_defaults")
        return self

    @field_validator("served_name")
    @classmethod
    def _served_name_is_usable(cls, name: str | None) -> str | None:
        if name == "default":
            raise ValueError("must not be default, which is the alias of the default model")
        if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", name):
            raise ValueError("may only have letters, digits, dots, dashes, underscores and slashes")
        return name


class Config(_Section):
    """All settings."""

    server: ServerSettings = ServerSettings()
    """The gateway's own address, access and limits."""
    engines: EngineSettings = EngineSettings()
    """How engine processes are run, for all models."""
    models: dict[str, ModelSettings] = {}
    """The models to run, by the key that names them in commands."""

    @model_validator(mode="after")
    def _names_agree(self) -> Config:
        for key in self.models:
            if not _MODEL_NAME.fullmatch(key) or key == "default":
                raise ValueError(
                    f'models: "{key}" cannot be a key; use lower-case letters, digits, dots, '
                    "dashes and underscores, and not default"
                )
        default = self.server.default_model
        if default is not None and default not in self.models:
            known = ", ".join(self.models) or "none"
            raise ValueError(
                f'server.default_model: "{default}" is not a configured model; those are: {known}'
            )
        return self
