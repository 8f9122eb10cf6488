"""Which family a model belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aicockpit.fim.families import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Collection

    from aicockpit.fim.family import FimFamily


def detect_family(special_tokens: Collection[str] | None, model_name: str) -> FimFamily | None:
    """Find a model's family by its tokenizer's special tokens, then by its name.

    The tokens decide; the name only chooses among families that share their tokens. A model
    whose tokenizer has no tokens for it cannot fill in the middle, whatever it is called.

    Args:
        special_tokens: those of the tokenizer; None when they are not known, and only then the
            name counts alone.
        model_name: as on the Hub, or the folder's.

    Returns:
        None when the model does not fill in the middle, as far as can be told.
    """
    known = None if special_tokens is None else frozenset(special_tokens)
    candidates = [
        family for family in FAMILIES.values() if known is None or known.issuperset(family.marks)
    ]
    name = model_name.lower()
    named = [family for family in candidates if any(piece in name for piece in family.names)]
    if named:
        return named[0]
    if known is None:
        return None
    return next((family for family in candidates if not family.name_needed), None)


def family_named(name: str) -> FimFamily | None:
    """Return the family of this name, if there is one."""
    return FAMILIES.get(name)


def special_tokens_of_all_families() -> frozenset[str]:
    """Return every special token that any family's prompts or stops use."""
    return frozenset(token for family in FAMILIES.values() for token in family.stops)
