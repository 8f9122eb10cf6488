"""How vLLM lays out the KV cache, to the block.

vLLM cuts the cache's memory into blocks that hold the keys and values of a few tokens. Layers that
cache alike form groups of equal size (the last one padded), because one block of memory serves one
layer of every group. Rules read in vLLM 0.33 (`v1/core/kv_cache_utils.py`,
`v1/kv_cache_interface.py`) and checked against start-up logs of 0.19: docs/planner.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from aicockpit.planner.facts import CacheLayers

GPU_BLOCK = 16
"""Tokens of a block on GPUs, unless an engine is told otherwise."""

CPU_BLOCK = 128
"""Tokens of a block on CPUs."""

_SIMILAR = 1.5
"""Up to this ratio between the largest and smallest kind, a group is as large as the largest."""


@dataclass(frozen=True)
class CacheGroups:
    """Groups of layers of one kind."""

    kind: CacheLayers
    groups: int
    """Number of groups that its layers fill."""
    padding: int
    """Layers that the last group lacks, whose memory stays unused."""


@dataclass(frozen=True)
class CacheLayout:
    """The cache of one engine on one GPU."""

    block_size: int
    """Tokens in a block."""
    page: int
    """Bytes that one layer's part of a block takes."""
    group_size: int
    """Layers in a group."""
    groups: tuple[CacheGroups, ...]

    @property
    def block_bytes(self) -> int:
        """Bytes of one block over all layers of a group."""
        return self.page * self.group_size

    @property
    def group_count(self) -> int:
        """Number of groups; a token needs a slot in a block of each."""
        return sum(part.groups for part in self.groups)

    @property
    def padding_layers(self) -> int:
        """Layers' worth of memory lost to groups that are not full."""
        return sum(part.padding for part in self.groups)

    def blocks(self, available: int) -> int:
        """Blocks that fit into `available` bytes."""
        return max(0, available) // self.block_bytes

    def tokens(self, blocks: int) -> int:
        """Tokens that `blocks` hold, as vLLM reports it at start."""
        return blocks // self.group_count * self.block_size

    def blocks_per_request(self, context: int, batched_tokens: int) -> int:
        """Blocks that a request of `context` tokens holds at most.

        Args:
            context: tokens of prompt and answer.
            batched_tokens: most tokens that the engine computes in one step; a window's blocks
                are freed only after a step, so those of one step come on top.
        """
        return sum(
            part.groups * _blocks(part.kind, self.block_size, context, batched_tokens)
            for part in self.groups
        )

    def concurrency(self, blocks: int, context: int, batched_tokens: int) -> float:
        """Requests of `context` tokens that `blocks` hold at a time."""
        return blocks / self.blocks_per_request(context, batched_tokens)

    def largest_context(self, blocks: int, batched_tokens: int, most: int) -> int:
        """Tokens of the longest single request that fits, at most `most`; 0 when none does."""
        low, high = 0, most
        while low < high:
            middle = (low + high + 1) // 2
            if self.blocks_per_request(middle, batched_tokens) <= blocks:
                low = middle
            else:
                high = middle - 1
        return low


def cache_layout(
    layers: Sequence[CacheLayers],
    *,
    element_bytes: int,
    tensor_parallel: int = 1,
    pipeline_parallel: int = 1,
    block_size: int = GPU_BLOCK,
) -> CacheLayout:
    """Lay out the cache of a model on each of its GPUs.

    Args:
        layers: the model's layers by what they cache.
        element_bytes: bytes of one cached number: 2 for bfloat16 and float16, 1 for fp8.
        tensor_parallel: GPUs that share the heads of each layer.
        pipeline_parallel: GPUs that share the layers; the fullest one counts.
        block_size: tokens in a block.
    """
    stage = [_stage(kind, pipeline_parallel) for kind in layers if kind.layers]
    per_token = max(
        (_token_bytes(kind, tensor_parallel, element_bytes) for kind in stage), default=0
    )
    state = max((ceil(kind.state_bytes / tensor_parallel) for kind in stage), default=0)
    size = _block_size(block_size, per_token, state)
    page = max(per_token * size, state)
    counts = [kind.layers for kind in stage]
    group = max(counts) if max(counts) < _SIMILAR * min(counts) else min(counts)
    groups = tuple(_groups(kind, group) for kind in stage)
    return CacheLayout(size, page, group, groups)


def _stage(kind: CacheLayers, pipeline_parallel: int) -> CacheLayers:
    return replace(kind, layers=ceil(kind.layers / pipeline_parallel))


def _token_bytes(kind: CacheLayers, tensor_parallel: int, element_bytes: int) -> int:
    heads = max(1, kind.kv_heads // tensor_parallel)
    return heads * (kind.key_size + kind.value_size) * element_bytes


def _block_size(wanted: int, per_token: int, state: int) -> int:
    """A block's page must hold a state where a model keeps both, in steps of 16 tokens."""
    if not state or not per_token:
        return wanted
    return max(wanted, GPU_BLOCK * ceil(state / (per_token * GPU_BLOCK)))


def _groups(kind: CacheLayers, group: int) -> CacheGroups:
    groups = ceil(kind.layers / group)
    return CacheGroups(kind, groups, groups * group - kind.layers)


def _blocks(kind: CacheLayers, block_size: int, context: int, batched_tokens: int) -> int:
    match kind.kind:
        case "full" | "latent":
            return ceil(context / block_size)
        case "sliding":
            seen = min((kind.window or context) - 1 + batched_tokens, context)
            return ceil(seen / block_size) + 1 if context else 0
        case "chunked":
            return ceil(min((kind.window or context) + batched_tokens, context) / block_size)
        case "state":
            return kind.states
