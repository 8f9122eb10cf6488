"""Whether an engine should draft tokens from the text it has, and check several in one step.

Speculation is an engine's property and not a request's. N-gram drafts cost an edit nothing and
make it several times as fast, since it mostly repeats its prompt; where little repeats, wrong
drafts slow the engine down. The figures behind the rule are in docs/benchmarks.md.
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
    lookup_max: int = 4
    """Most tokens that have to occur before."""
    lookup_min: int = 2
    """Fewest tokens that have to occur before."""


def planned_drafts(roles: Collection[str], accelerator: Accelerator) -> NgramDrafts | None:
    """What an engine with these roles should draft when nobody says; None for nothing."""
    if "edit" not in roles:
        return None
    if "completion" in roles:
        return None
    return NgramDrafts()
