"""Bounds on speed that follow from bandwidth and arithmetic alone.

A decoded token reads every active weight and the request's cache once; a prompt token costs two
operations for every active parameter. Real engines stay below both. The bounds are for comparing
plans with one another, not for promising figures.
"""

from __future__ import annotations

from dataclasses import dataclass

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.machine import FAST_LINKS, LinkKind
from aicockpit.planner.shape import count_parameters

_REACHED_BANDWIDTH = (0.5, 0.85)
"""Shares of the memory's bandwidth that engines reach in decode: a small model, a large one."""
_REACHED_FLOPS = (0.3, 0.6)
_LINK_BANDWIDTH: dict[LinkKind, float] = {
    "nvswitch": 300e9,
    "nvlink": 200e9,
    "pcie": 20e9,
    "host": 12e9,
    "numa": 8e9,
}
"""Bytes per second that an all-reduce moves, roughly and per direction."""
_LINK_DELAY: dict[LinkKind, float] = {
    "nvswitch": 10e-6,
    "nvlink": 12e-6,
    "pcie": 25e-6,
    "host": 35e-6,
    "numa": 50e-6,
}
"""Seconds that a small all-reduce takes."""
_REDUCES_PER_LAYER = 2


@dataclass(frozen=True)
class SpeedBounds:
    """Lowest and highest figure to expect of one request at a time, each a bound and no promise."""

    decode: tuple[float, float]
    """Tokens per second."""
    prefill: tuple[float, float]
    """Prompt tokens per second."""


def active_share(facts: ModelFacts) -> float:
    """Share of the weights that one token passes: 1 but for mixtures of experts."""
    if facts.shape is None or facts.shape.experts is None:
        return 1.0
    experts = facts.shape.experts
    counts = count_parameters(facts.shape)
    routed = (
        counts.experts
        * experts.experts
        * experts.size
        / (experts.experts * experts.size + experts.shared_size)
    )
    used = counts.total - routed + routed * experts.per_token / experts.experts
    return used / counts.total


def speed_bounds(
    facts: ModelFacts,
    *,
    weights: int,
    bandwidth: int,
    flops: int,
    tensor_parallel: int,
    link: LinkKind | None,
) -> SpeedBounds:
    """Bounds for one copy of a model.

    Args:
        facts: the model.
        weights: bytes of weights of the whole copy.
        bandwidth: bytes per second of one GPU's (or the processor's) memory.
        flops: operations per second of one of them.
        tensor_parallel: those that share each layer. Stages of a pipeline take turns for one
            request, so they do not make it faster.
        link: how they are joined.
    """
    share = active_share(facts)
    read = weights * share / tensor_parallel
    parameters = (count_parameters(facts.shape).total if facts.shape else facts.parameters) * share
    reduces = _REDUCES_PER_LAYER * facts.layers if tensor_parallel > 1 else 0
    kind: LinkKind = link or "host"
    wait = reduces * _LINK_DELAY[kind]
    moved = reduces * facts.hidden_size * 2 / _LINK_BANDWIDTH[kind]
    decode = tuple(1 / (read / (bandwidth * reached) + wait) for reached in _REACHED_BANDWIDTH)
    prefill = tuple(
        1 / (2 * parameters / (flops * tensor_parallel * reached) + moved)
        for reached in _REACHED_FLOPS
    )
    return SpeedBounds((decode[0], decode[1]), (prefill[0], prefill[1]))


def is_fast(link: LinkKind | None) -> bool:
    """Whether GPUs may share layers over such a link without a warning."""
    return link in FAST_LINKS
