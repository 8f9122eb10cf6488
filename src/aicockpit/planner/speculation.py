"""Whether an engine should draft tokens from the text it has, and check several in one step.

Speculation is an engine's property and not a request's. An edit mostly repeats its prompt, and
n-gram drafts make it several times as fast; where little repeats, wrong drafts cost about what the
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
    """Fewest tokens that have to occur before. Two would bring hardly more right drafts, and about
    three times as many wrong ones where little repeats."""

    def config(self) -> dict[str, str | int]:
        """The value of vLLM's `--speculative-config`."""
        return {
            "method": "ngram",
            "num_speculative_tokens": self.tokens,
            "prompt_lookup_max": self.lookup_max,
            "prompt_lookup_min": self.lookup_min,
        }


_ATTENTION_ONLY = frozenset(
    {
        *("LlamaForCausalLM", "MistralForCausalLM", "Phi3ForCausalLM", "GraniteForCausalLM"),
        *("Qwen2ForCausalLM", "Qwen2MoeForCausalLM", "Qwen3ForCausalLM", "Qwen3MoeForCausalLM"),
        *("Starcoder2ForCausalLM", "GPTBigCodeForCausalLM", "GemmaForCausalLM"),
    }
)
"""Architectures that keep nothing but attention's keys and values, of which a wrong draft's are
simply overwritten. Others may carry a state that cannot be taken back everywhere."""


def can_draft(accelerator: Accelerator) -> bool:
    """Whether engines on this accelerator answer rightly while they draft.

    vLLM 0.32 for CPUs does so at temperature 0 alone. Otherwise it reads the temperature, top_k and
    top_p of a drafted token from memory that nothing was written to.
    """
    return accelerator != "cpu"


def planned_drafts(
    roles: Collection[str], accelerator: Accelerator, architecture: str
) -> NgramDrafts | None:
    """What an engine with these roles should draft when nobody says; None for nothing.

    Drafts switch off vLLM's asynchronous scheduling, and on GPUs it has not been measured what that
    costs ghost text. So only an engine that has none of it drafts.
    """
    wanted = "edit" in roles and "completion" not in roles
    if wanted and can_draft(accelerator) and architecture in _ATTENTION_ONLY:
        return NgramDrafts()
    return None
