"""Whether an engine should draft tokens from the text it has, and check several in one step.

Speculation is an engine's property and not a request's. An edit mostly repeats its prompt, and
n-gram drafts make it several times as fast; where little repeats, wrong drafts cost more than the
right ones bring. The figures behind the rule are in docs/benchmarks.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from aicockpit.planner.machine import Accelerator


@dataclass(frozen=True)
class NgramDrafts:
    """Drafts taken from where the last few tokens have occurred before."""

    tokens: int = 8
    """Most tokens drafted at a time."""
    lookup_max: int = 5
    """Most tokens that have to occur before."""
    lookup_min: int = 3
    """Fewest tokens that have to occur before. Two would bring hardly more right drafts, and
    twice as many wrong ones where little repeats."""


_ATTENTION_ONLY = frozenset(
    {
        *("LlamaForCausalLM", "MistralForCausalLM", "Phi3ForCausalLM", "GraniteForCausalLM"),
        *("Qwen2ForCausalLM", "Qwen2MoeForCausalLM", "Qwen3ForCausalLM", "Qwen3MoeForCausalLM"),
        *("Starcoder2ForCausalLM", "GPTBigCodeForCausalLM", "GemmaForCausalLM"),
    }
)
"""Architectures that keep nothing but attention's keys and values, of which a wrong draft's are
simply overwritten. Others may carry a state that cannot be taken back everywhere."""


def planned_drafts(
    roles: Collection[str], accelerator: Accelerator, architecture: str
) -> NgramDrafts | None:
    """What an engine with these roles should draft when nobody says; None for nothing."""
    if "edit" not in roles or architecture not in _ATTENTION_ONLY:
        return None
    if "completion" in roles and accelerator != "cpu":
        # Ghost text is the larger part of the work, and what drafts do to it is only known for
        # CPUs. On a GPU they also switch off vLLM's asynchronous scheduling.
        return None
    return NgramDrafts()
