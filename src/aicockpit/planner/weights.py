"""What a model's weights take on each GPU."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.shape import ParameterCounts, count_parameters

DTYPE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}

WHILE_LOADING = frozenset(
    {"fp8", "fp8_per_tensor", "fp8_per_block", "int8_per_channel_weight_only"}
)
"""Methods by which vLLM turns a plain checkpoint into one byte per parameter while it loads."""


@dataclass(frozen=True)
class WeightShare:
    """Weights on the GPU that holds most."""

    size: int
    """Bytes."""
    exact: bool
    """Taken from the headers of the files; otherwise counted from the configuration."""


def weight_share(
    facts: ModelFacts,
    *,
    dtype: str = "auto",
    quantization: str | None = None,
    tensor_parallel: int = 1,
    pipeline_parallel: int = 1,
) -> WeightShare:
    """Bytes of weights on the GPU that holds most of them.

    Args:
        facts: the model.
        dtype: the engine's `--dtype`; `auto` keeps the checkpoint's.
        quantization: a method that the engine applies while loading; None for none.
        tensor_parallel: GPUs that share each matrix.
        pipeline_parallel: GPUs that share the layers. The first also has the embeddings and the
            last the output matrix.
    """
    counts = count_parameters(facts.shape) if facts.shape else None
    total = _total(facts, counts, dtype, quantization)
    ends = _ends(facts, counts, dtype)
    stage = total
    if pipeline_parallel > 1:
        stage = ceil((total - sum(ends)) / pipeline_parallel) + max(ends)
    return WeightShare(ceil(stage / tensor_parallel), exact=facts.weights_exact)


def _total(
    facts: ModelFacts, counts: ParameterCounts | None, dtype: str, quantization: str | None
) -> int:
    if facts.quantization is not None:
        return facts.weight_bytes
    width = DTYPE_BYTES[facts.dtype if dtype == "auto" else dtype]
    if quantization in WHILE_LOADING and counts is not None:
        quantised = counts.layers + counts.experts
        rest = counts.embeddings + counts.output + counts.vision
        return quantised + rest * width
    return facts.parameters * width if dtype != "auto" else facts.weight_bytes


def _ends(facts: ModelFacts, counts: ParameterCounts | None, dtype: str) -> tuple[int, int]:
    """Bytes of embeddings and of output matrix; tied ones stand on both ends."""
    if counts is None:
        return 0, 0
    width = DTYPE_BYTES.get(facts.dtype if dtype == "auto" else dtype, 2)
    return counts.embeddings * width, counts.output * width
