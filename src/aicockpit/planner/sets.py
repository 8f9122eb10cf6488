"""Which of the configured models can be awake at the same time on one machine.

`place` puts models where they fit in the order in which they are given, so whether one gets a
place can depend on the order. Here a set fits when there is any way to put its models, each where
`place` would allow it; `places_of_set` tells the way, and `place` with these GPUs named agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

from aicockpit.planner.claims import Claim, claims_of, free_room
from aicockpit.planner.machine import Accelerator, Hardware
from aicockpit.planner.placement import PlacementRequest

MOST_MODELS = 8
"""Models up to which all their sets are looked at: 255 of eight. Of more, a set is grown from each
model by what is smallest: then not every set that fits is told."""

MOST_STEPS = 500
"""Models that are put somewhere, over all the ways that are tried for one set, before it counts as
one that does not fit. Five models on three GPUs that differ needed 86 at the most in 1,860 random
trials, six on four 357."""

_Claims = Mapping[str, Sequence[Claim]]


def sets_that_fit(
    wanted: Sequence[PlacementRequest], hardware: Hardware, accelerator: Accelerator
) -> tuple[frozenset[str], ...]:
    """The sets of models that can be awake together and that no other such set contains.

    Those with the most models come first.

    Args:
        wanted: models with different keys, in any order. One that fits nowhere is in no set.
        hardware: the machine; memory that engines of these models hold counts as free.
        accelerator: what engines run on.
    """
    claims = {request.key: claims_of(request, hardware, accelerator) for request in wanted}
    known = {key: claims[key] for key in sorted(claims) if claims[key]}
    packing = _Packing(hardware, accelerator)
    found = (_all_sets if len(known) <= MOST_MODELS else _grown_sets)(known, packing)
    return tuple(sorted(found, key=lambda keys: (-len(keys), sorted(keys))))


def places_of_set(
    wanted: Sequence[PlacementRequest], hardware: Hardware, accelerator: Accelerator
) -> dict[str, tuple[int, ...]] | None:
    """GPUs for every model of a set, none for any of them on the CPU; None if it does not fit."""
    claims = {request.key: claims_of(request, hardware, accelerator) for request in wanted}
    found = _Packing(hardware, accelerator).places(claims)
    return None if found is None else {key: claim.gpus for key, claim in found.items()}


def _all_sets(claims: _Claims, packing: _Packing) -> set[frozenset[str]]:
    found: set[frozenset[str]] = set()
    for count in range(len(claims), 0, -1):
        for keys in combinations(claims, count):
            inside = any(larger.issuperset(keys) for larger in found)
            if not inside and packing.places({key: claims[key] for key in keys}) is not None:
                found.add(frozenset(keys))
    return found


def _grown_sets(claims: _Claims, packing: _Packing) -> set[frozenset[str]]:
    smallest_first = sorted(claims, key=lambda key: (_least(claims[key]), key))
    found = set()
    for seed in smallest_first:
        chosen = {seed: claims[seed]}
        for key in smallest_first:
            larger = {**chosen, key: claims[key]}
            if key not in chosen and packing.places(larger) is not None:
                chosen = larger
        found.add(frozenset(chosen))
    return found


def _least(claims: Sequence[Claim]) -> int:
    """Bytes that a model takes in all where it takes least."""
    return min((claim.total for claim in claims), default=0)


class _Packing:
    """Looks for places for several models at once, in all ways, the largest model first.

    GPUs of the same size with as much left are tried once, and a state in which the remaining
    models had no places is not looked at again.
    """

    def __init__(self, hardware: Hardware, accelerator: Accelerator) -> None:
        self._room = free_room(hardware, accelerator)
        self._sizes = {gpu.index: gpu.memory for gpu in hardware.gpus}
        self._steps = 0
        self._failed: set[object] = set()

    def places(self, claims: _Claims) -> dict[str, Claim] | None:
        """A place for every model; None when there is none, or none was found in time."""
        # Those that have one place come first: to all others, GPUs that are alike are the same.
        order = sorted(claims, key=lambda key: (len(claims[key]) > 1, -_least(claims[key]), key))
        self._steps, self._failed = 0, set()
        found = self._search([claims[key] for key in order], self._room)
        return None if found is None else dict(zip(order, found, strict=True))

    def _search(
        self, models: Sequence[Sequence[Claim]], left: Mapping[int, int]
    ) -> list[Claim] | None:
        if not models:
            return []
        state = (len(models), self._kind(left, left))
        if state in self._failed or not _could_fit(models, left):
            return None
        tried = set()
        for claim in models[0]:
            if not claim.fits(left) or (kind := self._kind(claim.where, left)) in tried:
                continue
            tried.add(kind)
            self._steps += 1
            if self._steps > MOST_STEPS:
                return None
            found = self._search(models[1:], _without(claim, left))
            if found is not None:
                return [claim, *found]
        self._failed.add(state)
        return None

    def _kind(self, where: Sequence[int] | Mapping[int, int], left: Mapping[int, int]) -> object:
        """The same for GPUs that may stand in for one another."""
        return tuple(sorted((left[index], self._sizes.get(index, 0)) for index in where))


def _without(claim: Claim, left: Mapping[int, int]) -> dict[int, int]:
    rest = dict(left)
    for index in claim.where:
        rest[index] -= claim.size
    return rest


def _could_fit(models: Sequence[Sequence[Claim]], left: Mapping[int, int]) -> bool:
    """Whether there is enough in all, not counting GPUs with too little left for any model."""
    smallest = min(claim.size for claims in models for claim in claims)
    needed = sum(map(_least, models))
    return needed <= sum(size for size in left.values() if size >= smallest)
