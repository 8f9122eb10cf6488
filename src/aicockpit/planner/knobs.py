"""The engine's options that a plan sets, each with its reason."""

from __future__ import annotations

import json
from dataclasses import dataclass

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.fit import Fit
from aicockpit.planner.intent import Intent
from aicockpit.planner.machine import Accelerator
from aicockpit.planner.number_formats import NumberFormats
from aicockpit.planner.speculation import NgramDrafts, can_draft, planned_drafts


@dataclass(frozen=True)
class Knob:
    """One option of the engine."""

    flag: str
    """vLLM's, without its dashes."""
    value: bool | int | float | str | None
    """None leaves vLLM's own default, for the reason given."""
    reason: str


def choose_knobs(
    facts: ModelFacts, fit: Fit, intent: Intent, formats: NumberFormats
) -> tuple[Knob, ...]:
    """The options of an engine that fits as `fit` says."""
    arrangement, options = fit.arrangement, fit.options
    knobs = [
        Knob("tensor-parallel-size", arrangement.tensor, "GPUs that share each layer"),
        Knob("pipeline-parallel-size", arrangement.pipeline, "stages that share the layers"),
        _utilization(fit, intent),
        _context(facts, fit, intent),
        Knob("max-num-batched-tokens", options.limits.batched_tokens, _batch_reason(intent)),
        Knob("max-num-seqs", options.limits.sequences, _sequences_reason(fit, intent)),
        Knob("dtype", formats.dtype, _dtype_reason(facts, formats)),
        Knob("kv-cache-dtype", formats.kv_cache_dtype, _cache_reason(formats)),
        Knob("quantization", formats.quantization, _quantization_reason(facts, formats)),
        Knob("enable-prefix-caching", value=True, reason=_PREFIX),
        Knob("enable-chunked-prefill", value=True, reason=_CHUNKS),
        Knob("cpu-offload-gb", None, "off: every token would wait for what lies in RAM"),
        Knob("kv-offloading-size", None, "off: it pays where long prompts come back after a while"),
        speculation_knob(facts, intent, "cuda"),
    ]
    if arrangement.replicas > 1:
        copies = Knob("data-parallel-size", arrangement.replicas, "whole copies of the model")
        knobs.insert(2, copies)
    return tuple(knobs)


_PREFIX = "editors send the same prompt again with a little more at its end"
_CHUNKS = "a long prompt must not hold up those who wait for the next token"


def _utilization(fit: Fit, intent: Intent) -> Knob:
    value = fit.options.utilization
    if intent.pins.utilization is not None:
        reason = "asked for"
    elif intent.share is not None:
        reason = "the share of the GPU that was given to this engine"
    elif value == fit.options.release.default_utilization:
        reason = f"vLLM {fit.options.release.version}'s own default"
    else:
        default = fit.options.release.default_utilization
        reason = f"less than vLLM's {default}: others hold the rest, or the first requests need it"
    return Knob("gpu-memory-utilization", value, reason)


def _context(facts: ModelFacts, fit: Fit, intent: Intent) -> Knob:
    if intent.context is not None:
        reason = "asked for"
    elif fit.context < facts.context_length:
        reason = "the longest that fits into the KV cache"
    else:
        reason = "all that the model was made for, which fits"
    return Knob("max-model-len", fit.context or None, reason)


def _batch_reason(intent: Intent) -> str:
    if intent.pins.batched_tokens is not None:
        return "asked for"
    return "vLLM's default for this GPU: smaller steps keep the wait between tokens short"


def _sequences_reason(fit: Fit, intent: Intent) -> str:
    limits = fit.options.limits
    if intent.pins.sequences is not None:
        return "asked for"
    if limits.sequences == limits.batched_tokens:
        return "no more than the tokens of a step, which vLLM demands"
    if limits.sequences * fit.arrangement.replicas == intent.concurrency:
        return "as many as are wanted at a time"
    return "vLLM's default for this GPU"


def _dtype_reason(facts: ModelFacts, formats: NumberFormats) -> str:
    same = formats.dtype == facts.dtype
    return "as in the checkpoint" if same else "what these GPUs can compute in"


def _cache_reason(formats: NumberFormats) -> str:
    if formats.kv_cache_dtype == "auto":
        return "as the activations: no loss; fp8 would hold twice the tokens"
    return "asked for"


def _quantization_reason(facts: ModelFacts, formats: NumberFormats) -> str:
    if formats.quantization is not None:
        return "asked for"
    if facts.quantization is not None:
        return f"the checkpoint is quantised already ({facts.quantization})"
    return "none: the weights stay as they are"


_EVERY_ROLE = ("completion", "edit", "chat")


def speculation_knob(facts: ModelFacts, intent: Intent, accelerator: Accelerator) -> Knob:
    """What the engine drafts: what was decided, else what its role and accelerator allow."""
    asked = intent.speculation
    if isinstance(asked, NgramDrafts):
        return _drafts(asked, "n-gram drafts: edits repeat most of their prompt")
    if not can_draft(accelerator):
        off = "off: engines on CPUs answer wrongly while they draft"
    elif asked == "off":
        off = "off: decided by speculation, the roles or engine_args in the model's settings"
    else:
        roles = (intent.role,) if intent.role else _EVERY_ROLE
        drafts = planned_drafts(roles, accelerator, facts.architecture)
        if drafts is not None:
            return _drafts(drafts, "n-gram drafts: the engine mostly edits what it is given")
        off = "off: no draft model is named, and n-gram lookup pays for edits only"
    return Knob("speculative-config", None, off)


def _drafts(drafts: NgramDrafts, reason: str) -> Knob:
    value = json.dumps(drafts.config(), separators=(",", ":"))
    return Knob("speculative-config", value, reason)
