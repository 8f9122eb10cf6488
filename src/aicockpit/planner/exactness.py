"""How far a plan's memory can be trusted, and in which words that is told."""

from __future__ import annotations

from typing import Literal

from aicockpit.planner.calibration import Basis
from aicockpit.planner.engine_memory import EngineRelease
from aicockpit.planner.facts import ModelFacts

Exactness = Literal["measured", "inferred", "upper bound"]
"""How far the memory is known: by logs of this release; by those of another; or, for an
architecture whose cache is not known, only the most that it can be."""


def exactness(facts: ModelFacts, *, measured: bool) -> Exactness:
    """How far the memory of a model's engine is known.

    Args:
        facts: the model.
        measured: the engine's constants come from logs of its release on such hardware.
    """
    if facts.shape is None or not facts.cache_layers:
        return "upper bound"
    return "measured" if measured else "inferred"


def exactness_note(
    facts: ModelFacts, release: EngineRelease, known: Exactness, basis: Basis | None = None
) -> str:
    """What stands behind the figures, in a sentence or two.

    Args:
        facts: the model.
        release: the engine's.
        known: how far the memory is known.
        basis: the start on this machine that corrected the figures.
    """
    if basis is not None and known != "upper bound":
        which = "" if basis.of == "model" else " of another model of its architecture"
        told = f"Memory follows {basis}{which}."
        return told if basis.of == "model" else f"{told} {_weights(facts)}"
    match known:
        case "measured":
            told = f"Memory follows start-up logs of vLLM {release.version}."
        case "inferred":
            told = (
                f"No GPU logs of vLLM {release.version} were at hand: its rules are applied with "
                "the constants measured on 0.19."
            )
        case "upper bound":
            return (
                f"Cannot plan exactly: what the layers of {facts.architecture} "
                f"({facts.model_type or 'no model_type'}) cache is not known. Here is the upper "
                "bound of what it needs: every layer is taken to keep the keys and values of the "
                "whole context."
            )
    return f"{told} {_weights(facts)}"


def _weights(facts: ModelFacts) -> str:
    if facts.weights_exact:
        return "The weights are those of the files' headers."
    if facts.shape is not None and facts.shape.recurrent is not None:
        return (
            "The weights are counted from config.json; how near that comes for layers with a "
            "recurrent state was not measured."
        )
    return "The weights are counted from config.json, mostly within 1 %."
