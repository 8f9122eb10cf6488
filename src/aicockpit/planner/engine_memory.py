"""What a vLLM engine on a GPU takes beside weights and KV cache, by vLLM release.

The rules for activations were found in the start-up logs of vLLM 0.19 on an H100 that the
llm-d-planner project published; docs/planner.md has the accuracy on them. For releases without
measured constants those of the nearest measured one are used, and the plan says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from aicockpit.planner.calibration import Calibration
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.weights import DTYPE_BYTES

GIB = 2**30


@dataclass(frozen=True)
class EngineRelease:
    """What is known about the memory of one vLLM release."""

    version: str
    measured: bool
    """The constants come from logs of this release."""
    deducts_graphs: bool
    """CUDA graphs are taken from what the KV cache may have; before, they came on top."""
    default_utilization: float
    calibration: Calibration = Calibration()  # noqa: RUF009 - frozen
    """Starts of engines on the machine in question, which correct what the constants say."""
    counts_requests: bool = True
    """The tokens that an engine reports are requests of the full context at a time, times that
    context (`get_kv_cache_capacity` in `v1/core/kv_cache_utils.py`); before, they were blocks."""
    spare_blocks: int = 1
    """Blocks that its pool keeps for itself when it looks whether a request of the full context
    fits (`get_kv_cache_configs` in the same file); the tokens that it reports have them."""


RELEASES = {
    release.version: release
    for release in (
        EngineRelease(
            "0.19",
            measured=True,
            deducts_graphs=False,
            default_utilization=0.9,
            counts_requests=False,
            spare_blocks=0,
        ),
        EngineRelease("0.32", measured=False, deducts_graphs=True, default_utilization=0.92),
        EngineRelease("0.33", measured=False, deducts_graphs=True, default_utilization=0.92),
    )
}


def release_of_engine(version: str) -> EngineRelease:
    """The release that an installed engine is planned by: its own, else as the newest known.

    Args:
        version: in full, such as `0.32.0`.
    """
    release = ".".join(version.removeprefix("v").split(".")[:2])
    newest = list(RELEASES.values())[-1]
    return RELEASES.get(release) or replace(newest, version=release, measured=False)


_SAMPLER_BYTES = 12.47
"""Bytes per sequence and vocabulary entry that the sampler's warm-up takes beside the logits."""
_LAST_HIDDEN = 1.214
"""Copies of the last layer's output that live while the sampler runs."""
_SAMPLER_BASE = int(0.044 * GIB)
_IMAGE_BYTES = 2
_GRAPHS_BASE = 0.42
_GRAPHS_PER_LAYER = 0.0145
_MXFP4_AFTER_START = 2 * GIB


@dataclass(frozen=True)
class StepLimits:
    """How much an engine computes at a time."""

    batched_tokens: int
    """`--max-num-batched-tokens`."""
    sequences: int
    """`--max-num-seqs`."""


def activation_peak(
    facts: ModelFacts, limits: StepLimits, *, dtype: str, tensor_parallel: int, eight_bit: bool
) -> int:
    """Bytes of activations at the peak of vLLM's profiling run on one GPU.

    Args:
        facts: the model.
        limits: what the profiling run computes.
        dtype: of the activations.
        tensor_parallel: GPUs that share each matrix.
        eight_bit: activations are quantised to 8 bits before each matrix.
    """
    width = DTYPE_BYTES[dtype]
    tokens, hidden = limits.batched_tokens, facts.hidden_size
    sampler = (
        int((_SAMPLER_BYTES + width) * limits.sequences * facts.vocabulary_size)
        + int(_LAST_HIDDEN * tokens * hidden * width)
        + _SAMPLER_BASE
    )
    inner = _feed_forward(facts) // tensor_parallel
    forward = tokens * ((3 * inner + 4 * hidden) * width + (inner if eight_bit else 0))
    return max(sampler, forward) + _experts(facts, limits, tensor_parallel) + _vision(facts, limits)


def _feed_forward(facts: ModelFacts) -> int:
    if facts.shape is not None:
        return facts.shape.feed_forward_size
    return facts.intermediate_size or 4 * facts.hidden_size


def _experts(facts: ModelFacts, limits: StepLimits, tensor_parallel: int) -> int:
    experts = facts.shape.experts if facts.shape else None
    if experts is None or facts.quantization == "mxfp4":
        return 0  # the kernels for mxfp4 work in place
    hidden = facts.hidden_size
    inner = experts.size // tensor_parallel
    each = max(inner, hidden) + max(2 * inner, hidden)
    return limits.batched_tokens * experts.per_token * each * 2


def _vision(facts: ModelFacts, limits: StepLimits) -> int:
    """The images of the profiling run stay alive, before and after the encoder."""
    vision = facts.shape.vision if facts.shape else None
    if vision is None or not vision.tokens_per_image:
        return 0
    images = max(1, limits.batched_tokens // vision.tokens_per_image)
    pixels = 3 * vision.image_size**2
    each = (vision.tokens_per_image * facts.hidden_size + pixels) * _IMAGE_BYTES
    return images * each


def other_memory(tensor_parallel: int, pipeline_parallel: int) -> int:
    """Bytes outside PyTorch's allocator: CUDA libraries and, with several GPUs, NCCL's buffers."""
    if tensor_parallel == 1:
        return int((0.25 if pipeline_parallel == 1 else 0.07) * GIB)
    return int((2.07 if tensor_parallel == 2 else 2.17) * GIB)


def graph_memory(facts: ModelFacts) -> int:
    """Bytes of CUDA graphs: a line through 16 logs, which lie up to 0.3 GiB beside it."""
    return int((_GRAPHS_BASE + _GRAPHS_PER_LAYER * facts.layers) * GIB)


def memory_at_start(tensor_parallel: int) -> int:
    """Bytes of a free GPU that are gone before an engine looks: contexts, and NCCL's start."""
    return int((0.51 if tensor_parallel == 1 else 1.55) * GIB)


def warm_up_need(facts: ModelFacts, sequences: int) -> int:
    """Bytes that an engine takes after the KV cache and the graphs, at its first sampling.

    The logits of all sequences in single precision. Checkpoints in mxfp4 take more: two starts
    that failed and one that did not, of gpt-oss-20b, lie on either side of what is added here.
    """
    logits = 4 * sequences * facts.vocabulary_size
    return logits + (_MXFP4_AFTER_START if facts.quantization == "mxfp4" else 0)
