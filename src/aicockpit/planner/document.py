"""A plan as programs get it: printed by `aicockpit plan --json`, written beside an engine's log.

docs/plan.schema.json is made from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from aicockpit.planner.alternatives import Alternative
from aicockpit.planner.commands import node_commands
from aicockpit.planner.engine_memory import GIB
from aicockpit.planner.exactness import Exactness, exactness_note
from aicockpit.planner.explanation import Figure, explain
from aicockpit.planner.planned import Planned
from aicockpit.planner.speed import SpeedBounds


@dataclass(frozen=True)
class Command:
    """What to run on one node."""

    node: int
    way: str
    """`vllm`: nodes find each other by vLLM's own flags. `ray`: in a Ray cluster."""
    environment: dict[str, str]
    lines: list[str]
    """Shell commands, one after the other; `$NODE0` is the first node's private address."""


@dataclass(frozen=True)
class PlanDocument:
    """A plan for one model on one kind of machine. Sizes in GiB are of each GPU, or of RAM."""

    __pydantic_config__: ClassVar[dict[str, bool]] = {"use_attribute_docstrings": True}

    fits: bool
    """Whether the engine starts and holds what was asked for."""
    model: str
    """As it was called."""
    engine_version: str
    """vLLM release that this is planned for."""
    exactness: Exactness
    """Memory known by logs of this release, by those of another, or only as an upper bound."""
    exactness_note: str
    """What stands behind the figures."""
    accelerator: str
    """`cuda` or `cpu`."""
    tensor_parallel_size: int
    pipeline_parallel_size: int
    data_parallel_size: int
    """Whole copies of the model."""
    nodes: int
    """Machines that one copy spans."""
    gpus: list[int]
    """Indices of the GPUs that the engine sees on each node; empty on a CPU."""
    weights_gib: float
    activations_gib: float
    other_gib: float
    """Libraries, and NCCL's buffers with several GPUs."""
    cuda_graphs_gib: float
    available_kv_cache_gib: float
    """Left for the KV cache; negative when that much is missing."""
    headroom_gib: float
    """What is still free when all of that is taken; negative when the first requests would run
    out of memory."""
    kv_cache_tokens: int
    """Tokens that the KV cache holds, as vLLM reports it at its start."""
    kv_cache_blocks: int
    block_size: int
    """Tokens of a block."""
    max_concurrency: float
    """Requests of `max_model_len` tokens that the cache holds at a time, per copy."""
    max_model_len: int
    """Tokens of one request: what was asked for, or the most that fits."""
    largest_context: int
    """Most tokens of one request that the cache holds."""
    limited_by: str | None
    """What keeps it from fitting, `options` when that is what was asked for and the warnings say
    why; null when nothing does."""
    engine_args: dict[str, bool | int | float | str]
    """vLLM's flags without their dashes."""
    environment: dict[str, str]
    """Variables of the engine's process."""
    commands: list[Command]
    """What starts it, for every node."""
    reasons: list[str]
    warnings: list[str]
    speed: SpeedBounds | None
    """Bounds for one request at a time, lowest and highest; null where bandwidth is not known."""
    alternatives: list[Alternative]
    """What would make it fit, cheapest first; empty when it does."""
    beside: list[PlanDocument]
    """Where no model was named: an engine for completions, to run on the same machine."""
    figures: list[Figure] | None = None
    """With --explain: everything that went into the memory."""


def document(planned: Planned, *, explain: bool = False) -> PlanDocument:
    """The plan as programs get it."""
    plan, facts, release = planned.plan, planned.target.facts, planned.release
    fit, budget, arrangement = plan.fit, plan.fit.budget, plan.fit.arrangement
    commands = node_commands(plan, planned.target.source)
    return PlanDocument(
        fits=plan.fits,
        model=planned.target.name,
        engine_version=release.version,
        exactness=plan.exactness,
        exactness_note=exactness_note(facts, release, plan.exactness, budget.known.basis),
        accelerator=planned.machine.accelerator,
        tensor_parallel_size=arrangement.tensor,
        pipeline_parallel_size=arrangement.pipeline,
        data_parallel_size=arrangement.replicas,
        nodes=arrangement.nodes,
        gpus=list(plan.gpus),
        weights_gib=_gib(budget.weights),
        activations_gib=_gib(budget.activations),
        other_gib=_gib(budget.other),
        cuda_graphs_gib=_gib(budget.graphs),
        available_kv_cache_gib=_gib(budget.available),
        headroom_gib=_gib(budget.spare),
        kv_cache_tokens=fit.tokens,
        kv_cache_blocks=fit.blocks,
        block_size=fit.cache.block_size,
        max_concurrency=round(fit.concurrency, 3),
        max_model_len=fit.context,
        largest_context=fit.largest_context,
        limited_by=fit.problem or (None if plan.fits else "options"),
        engine_args=plan.engine_args,
        environment=dict(plan.environment),
        commands=[Command(c.node, c.way, dict(c.environment), list(c.lines)) for c in commands],
        reasons=[*plan.reasons, *(f"{knob.flag}: {knob.reason}" for knob in plan.knobs)],
        warnings=[*planned.target.notes, *plan.warnings],
        speed=plan.speed,
        alternatives=list(planned.ways),
        beside=[document(other, explain=explain) for other in planned.beside],
        figures=_figures(planned) if explain else None,
    )


def _figures(planned: Planned) -> list[Figure]:
    return explain(planned.target.facts, planned.plan.fit, planned.release, planned.plan.exactness)


def _gib(size: int) -> float:
    return round(size / GIB, 3)
