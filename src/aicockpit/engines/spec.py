"""What one engine shall be, and the command line that makes it so. Pure: values in, values out.

`engine_spec` turns a model's settings into typed arguments and lets `engine_args` have the last
word; `render_command` turns the result into a process.
"""

from __future__ import annotations

import json
import shutil
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aicockpit.config.model import speculation_flags
from aicockpit.engines.flags import engine_program, flag_name
from aicockpit.errors import ConfigError
from aicockpit.planner.cpu_cores import CORE_ENVIRONMENT
from aicockpit.planner.speculation import NgramDrafts, can_draft, planned_drafts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aicockpit.config import EngineSettings, ModelSettings
    from aicockpit.engines.environments import InstalledEnvironment
    from aicockpit.planner.machine import Accelerator

_ALIASES = {
    "tp": "tensor-parallel-size",
    "pp": "pipeline-parallel-size",
    "dp": "data-parallel-size",
    "device-memory-utilization": "gpu-memory-utilization",
}
"""Other spellings of flags that we set ourselves, so that none is given twice."""

_AGAINST_SPECULATION = frozenset({"async-scheduling", "logits-processors", "runner", "convert"})
"""Flags with which an engine cannot speculate by n-grams, or generates nothing at all."""

_INHERITED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR"),
        *("LD_LIBRARY_PATH", "LD_PRELOAD", "LIBRARY_PATH", "CPATH", "CC", "CXX"),
        *("HF_HOME", "HF_HUB_CACHE", "HF_MODULES_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
        *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
_INHERITED_PREFIXES = (
    *("LC_", "CUDA_", "NVIDIA_", "NCCL_", "GLOO_", "KMP_", "TORCH_", "TORCHINDUCTOR_"),
    *("PYTORCH_", "TRITON_", "VLLM_", "FLASHINFER_"),
)
_NEVER_INHERITED = frozenset(
    {
        "VLLM_API_KEY",
        # It would override the KV cache's size, and only knows whole GiB.
        "VLLM_CPU_KVCACHE_SPACE",
        # Opens endpoints that no key protects.
        "VLLM_SERVER_DEV_MODE",
    }
)
_ALWAYS = {
    "HF_HUB_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    # vLLM's own limit is 4. Continue sends 14 with a Qwen model.
    "VLLM_MAX_STOP_STRINGS": "32",
    "DO_NOT_TRACK": "1",
    "NO_COLOR": "1",
    "PYTHONUNBUFFERED": "1",
    "PYTHONNOUSERSITE": "1",
    # vLLM renames its processes, and without this the new name overwrites the environment that
    # /proc shows, and with it the marks that a sweep looks for.
    "SPT_NOENV": "1",
}
_CPU = {
    # vLLM 0.32.0 saves what it compiled for a CPU in a form that it cannot load ("'function' object
    # has no attribute 'finalize_loading'"), and compiles anew at every start. Without that form
    # PyTorch's own cache serves the second start: ready in 51 s instead of 86 s on two cores.
    "VLLM_USE_AOT_COMPILE": "0",
}


@dataclass(frozen=True)
class EngineSpec:
    """One engine, described by values alone."""

    id: str
    """Unique among all engines that ever run: the model's key and something random."""
    key: str
    """The model's key, which also names the log."""
    model_path: Path
    served_names: tuple[str, ...]
    """Names that the engine answers to; the first is the one in its responses."""
    accelerator: Accelerator
    arguments: Mapping[str, object] = field(default_factory=dict)
    """Flags without dashes and their values, `engine_args` included."""
    gpus: tuple[int, ...] | None = None
    """GPUs that the engine may see, by index; None for all."""
    slices: Mapping[int, str] = field(default_factory=dict)
    """UUIDs of the GPUs among all that are slices, which CUDA knows by nothing else."""


@dataclass(frozen=True)
class EngineCommand:
    """A process to start. The environment holds the API key, hence it is not shown."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class EngineSite:
    """What a model's settings leave open about its engine."""

    id: str
    """See `EngineSpec.id`; `new_engine_id` in `process` makes one."""
    key: str
    model_path: Path
    served_names: tuple[str, ...]
    accelerator: Accelerator
    gpus: tuple[int, ...] | None = None
    """GPUs chosen for it; only used when the settings say `auto`."""
    slices: Mapping[int, str] = field(default_factory=dict)
    """See `EngineSpec.slices`."""
    chat_template: Path | None = None
    """File with the settings' template, see `chat_template.template_file`."""
    architecture: str = ""
    """The model's, as its config.json has it; empty when nothing may follow from it."""
    planned: Mapping[str, object] = field(default_factory=dict)
    """Flags that the plan sets where the settings leave them open."""
    can_compile: bool = True
    """There is what CPU engines need for torch.compile; see `has_compiler`."""


def has_compiler(variables: Mapping[str, str]) -> bool:
    """Whether a process with these environment variables would find a C++ compiler to use.

    What torch.compile makes includes Python's own headers, which many systems install apart; an
    engine's Python has those of ours, which made its environment.
    """
    path = variables.get("PATH")
    named = bool(variables.get("CXX"))
    found = named or any(shutil.which(name, path=path) for name in ("g++", "clang++"))
    return found and python_headers().is_file()


def python_headers() -> Path:
    """The file that must be there for C and C++ to be compiled against our Python."""
    return Path(sysconfig.get_paths()["include"]) / "Python.h"


def check_speculation(key: str, settings: ModelSettings, accelerator: Accelerator) -> None:
    """Refuse speculation where it makes answers wrong, before anything is fetched for it.

    Raises:
        ConfigError: the settings ask for it on such an accelerator.
    """
    if settings.speculation in ("auto", "off") or can_draft(accelerator):
        return
    raise ConfigError(
        f"The model {key} cannot use speculation on a CPU.",
        why="An engine on a CPU that drafts tokens answers rightly at temperature 0 alone; a "
        "request that samples gets a wrong answer, or ends the engine.",
        remedy="Remove speculation from the model's settings. For an engine that is only asked at "
        "temperature 0, engine_args.speculative-config passes any setting on to vLLM.",
    )


def engine_spec(site: EngineSite, settings: ModelSettings, engines: EngineSettings) -> EngineSpec:
    """Describe the engine for a model."""
    gpus = site.gpus if settings.gpus == "auto" else settings.gpus
    if site.accelerator == "cpu":
        gpus = None
    drafts = drafts_of(settings, site.accelerator, site.architecture)
    typed: dict[str, object] = {
        "dtype": None if settings.dtype == "auto" else settings.dtype,
        "max-model-len": settings.context,
        "max-num-seqs": settings.max_sequences,
        "gpu-memory-utilization": settings.gpu_memory_utilization,
        "tensor-parallel-size": len(gpus) if gpus and len(gpus) > 1 else None,
        "chat-template": str(site.chat_template) if site.chat_template else None,
        "generation-config": (
            None if settings.generation_config == "auto" else settings.generation_config
        ),
        "override-generation-config": _sampling_defaults(settings, drafts) or None,
        "speculative-config": drafts.config() if drafts else None,
        "trust-remote-code": settings.trust_remote_code or None,
        # Without a compiler torch.compile fails minutes into the start.
        "enforce-eager": True if site.accelerator == "cpu" and not site.can_compile else None,
        "scheduling-policy": "priority",
        # Usage then says how many prompt tokens the cache had.
        "enable-prompt-tokens-details": True,
        # Otherwise vLLM puts a fingerprint on another event when usage is asked for, which the
        # gateway does unasked, and a relayed stream would differ from a direct one.
        "fingerprint-mode": "none",
        # The gateway knows who asked for what; the engine's log is for the engine.
        "disable-uvicorn-access-log": True,
    }
    # What the settings say is pinned in the plan, so the two only differ where they say nothing.
    typed |= site.planned
    given = {canonical_flag(name): value for name, value in settings.engine_args.items()}
    arguments = {
        name: value
        for name, value in typed.items()
        if value is not None and name not in {_base(other) for other in given}
    }
    arguments |= given
    if site.accelerator == "cpu" and "kv-cache-memory-bytes" not in arguments:
        arguments["kv-cache-memory-bytes"] = engines.cpu_kv_cache // _ranks(arguments)
    return EngineSpec(
        id=site.id,
        key=site.key,
        model_path=site.model_path,
        served_names=site.served_names,
        accelerator=site.accelerator,
        arguments=arguments,
        gpus=gpus,
        slices=site.slices,
    )


def drafts_of(
    settings: ModelSettings, accelerator: Accelerator, architecture: str
) -> NgramDrafts | None:
    """What a model's engine drafts; None for nothing, or when `engine_args` decide it."""
    match settings.speculation:
        case "off":
            return None
        case "ngram":
            return NgramDrafts()
        case "auto":
            given = {flag_name(key) for key, value in settings.engine_args.items() if value}
            stands_back = (
                given & _AGAINST_SPECULATION
                or speculation_flags(settings.engine_args)
                or settings.sampling_defaults.get("min_p")
            )
            if stands_back:
                return None
            return planned_drafts(settings.roles, accelerator, architecture)
        case _:
            return settings.speculation.drafts()


def _sampling_defaults(settings: ModelSettings, drafts: NgramDrafts | None) -> dict[str, object]:
    # With speculation vLLM refuses every request that has a min_p, and so every request at all
    # where the model's own generation_config.json has one.
    own: dict[str, object] = {"min_p": 0} if drafts else {}
    return own | settings.sampling_defaults


def render_command(
    spec: EngineSpec,
    environment: InstalledEnvironment,
    *,
    port: int,
    api_key: str,
    inherited: Mapping[str, str] | None = None,
    marks: Mapping[str, str] | None = None,
) -> EngineCommand:
    """The process for an engine.

    `inherited` is the caller's environment, of which only what engines need is passed on; `marks`
    are the variables by which a sweep knows the process.
    """
    program = engine_program(environment.python, spec.accelerator)
    model = str(spec.model_path)
    argv = [
        *program,
        *(["--model", model] if spec.accelerator == "cpu" else [model]),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--served-model-name", *spec.served_names),
    ]
    for name, value in spec.arguments.items():
        argv += _render_flag(name, value)
    variables = _inherit(inherited or {})
    path = variables.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    variables |= _ALWAYS | {
        "PATH": f"{environment.folder / 'bin'}:{path}",
        "VIRTUAL_ENV": str(environment.folder),
        "VLLM_API_KEY": api_key,
    }
    if spec.accelerator == "cpu":
        compiled = {"TORCHINDUCTOR_CACHE_DIR": str(environment.folder / "compiled")}
        variables = {**CORE_ENVIRONMENT, **_CPU, **compiled, **variables}
    if spec.gpus is not None:
        # The driver's order, in which we counted, and not fastest first.
        variables["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
        names = (spec.slices.get(index, str(index)) for index in spec.gpus)
        variables["CUDA_VISIBLE_DEVICES"] = ",".join(names)
    return EngineCommand(tuple(argv), {**variables, **(marks or {})})


def _inherit(caller: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in caller.items()
        if name not in _NEVER_INHERITED
        and (name in _INHERITED or name.startswith(_INHERITED_PREFIXES))
    }


def canonical_flag(key: str) -> str:
    """An `engine_args` key under the one name that we use for its flag."""
    name = flag_name(key)
    # Behind a dot follow names of the engine's fields, which keep their underscores.
    _, dot, path = key.partition(".")
    return f"{_ALIASES.get(name, name)}{dot}{path}"


def _base(name: str) -> str:
    return flag_name(name).removeprefix("no-")


def _ranks(arguments: Mapping[str, object]) -> int:
    """Processes that share the KV cache of one engine."""
    ranks = 1
    for name in ("tensor-parallel-size", "pipeline-parallel-size"):
        size = arguments.get(name, 1)
        ranks *= size if isinstance(size, int) and size > 0 else 1
    return ranks


def _render_flag(name: str, value: object) -> list[str]:
    flag = f"-{name}" if len(name) == 1 else f"--{name}"
    match value:
        case True:
            return [flag]
        case False:
            return [f"--no-{name}"]
        case list() | tuple():
            return [flag, *map(str, value)]
        case dict():
            return [flag, json.dumps(value, separators=(",", ":"))]
        case _:
            return [flag, str(value)]
