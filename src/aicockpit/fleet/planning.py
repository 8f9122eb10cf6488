"""What the planner is asked for a configured model, and what follows for its engine. Pure.

All that the configuration decides is pinned, `engine_args` included, so the plan is of the engine
that will run. Flags that no rule of the planner knows are told to it by name: starts with other
flags than these teach nothing about this one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from aicockpit.config import EngineSettings, ModelSettings
from aicockpit.engines import canonical_flag, drafts_of
from aicockpit.models import LocatedModel
from aicockpit.models.catalog import catalogue, find
from aicockpit.planner import Hardware, ModelFacts
from aicockpit.planner.engine_memory import EngineRelease
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.machine import Accelerator
from aicockpit.planner.parallelism import across
from aicockpit.planner.planned import Planned, Target, plan_target

_COUNTED = frozenset(
    {
        *("tensor-parallel-size", "pipeline-parallel-size", "gpu-memory-utilization"),
        *("max-num-batched-tokens", "max-num-seqs", "max-model-len", "dtype", "kv-cache-dtype"),
        *("quantization", "kv-cache-memory-bytes"),
    }
)
"""Flags whose values the planner is given."""
_WITHOUT_WEIGHT = frozenset(
    {
        *("enable-prefix-caching", "enable-chunked-prefill", "enable-auto-tool-choice", "seed"),
        *("tool-call-parser", "reasoning-parser", "chat-template", "chat-template-content-format"),
        *(
            "generation-config",
            "override-generation-config",
            "scheduling-policy",
            "uvicorn-log-level",
        ),
        *("enable-log-requests", "disable-log-stats", "trust-remote-code", "served-model-name"),
        *("enable-prompt-tokens-details", "fingerprint-mode", "disable-uvicorn-access-log"),
    }
)
"""Flags that change no memory worth counting."""
_BEYOND = frozenset(
    {
        *(
            "cpu-offload-gb",
            "kv-offloading-size",
            "kv-transfer-config",
            "hf-overrides",
            "hf-config-path",
        ),
        *("num-gpu-blocks-override", "data-parallel-size", "load-format", "block-size", "nnodes"),
    }
)
"""Flags with which an engine may start although the plan, which does not count them, says no."""
_INFERRED_MARGIN = 0.95
"""Share of the largest context that is asked for where the memory is not measured: all but one of
the starts in docs/planner.md lie within five per cent of their plan."""
_STEP = 256
"""Contexts that memory limits are rounded down to this many tokens, then."""
_FORMATS = {"half": "float16", "float": "float32"}
_UNITS = {"k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_BINARY_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


@dataclass(frozen=True)
class FetchedModel:
    """A configured model whose files are on this machine."""

    key: str
    settings: ModelSettings
    located: LocatedModel
    facts: ModelFacts


def plan_model(
    model: FetchedModel,
    machine: Hardware,
    engines: EngineSettings,
    release: EngineRelease,
    *,
    share: float | None = None,
) -> Planned:
    """Plan a model's engine on what it may have.

    Args:
        model: configured and fetched.
        machine: only the GPUs that it may have, none for an engine on the CPU, and only the memory
            that others leave to it.
        engines: how engines are run.
        release: the installed engine's.
        share: of each GPU, where others get some of it too.
    """
    accelerator = machine.accelerator
    intent = intent_of(model.settings, model.facts, accelerator, engines)
    settings = model.settings
    if settings.gpus != "auto" and len(machine.gpus) > 1 and not _sizes_are_given(intent.pins):
        # GPUs that were named are all used, and not only as many as are needed.
        named = across(model.facts, len(machine.gpus))
        pins = replace(intent.pins, tensor_parallel=named.tensor, pipeline_parallel=named.pipeline)
        intent = replace(intent, pins=pins)
    planned = _plan(model, machine, replace(intent, share=share), release)
    if planned.plan.exactness == "measured" or "max-model-len" not in planned_flags(model, planned):
        return planned
    safe = int(planned.plan.fit.context * _INFERRED_MARGIN) // _STEP * _STEP
    return _plan(model, machine, replace(planned.intent, context=max(_STEP, safe)), release)


def _plan(
    model: FetchedModel, machine: Hardware, intent: Intent, release: EngineRelease
) -> Planned:
    source = model.located.source  # the starter may stand in for what was configured
    known = find(source)
    target = Target(source, str(model.located.path), model.facts)
    return plan_target(
        target,
        machine,
        intent,
        release,
        model=known.model if known else source,
        catalogue=catalogue(),
    )


def intent_of(
    settings: ModelSettings, facts: ModelFacts, accelerator: Accelerator, engines: EngineSettings
) -> Intent:
    """What the settings of a model decide about its engine."""
    given = given_flags(settings)
    pins = pins_of(settings, given)
    if accelerator == "cpu" and pins.available_kv is None:
        ranks = (pins.tensor_parallel or 1) * (pins.pipeline_parallel or 1)
        pins = replace(pins, available_kv=engines.cpu_kv_cache // ranks)
    context = settings.context
    if "max-model-len" in given:
        context = _whole(given["max-model-len"])
    return Intent(
        context=context,
        role=settings.roles[0] if len(settings.roles) == 1 else None,
        pins=pins,
        speculation=drafts_of(settings, accelerator, facts.architecture) or "off",
    )


def given_flags(settings: ModelSettings) -> dict[str, object]:
    """What `engine_args` gives, by the names of vLLM's flags; short forms are written out."""
    flags: dict[str, object] = {
        canonical_flag(key): value for key, value in settings.engine_args.items()
    }
    if "q" in flags:
        flags.setdefault("quantization", flags.pop("q"))
    return flags


def pins_of(settings: ModelSettings, given: Mapping[str, object]) -> Pins:
    """What is pinned: `engine_args` first, as it has the last word, then the model's own fields."""
    utilization = given.get("gpu-memory-utilization", settings.gpu_memory_utilization)
    dtype = _text(given.get("dtype", settings.dtype))
    sequences = given.get("max-num-seqs", settings.max_sequences)
    return Pins(
        tensor_parallel=_whole(given.get("tensor-parallel-size")),
        pipeline_parallel=_whole(given.get("pipeline-parallel-size")),
        utilization=float(utilization) if isinstance(utilization, (int, float)) else None,
        batched_tokens=_whole(given.get("max-num-batched-tokens")),
        sequences=_whole(sequences),
        dtype=_FORMATS.get(dtype or "", dtype),
        kv_cache_dtype=_text(given.get("kv-cache-dtype")),
        quantization=_text(given.get("quantization")),
        available_kv=_whole(given.get("kv-cache-memory-bytes")),
        flags=_uncounted(given),
    )


def planned_flags(model: FetchedModel, planned: Planned) -> dict[str, object]:
    """Flags that the plan sets: those whose value is not the engine's own default anyhow."""
    plan = planned.plan
    fit = plan.fit
    flags: dict[str, object] = {}
    if _memory_limits_the_context(model, planned):
        flags["max-model-len"] = fit.context
    if not planned.machine.gpus:
        return flags
    arrangement = fit.arrangement
    if fit.options.utilization != planned.release.default_utilization:
        flags["gpu-memory-utilization"] = fit.options.utilization
    if arrangement.tensor > 1 or arrangement.pipeline > 1:
        flags["tensor-parallel-size"] = arrangement.tensor
    if arrangement.pipeline > 1:
        flags["pipeline-parallel-size"] = arrangement.pipeline
    if fit.options.dtype != model.facts.dtype:
        flags["dtype"] = fit.options.dtype
    return flags


def is_binding(model: FetchedModel, planned: Planned) -> bool:
    """Whether an engine whose plan does not fit would fail for sure."""
    flags = {name.partition(".")[0] for name in given_flags(model.settings)}
    return planned.plan.exactness != "upper bound" and not flags & _BEYOND


def start_notes(model: FetchedModel, planned: Planned) -> tuple[str, ...]:
    """What is worth saying before a model's engine starts, in sentences."""
    plan = planned.plan
    notes = []
    if not plan.fits:
        why = " ".join(plan.reasons[-1:] if plan.fit.problem is not None else plan.warnings[:1])
        notes.append(f"{model.key} may not start: {why}")
    if _memory_limits_the_context(model, planned):
        more = "engines.cpu_kv_cache" if not planned.machine.gpus else "a larger share of the GPU"
        notes.append(
            f"{model.key} has a context of {plan.fit.context:,} tokens, because its KV cache holds "
            f"no more; the model could {model.facts.context_length:,}. More memory for the cache "
            f"({more}) gives more."
        )
    return (*notes, *plan.warnings)


def _memory_limits_the_context(model: FetchedModel, planned: Planned) -> bool:
    plan = planned.plan
    nobody_says = model.settings.context is None and "max-model-len" not in given_flags(
        model.settings
    )
    return (
        nobody_says
        and plan.fits
        and is_binding(model, planned)
        and 0 < plan.fit.context < model.facts.context_length
    )


def _sizes_are_given(pins: Pins) -> bool:
    return pins.tensor_parallel is not None or pins.pipeline_parallel is not None


def _uncounted(given: Mapping[str, object]) -> tuple[str, ...]:
    """Names of flags that may change the memory; values only where they cannot be a secret."""
    found = []
    for name, value in given.items():
        base = name.partition(".")[0].removeprefix("no-")
        if base not in _COUNTED | _WITHOUT_WEIGHT:
            shown = isinstance(value, (bool, int, float))
            found.append(f"{name}={value}" if shown else name)
    return tuple(sorted(found))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value != "auto" else None


def _whole(value: object) -> int | None:
    """A number as vLLM reads it (`utils/argparse_utils.py`): 4096, "4k", "4K"; None for others."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value) if value > 0 else None
    if not isinstance(value, str):
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmMgGtT]?)", value.strip())
    if match is None:
        return None
    factor = (_UNITS | _BINARY_UNITS).get(match[2], 1)
    return int(float(match[1]) * factor) or None
