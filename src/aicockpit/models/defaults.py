"""The model that is served when nobody names one, by a small table of memory.

The planner takes this over once it exists. The figures behind the table: weights as stored plus
some 2 GiB for activations, CUDA graphs and the runtime, and a KV cache for at least 32,000 tokens,
all within the 92 % of a GPU that vLLM takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aicockpit.planner.machine import Hardware

_GIB = 2**30

# GPUs report less than their nominal size (a "40 GB" one 39.4 GiB, a "12 GB" one 11.6), hence the
# limits just under it.
_BY_GPU_MEMORY: tuple[tuple[int, str], ...] = (
    (39 * _GIB, "Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8"),  # 29.1 GiB; KV 96 KiB per token
    (22 * _GIB, "Qwen/Qwen2.5-Coder-7B-Instruct"),  # 14.2 GiB; KV 56 KiB per token
    (11 * _GIB, "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"),  # 5.2 GiB; KV 56 KiB per token
    (7 * _GIB, "Qwen/Qwen2.5-Coder-1.5B-Instruct"),  # 2.9 GiB; KV 28 KiB per token
    (0, "Qwen/Qwen2.5-Coder-0.5B-Instruct"),  # 0.9 GiB; KV 12 KiB per token
)

# On a CPU speed decides, not room: decoding reads all weights for every token.
_BY_MEMORY: tuple[tuple[int, str], ...] = (
    (32 * _GIB, "Qwen/Qwen2.5-Coder-1.5B-Instruct"),
    (0, "Qwen/Qwen2.5-Coder-0.5B-Instruct"),
)

DEFAULT_SOURCES = tuple(dict.fromkeys(source for _, source in (*_BY_GPU_MEMORY, *_BY_MEMORY)))
"""Every model that may be chosen, largest first."""


def default_source(hardware: Hardware) -> str:
    """Hugging Face id of the default model for a machine.

    Goes by the GPU with the most memory, since one engine on one GPU is what it is served on.
    """
    if hardware.gpus:
        table, memory = _BY_GPU_MEMORY, max(gpu.memory for gpu in hardware.gpus)
    else:
        table, memory = _BY_MEMORY, hardware.memory
    return next(source for limit, source in table if memory >= limit)
