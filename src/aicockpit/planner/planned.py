"""A plan with everything it was made from, and the ways out where it does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aicockpit.planner.alternatives import Alternative, alternatives
from aicockpit.planner.candidates import Candidate, other_models, quantised_variants
from aicockpit.planner.engine_memory import EngineRelease
from aicockpit.planner.engine_plan import plan_engine
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.intent import Intent
from aicockpit.planner.machine import Hardware
from aicockpit.planner.plan import EnginePlan


@dataclass(frozen=True)
class Target:
    """A model to plan for."""

    name: str
    """As the user called it."""
    source: str
    """Folder or Hub id that vLLM is given."""
    facts: ModelFacts
    notes: tuple[str, ...] = ()
    """Where its facts come from, if not from the model itself."""


@dataclass(frozen=True)
class Planned:
    """A plan with what it was made from."""

    target: Target
    machine: Hardware
    intent: Intent
    release: EngineRelease
    plan: EnginePlan
    ways: tuple[Alternative, ...]
    """What would make it fit; empty when it does."""
    beside: tuple[Planned, ...] = ()
    """Engines that were planned to run on the same machine with it."""


def plan_target(
    target: Target,
    machine: Hardware,
    intent: Intent,
    release: EngineRelease,
    *,
    model: str,
    catalogue: Sequence[Candidate],
) -> Planned:
    """Plan, and look for ways out when it does not fit.

    Args:
        target: the model.
        machine: what it shall run on.
        intent: what it is for.
        release: the engine's.
        model: Hub id under which the catalogue may have variants of it.
        catalogue: known models, best first, for variants and others that would fit.
    """
    plan = plan_engine(target.name, target.facts, machine, intent, release)
    planned = Planned(target, machine, intent, release, plan, ())
    return planned if plan.fits else replace(planned, ways=_ways(planned, model, catalogue))


def _ways(planned: Planned, model: str, catalogue: Sequence[Candidate]) -> tuple[Alternative, ...]:
    """The model's own quantised variants, then other options, then other models."""
    target, machine = planned.target, planned.machine
    intent, release = planned.intent, planned.release
    loose = replace(intent, pins=replace(intent.pins, quantization=None))
    variants = quantised_variants(catalogue, model, machine, loose, release)
    others = other_models(catalogue, model, machine, loose, release)
    options = alternatives(target.name, target.facts, machine, intent, release)
    return (*variants, *options, *others)
