"""Which arrangement of the machine's GPUs a model gets, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.fit import Fit
from aicockpit.planner.grouping import link_within
from aicockpit.planner.intent import Intent
from aicockpit.planner.machine import Hardware
from aicockpit.planner.parallelism import (
    Arrangement,
    across,
    smallest_first,
    tensor_parallel_problem,
)
from aicockpit.planner.speed import is_fast

Try = Callable[[Arrangement], Fit]


@dataclass(frozen=True)
class Choice:
    """An arrangement with its reasons."""

    fit: Fit
    reasons: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def choose(facts: ModelFacts, hardware: Hardware, intent: Intent, attempt: Try) -> Choice:
    """Choose the arrangement: one GPU, else the node, else all nodes.

    Args:
        facts: the model.
        hardware: with at least one GPU.
        intent: what the engine is for; pinned sizes are kept.
        attempt: evaluates one arrangement.
    """
    pins = intent.pins
    if pins.tensor_parallel is not None or pins.pipeline_parallel is not None:
        return _pinned(facts, hardware, intent, attempt)
    gpus = _together(hardware)
    single = attempt(Arrangement())
    if single.problem is None or _hopeless(single):
        return _on_one(facts, hardware, intent, single, attempt)
    if gpus == 1 and hardware.nodes == 1:
        return Choice(single, ("The machine has one GPU that an engine can use.",))
    if single.problem == "concurrency" and gpus > 1:
        node = _together_or_copied(facts, hardware, _more_requests(single, intent), attempt)
    else:
        shared = attempt(across(facts, gpus))
        node = _on_node(facts, hardware, shared, _smaller(facts, gpus, attempt))
    if node.fit.problem is None or hardware.nodes == 1:
        return node
    everything = attempt(across(facts, gpus, hardware.nodes))
    return _on_nodes(facts, hardware, node.fit, everything)


def _together(hardware: Hardware) -> int:
    """GPUs of a node that can work on one model."""
    return 1 if any(gpu.mig for gpu in hardware.gpus) else len(hardware.gpus)


def _hopeless(single: Fit) -> bool:
    return single.problem == "model"


def _on_one(
    facts: ModelFacts, hardware: Hardware, intent: Intent, single: Fit, attempt: Try
) -> Choice:
    gpus = _together(hardware)
    if gpus == 1:
        return Choice(single, ("The machine has one GPU that an engine can use.",))
    if intent.objective == "latency":
        hidden = (
            f"It fits on one GPU: that one alone works on it, and the other {gpus - 1} are hidden "
            "from the engine."
        )
        return Choice(single, (hidden,))
    return _together_or_copied(facts, hardware, "More throughput is wanted", attempt)


def _more_requests(single: Fit, intent: Intent) -> str:
    return f"One GPU is enough for {single.served:.1f} of the {intent.concurrency} requests"


def _together_or_copied(facts: ModelFacts, hardware: Hardware, need: str, attempt: Try) -> Choice:
    """All GPUs of the node for a model that one could hold: as one engine, or as copies."""
    gpus = _together(hardware)
    link = hardware.slowest_link([gpu.index for gpu in hardware.gpus])
    shared = across(facts, gpus)
    why = f"joined by {link}" if link else "joined in a way that is not known"
    if is_fast(link) and shared.pipeline == 1:
        reason = (
            f"{need} and the GPUs are {why}: all {gpus} share each layer, which leaves the most "
            "memory for the KV cache."
        )
        return Choice(attempt(shared), (reason,))
    if facts.shape is not None and facts.shape.experts is not None:
        # vLLM divides experts among data-parallel copies too, which then exchange at every layer.
        stages = Arrangement(pipeline=gpus) if gpus <= facts.layers else shared
        reason = (
            f"{need} and the GPUs are {why}: the layers form {stages.pipeline} stages, which pass "
            "little over it. Copies of a mixture of experts would share their experts over it."
        )
        return Choice(attempt(stages), (reason,), _link_warnings(hardware, stages))
    reason = (
        f"{need} and the GPUs are {why}, so {gpus} copies that need no link are predicted to do "
        "more than one that shares its layers over it."
    )
    copies = attempt(Arrangement(replicas=gpus))
    if copies.problem != "concurrency":
        return Choice(copies, (reason,))
    return _most(copies, attempt(shared), reason, need, hardware)


def _most(copies: Fit, shared: Fit, reason: str, need: str, hardware: Hardware) -> Choice:
    """Copies, unless only one engine on all GPUs holds what is wanted."""
    if shared.served <= copies.served:
        return Choice(copies, (reason,))
    gpus = shared.arrangement.gpus
    together = f"{need}; {gpus} copies hold {copies.served:.1f}, all {gpus} GPUs on one copy more."
    return Choice(shared, (together,), _link_warnings(hardware, shared.arrangement))


def _smaller(facts: ModelFacts, gpus: int, attempt: Try) -> Arrangement | None:
    """The smallest part of the node that would do as well."""
    fits = (attempt(arrangement) for arrangement in smallest_first(facts, gpus)[1:-1])
    return next((fit.arrangement for fit in fits if fit.problem is None), None)


def _on_node(
    facts: ModelFacts, hardware: Hardware, node: Fit, smaller: Arrangement | None
) -> Choice:
    arrangement = node.arrangement
    gpus = arrangement.gpus
    reasons = [f"It does not fit on one GPU: all {gpus} work on it."]
    if arrangement.pipeline > 1:
        problem = tensor_parallel_problem(facts, gpus)
        shared = f" that are {arrangement.tensor} GPUs each" if arrangement.tensor > 1 else ""
        reasons.append(f"{problem}; so the layers form {arrangement.pipeline} stages{shared}.")
    if smaller is not None:
        reasons.append(f"{smaller.gpus} GPUs would be enough, with less room for the KV cache.")
    return Choice(node, tuple(reasons), _link_warnings(hardware, arrangement))


def _on_nodes(facts: ModelFacts, hardware: Hardware, node: Fit, fit: Fit) -> Choice:
    arrangement = fit.arrangement
    per_node = arrangement.gpus_per_node
    short = (
        "One node does not hold the requests that were asked for"
        if node.problem == "concurrency"
        else "It does not fit on one node"
    )
    why = (
        f"{short}: {arrangement.tensor} GPUs of a node share each layer, and "
        f"{arrangement.pipeline} stages lie across {hardware.nodes} nodes, because stages pass "
        "little over the network."
    )
    reasons = [why]
    if arrangement.tensor < per_node:
        reasons.append(f"{tensor_parallel_problem(facts, per_node)}.")
    warning = (
        "Engines of several nodes trust everyone on their network: join the nodes by a private one."
    )
    return Choice(fit, tuple(reasons), (warning, *_link_warnings(hardware, arrangement)))


def _pinned(facts: ModelFacts, hardware: Hardware, intent: Intent, attempt: Try) -> Choice:
    tensor = intent.pins.tensor_parallel or 1
    pipeline = intent.pins.pipeline_parallel or 1
    nodes = -(-tensor * pipeline // max(1, len(hardware.gpus)))
    arrangement = Arrangement(tensor, pipeline, nodes=max(1, nodes))
    reason = f"Tensor parallelism {tensor} and pipeline parallelism {pipeline} were asked for."
    return Choice(attempt(arrangement), (reason,), _link_warnings(hardware, arrangement))


def _link_warnings(hardware: Hardware, arrangement: Arrangement) -> tuple[str, ...]:
    if arrangement.tensor == 1:
        return ()
    link = link_within(hardware, arrangement)
    match link:
        case "numa":
            where = "lie at different processors"
        case "host" | "pcie":
            where = "are joined by PCIe only"
        case _:
            return ()
    warning = (
        f"The {arrangement.tensor} GPUs that share each layer {where}: every layer waits twice for "
        "that link. Stages (--pipeline-parallel-size) need it less, if throughput matters more "
        "than the wait for one answer."
    )
    return (warning,)
