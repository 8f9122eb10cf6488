"""Divides the room of a prompt among prefix, suffix and context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aicockpit.fim.request import FimBudget


@dataclass(frozen=True)
class Shares:
    """Most tokens that each part may have."""

    prefix: int
    suffix: int
    context: int


def share_out(
    room: int, budget: FimBudget, *, prefix: int, steady_prefix: int, suffix: int, context: int
) -> Shares:
    """Divide a room that is too small for all that is there.

    Context gives way first, then the suffix, down to what their shares guarantee them, then the
    prefix. More room never makes any of the three smaller.

    Args:
        room: tokens to divide, in all.
        budget: for its shares.
        prefix: tokens that there are; so are `suffix` and `context`.
        steady_prefix: the prefix again, rounded up so that it does not change with every
            character that is typed: what the other two get is measured by it.
    """
    suffix_floor = min(suffix, int(room * budget.suffix_share))
    context_floor = min(context, int(room * budget.context_share))
    for_prefix = min(prefix, room - suffix_floor - context_floor)
    for_suffix = min(suffix, max(suffix_floor, room - steady_prefix - context_floor))
    for_context = min(context, max(context_floor, room - steady_prefix - for_suffix))
    return Shares(for_prefix, for_suffix, for_context)
