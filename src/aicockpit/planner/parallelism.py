"""How many GPUs work on a model, and how they share it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.shape import VOCABULARY_STEP


@dataclass(frozen=True)
class Arrangement:
    """How the GPUs of all nodes share a model."""

    tensor: int = 1
    """GPUs that share each layer."""
    pipeline: int = 1
    """Groups of GPUs that share the layers among them."""
    replicas: int = 1
    """Whole copies of the model."""
    nodes: int = 1

    @property
    def gpus(self) -> int:
        """GPUs of one copy, over all nodes."""
        return self.tensor * self.pipeline

    @property
    def gpus_per_node(self) -> int:
        """GPUs that one node gives to one copy."""
        return self.gpus // self.nodes


def tensor_parallel_problem(facts: ModelFacts, size: int) -> str | None:
    """Why `size` GPUs cannot share the layers of a model; None when they can.

    vLLM gives each GPU the same number of heads, of columns of the feed-forward matrices and of
    entries of the padded vocabulary. KV heads may be fewer than the GPUs, which then hold copies,
    but only if the one divides the other.
    """
    if size == 1:
        return None
    vocabulary = ceil(facts.vocabulary_size / VOCABULARY_STEP) * VOCABULARY_STEP
    parts = [(facts.attention_heads, "attention heads"), (vocabulary, "entries of the vocabulary")]
    if facts.shape is not None:
        parts.append((facts.shape.feed_forward_size, "columns of the feed-forward part"))
        if facts.shape.experts is not None:
            parts.append((facts.shape.experts.size, "columns of an expert"))
    for number, what in parts:
        if number % size:
            return f"{number} {what} cannot be shared by {size} GPUs"
    latent = any(kind.kind == "latent" for kind in facts.cache)
    if not latent and facts.kv_heads % size and size % facts.kv_heads:
        return f"{facts.kv_heads} KV heads and {size} GPUs do not divide each other"
    return None


def largest_tensor_parallel(facts: ModelFacts, gpus: int) -> int:
    """The most GPUs, among the divisors of `gpus`, that can share the layers of a model."""
    divisors = (size for size in range(gpus, 0, -1) if gpus % size == 0)
    return next(size for size in divisors if tensor_parallel_problem(facts, size) is None)


def across(facts: ModelFacts, gpus: int, nodes: int = 1) -> Arrangement:
    """All GPUs on one copy: layers shared inside a node as far as they can be, stages for the rest.

    Args:
        facts: the model.
        gpus: of one node.
        nodes: machines; stages pass little between them, shared layers much.
    """
    tensor = largest_tensor_parallel(facts, gpus)
    return Arrangement(tensor, gpus // tensor * nodes, nodes=nodes)


def smallest_first(facts: ModelFacts, gpus: int) -> list[Arrangement]:
    """Arrangements on one node by the number of GPUs: shared layers where the number allows it."""
    return [
        across(facts, count)
        for count in range(1, gpus + 1)
        if facts.layers >= count // largest_tensor_parallel(facts, count)
    ]
