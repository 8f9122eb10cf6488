"""Which models to propose for a machine, out of those that are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from aicockpit.planner.alternatives import Alternative
from aicockpit.planner.engine_memory import GIB, EngineRelease
from aicockpit.planner.engine_plan import plan_engine
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.intent import Intent
from aicockpit.planner.machine import Hardware
from aicockpit.planner.plan import EnginePlan

Role = Literal["completion", "edit", "chat"]

DEFAULT_CONTEXT = 32_000
"""Tokens that the default model and a chat must have."""
_COMPLETION = Intent(context=8192, concurrency=4, role="completion")
"""What completions need: prompts are cut to a few thousand tokens, and editors send many."""
_WHOLE = 0.92
"""Share of a GPU that engines take together."""
_SHARES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
_CORE_MEMORY = 32 * GIB
"""RAM from which a machine is taken to have the cores for more than the smallest model."""
_MOST_OTHERS = 2


@dataclass(frozen=True)
class Licence:
    """What a model's licence means for those who use it."""

    name: str
    commercial: bool
    """Use at work is allowed."""
    free: bool
    """Without conditions on what the model is used for."""


@dataclass(frozen=True)
class Candidate:
    """A model that may be proposed."""

    source: str
    """Hub id."""
    model: str
    """Hub id of the model as it was published; another than `source` for quantised variants."""
    facts: ModelFacts
    roles: tuple[Role, ...]
    parameters: float
    """In billions."""
    licence: Licence
    default: bool = False
    """May be started when nobody names a model."""
    fim: str | None = None
    """Name of the fill-in-the-middle family."""
    tool_call_parser: str | None = None
    reasoning_parser: str | None = None


@dataclass(frozen=True)
class Proposed:
    """A candidate and how it would run."""

    candidate: Candidate
    intent: Intent
    plan: EnginePlan


def default_candidate(
    candidates: Sequence[Candidate], hardware: Hardware, release: EngineRelease
) -> Candidate:
    """The one model to start when nobody names one: the best that completes and chats.

    It goes by one GPU with all its memory, whoever holds some of it now. On a CPU speed decides,
    not room: decoding reads all weights for every token.

    Args:
        candidates: best first; at least one may be the default.
        hardware: the machine.
        release: the engine's.
    """
    defaults = [candidate for candidate in candidates if candidate.default]
    if not hardware.gpus:
        small = defaults[-2:] if hardware.memory >= _CORE_MEMORY else defaults[-1:]
        return small[0]
    largest = max(hardware.gpus, key=lambda gpu: gpu.memory)
    gpu = replace(largest, free_memory=largest.memory)
    alone = replace(hardware, gpus=(gpu,), links=(), nodes=1)
    for candidate in defaults:
        context = min(DEFAULT_CONTEXT, candidate.facts.context_length)
        intent = Intent(context=context)
        if plan_engine(candidate.source, candidate.facts, alone, intent, release).fits:
            return candidate
    return defaults[-1]


def propose(
    candidates: Sequence[Candidate], hardware: Hardware, intent: Intent, release: EngineRelease
) -> tuple[Proposed, ...]:
    """A chat model and a completion model that fit the machine together.

    One model for both where there are no GPUs, or too little memory for two; one for the role
    alone where the intent names it. Empty when nothing fits. Only models whose licence sets no
    conditions on their use are proposed to those who have named none.
    """
    candidates = [candidate for candidate in candidates if candidate.licence.free]
    if intent.role is not None:
        return _best_for(candidates, hardware, intent, release)
    pair = _pair(candidates, hardware, intent, release) if hardware.gpus else ()
    if pair:
        return pair
    candidate = default_candidate(candidates, hardware, release)
    plan = plan_engine(candidate.source, candidate.facts, hardware, intent, release)
    return (Proposed(candidate, intent, plan),)


def _best_for(
    candidates: Sequence[Candidate], hardware: Hardware, intent: Intent, release: EngineRelease
) -> tuple[Proposed, ...]:
    wanted = intent
    if intent.role == "completion" and intent.context is None:
        wanted = replace(intent, context=_COMPLETION.context)
    for candidate in candidates:
        if intent.role in candidate.roles:
            plan = plan_engine(candidate.source, candidate.facts, hardware, wanted, release)
            if plan.fits:
                return (Proposed(candidate, wanted, plan),)
    return ()


def _pair(
    candidates: Sequence[Candidate], hardware: Hardware, intent: Intent, release: EngineRelease
) -> tuple[Proposed, ...]:
    """The best chat model that leaves room for a completion model, and the best one beside it.

    Of a chat model's variants the least quantised one that fits is taken, but a better completion
    model is worth more than wider weights.
    """
    completing = [c for c in candidates if c.roles == ("completion",)]
    completions = [found for c in completing if (found := _smallest(c, hardware, release))]
    chatting = [c for c in candidates if "chat" in c.roles]
    for _, variants in groupby(chatting, key=lambda candidate: candidate.model):
        group = list(variants)
        for completion in completions:
            share = round(_WHOLE - (completion.intent.share or 0), 2)
            for candidate in group:
                context = min(DEFAULT_CONTEXT, candidate.facts.context_length)
                wanted = replace(
                    intent, role="chat", share=share, context=intent.context or context
                )
                plan = plan_engine(candidate.source, candidate.facts, hardware, wanted, release)
                if plan.fits:
                    return (Proposed(candidate, wanted, plan), completion)
    return ()


def _smallest(candidate: Candidate, hardware: Hardware, release: EngineRelease) -> Proposed | None:
    """A completion model with the smallest share of a GPU that is enough for it."""
    for share in _SHARES:
        intent = replace(_COMPLETION, share=share)
        plan = plan_engine(candidate.source, candidate.facts, hardware, intent, release)
        if plan.fits and plan.fit.arrangement.gpus == 1:
            return Proposed(candidate, intent, plan)
    return None


def quantised_variants(
    candidates: Sequence[Candidate],
    model: str,
    hardware: Hardware,
    intent: Intent,
    release: EngineRelease,
) -> Iterator[Alternative]:
    """Published quantised variants of a model that would fit."""
    for candidate in candidates:
        if candidate.model != model or candidate.source == model:
            continue
        plan = plan_engine(candidate.source, candidate.facts, hardware, intent, release)
        if plan.fits:
            bits = candidate.facts.quantization_bits
            price = f"{bits}-bit weights: {'hardly any' if bits == 8 else 'some'} accuracy"
            change = f"the published variant {candidate.source}"
            yield Alternative(change, price, plan.fit.context, plan.fit.concurrency)


def other_models(
    candidates: Sequence[Candidate],
    model: str,
    hardware: Hardware,
    intent: Intent,
    release: EngineRelease,
) -> Iterator[Alternative]:
    """The best other models for the same role that would fit, with their licences.

    One that may not be used at work is named only beside a model with the same licence.
    """
    role = intent.role or "chat"
    own = {entry.licence.name for entry in candidates if model in (entry.source, entry.model)}
    told: set[str] = {model}
    for candidate in candidates:
        if role not in candidate.roles or candidate.model in told:
            continue
        if not candidate.licence.commercial and candidate.licence.name not in own:
            continue
        plan = plan_engine(candidate.source, candidate.facts, hardware, intent, release)
        if plan.fits:
            told.add(candidate.model)
            size = f"{candidate.parameters:g} billion parameters"
            price = f"another model, of {size}, under {candidate.licence.name}"
            yield Alternative(candidate.source, price, plan.fit.context, plan.fit.concurrency)
            if len(told) > _MOST_OTHERS:
                return
