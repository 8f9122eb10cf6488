"""The plan of an engine on whatever a machine has."""

from __future__ import annotations

from aicockpit.planner.cpu_plan import plan_on_cpu
from aicockpit.planner.engine_memory import EngineRelease
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.intent import Intent
from aicockpit.planner.machine import Hardware
from aicockpit.planner.plan import EnginePlan, plan_on_gpus


def plan_engine(
    model: str, facts: ModelFacts, hardware: Hardware, intent: Intent, release: EngineRelease
) -> EnginePlan:
    """Plan an engine on a machine's GPUs, or on its processors where it has none.

    Args:
        model: name or folder, as the command line will have it.
        facts: the model.
        hardware: the machine.
        intent: what the engine is for and what is already decided.
        release: the engine's.
    """
    if hardware.accelerator == "cpu":
        return plan_on_cpu(model, facts, hardware, intent, release)
    return plan_on_gpus(model, facts, hardware, intent, release)
