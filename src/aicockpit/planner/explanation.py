"""Every figure that went into a plan's memory, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from aicockpit.planner.calibration import CPU, Basis
from aicockpit.planner.engine_memory import GIB, EngineRelease, warm_up_need
from aicockpit.planner.exactness import Exactness
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.fit import Fit

Certainty = Literal["exact", "counted", "measured", "inferred", "upper bound", "given"]
"""Read from files; counted from config.json; found in logs of this release; carried over from
another release; the most that it can be; or told by whoever asked."""

_LOGS = "start-up logs of vLLM 0.19 on H100 80GB (llm-d-planner)"
_CPU = "CPU engine of vLLM 0.32, measured"


@dataclass(frozen=True)
class Figure:
    """One figure of a plan."""

    name: str
    value: float
    unit: str
    source: str
    """Release, file or person that it comes from."""
    certainty: Certainty


def explain(facts: ModelFacts, fit: Fit, release: EngineRelease, known: Exactness) -> list[Figure]:
    """Every figure behind a plan's memory, in the order in which they are used.

    Args:
        facts: the model.
        fit: what was planned; on a CPU it has no CUDA graphs.
        release: the engine's.
        known: how far the plan's memory is known.
    """
    on_cpu = fit.budget.known.start.device == CPU
    weights = Figure(
        "weights",
        round(fit.budget.weights / GIB, 3),
        "GiB",
        "headers of the weights' files" if facts.weights_exact else "config.json",
        "exact" if facts.weights_exact else "counted",
    )
    spent = _on_cpu(fit) if on_cpu else _on_gpu(facts, fit, release)
    basis = fit.budget.known.basis
    if basis is not None:
        spent = [_calibrated(figure, basis) for figure in spent]
        weights = _calibrated(weights, basis) if basis.of == "model" else weights
    return [weights, *spent, *_cache(fit, known)]


_CALIBRATED = frozenset(
    {
        *("weights", "all but weights and cache", "activations at the peak"),
        *("outside PyTorch, NCCL", "CUDA graphs"),
    }
)
"""Figures that this machine's own starts correct."""


def _calibrated(figure: Figure, basis: Basis) -> Figure:
    """A figure with the start that it was corrected by."""
    if figure.name not in _CALIBRATED:
        return figure
    which = "" if basis.of == "model" else ", another model of its architecture"
    return replace(figure, source=f"{basis}{which}", certainty="measured")


def _on_cpu(fit: Fit) -> list[Figure]:
    overhead = fit.budget.requested - fit.budget.weights
    overhead -= fit.budget.available * fit.arrangement.tensor
    return [Figure("all but weights and cache", _gib(overhead), "GiB", _CPU, "measured")]


def _on_gpu(facts: ModelFacts, fit: Fit, release: EngineRelease) -> list[Figure]:
    options, budget = fit.options, fit.budget
    certainty: Certainty = "measured" if release.measured else "inferred"
    default = options.utilization == release.default_utilization
    own = f"vLLM {release.version}"
    after = warm_up_need(facts, options.limits.sequences)
    return [
        Figure(
            "gpu-memory-utilization",
            options.utilization,
            "share",
            f"{own}'s default" if default else "asked for, or what is free",
            "exact" if default else "given",
        ),
        Figure("requested", _gib(budget.requested), "GiB", own, "exact"),
        Figure("tokens in one step", options.limits.batched_tokens, "tokens", own, "exact"),
        Figure("requests in one step", options.limits.sequences, "requests", own, "exact"),
        Figure("activations at the peak", _gib(budget.activations), "GiB", _LOGS, certainty),
        Figure("outside PyTorch, NCCL", _gib(budget.other), "GiB", _LOGS, certainty),
        Figure("CUDA graphs", _gib(budget.graphs), "GiB", _LOGS, certainty),
        Figure(
            "graphs come out of the cache's share", int(release.deducts_graphs), "", own, "exact"
        ),
        Figure("first requests, after the cache", _gib(after), "GiB", _LOGS, certainty),
    ]


def _cache(fit: Fit, known: Exactness) -> list[Figure]:
    cache = fit.cache
    rules = "vLLM's v1/core/kv_cache_utils.py and v1/kv_cache_interface.py"
    certainty: Certainty = "upper bound" if known == "upper bound" else "exact"
    figures = [
        ("tokens of a block", cache.block_size, "tokens"),
        ("a layer's part of a block", cache.page, "bytes"),
        ("layers of a group", cache.group_size, "layers"),
        ("groups", cache.group_count, "groups"),
        ("layers of padding", cache.padding_layers, "layers"),
        ("blocks", fit.blocks, "blocks"),
    ]
    return [Figure(name, value, unit, rules, certainty) for name, value, unit in figures]


def _gib(size: int) -> float:
    return round(size / GIB, 3)
