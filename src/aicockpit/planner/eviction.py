"""What must sleep or leave so that one more model can run: the fleet asks before it acts.

Of the engines that may be disturbed the one that was used last is disturbed last and least: it
stays if the others' memory is enough, else it sleeps at level 1 (weights in RAM) where RAM allows,
else at level 2 (weights are read again when it wakes), else it ends. Engines that are busy or
pinned stay as they are. On processors vLLM does not sleep (`CPUWorker.sleep` only logs), so
engines end there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from aicockpit.planner.claims import RAM, Claim, claims_of, free_ram, free_room
from aicockpit.planner.machine import Accelerator, Hardware
from aicockpit.planner.memory import GIB, GPU_OVERHEAD
from aicockpit.planner.placement import Placement, PlacementRequest, Refusal, place
from aicockpit.planner.plan import EnginePlan

SleepLevel = Literal[1, 2]
"""vLLM's: the weights go to RAM, or are discarded. The KV cache goes in both."""

ASLEEP_GPU_MEMORY = GPU_OVERHEAD
"""Bytes of each of its GPUs that a sleeping engine keeps: its context, libraries and CUDA graphs
lie outside vLLM's sleeping memory pool. It is what a running engine is taken to need for them and
for activations; llm-d's guide to pod snapshots logs 2.9 GiB for a 32B model on an H100."""


@dataclass(frozen=True)
class Resident:
    """An engine that holds memory now."""

    key: str
    gpus: tuple[int, ...]
    """Empty on the CPU."""
    taken: int
    """Bytes of each of its GPUs, or of RAM on the CPU, that it has while it is awake."""
    weights: int
    """Bytes of its weights on all of its GPUs: what it has in RAM while it sleeps at level 1."""
    last_used: float
    """When its last request ended, by any clock that all of them share."""
    asleep: SleepLevel | None = None
    held: bool = False
    """Stays as it is: pinned by the configuration, or busy with a request."""
    can_sleep: bool = True
    """It was started with `--enable-sleep-mode`."""


@dataclass(frozen=True)
class Move:
    """Something to do with one engine."""

    key: str
    action: Literal["sleep", "unload"]
    level: SleepLevel | None = None
    """Of sleep; None otherwise."""


@dataclass(frozen=True)
class Room:
    """How the wanted model gets its memory."""

    moves: tuple[Move, ...]
    """In the order in which to make them."""
    placement: Placement | None
    """Where it is to be started; None when its engine is here, awake or to be woken."""


@dataclass(frozen=True)
class NoRoom:
    """The wanted model cannot run, whatever of the engines that may be disturbed is disturbed."""

    key: str
    needed: int
    """Bytes of each GPU, or of RAM, that it takes at the least."""
    available: int
    """Bytes there that it could have at the most."""
    held: tuple[str, ...]
    """Engines that stay and hold what it lacks; empty when the machine is too small for it."""

    @property
    def reason(self) -> str:
        """In a sentence."""
        gib = f"{self.key} needs {self.needed / GIB:.1f} GiB and {self.available / GIB:.1f} GiB"
        if not self.held:
            return f"{gib} are there when it has the machine for itself."
        return f"{gib} can be had while {', '.join(self.held)} must stay."


def resident(
    placement: Placement, hardware: Hardware, *, last_used: float, held: bool = False
) -> Resident:
    """The engine that runs where `place` put it, awake."""
    sizes = [gpu.memory for gpu in hardware.gpus if gpu.index in placement.gpus]
    share = placement.gpu_memory_utilization
    taken = placement.need.total if share is None else int(share * min(sizes))
    weights = placement.need.weights * max(1, len(placement.gpus))
    return Resident(placement.key, placement.gpus, taken, weights, last_used, held=held)


def planned_resident(
    key: str, plan: EnginePlan, *, last_used: float, held: bool = False
) -> Resident:
    """The engine that runs by its plan, awake."""
    budget = plan.fit.budget
    weights = budget.weights * max(1, len(plan.gpus))
    return Resident(key, plan.gpus, budget.requested, weights, last_used, held=held)


def make_room(
    running: Sequence[Resident],
    wanted: PlacementRequest,
    hardware: Hardware,
    accelerator: Accelerator,
) -> Room | NoRoom:
    """What must happen for a model to run, least recently used engines first.

    No move is superfluous, and none could be a gentler one. The work grows with the number of
    engines times the number of choices of GPUs.

    Args:
        running: all engines, in any order, the wanted model's own among them if it has one.
        wanted: the model that somebody asked for.
        hardware: the machine; memory that these engines hold counts as free.
        accelerator: what engines run on.
    """
    own = next((engine for engine in running if engine.key == wanted.key), None)
    others = [engine for engine in running if engine.key != wanted.key]
    machine = _Machine(hardware, accelerator)
    leave: tuple[Move, ...] = ()
    if own is not None:
        if own.asleep is None:
            return Room((), None)
        here = (Claim(own.gpus, own.taken),)
        # Its weights are in RAM until it is awake, and the others fall asleep before that.
        moves = _fewest_moves(others, machine, here, own.weights if own.asleep == 1 else 0)
        if moves is not None:
            return Room(moves, None)
        if own.held:
            return _no_room(others, wanted.key, machine, here)
        leave = (Move(own.key, "unload"),)
    claims = claims_of(wanted, hardware, accelerator)
    if not claims:
        return _too_small(wanted, machine)
    moves = _fewest_moves(others, machine, claims)
    if moves is None:
        return _no_room(others, wanted.key, machine, claims)
    left = machine.room(others, {move.key: move for move in moves})
    return Room((*leave, *moves), _start(wanted, machine, claims, left))


class _Machine:
    """The memory of the machine, and what engines in any state leave of it."""

    def __init__(self, hardware: Hardware, accelerator: Accelerator) -> None:
        self.hardware = hardware
        self.accelerator = accelerator
        self._free = free_room(hardware, accelerator)
        self._ram = free_ram(hardware)

    def room(self, engines: Sequence[Resident], moves: Mapping[str, Move | None]) -> dict[int, int]:
        """Bytes that are left of each GPU, or of RAM on the CPU, after these moves."""
        left = dict(self._free)
        for engine in engines:
            for where in engine.gpus or (RAM,):
                if where in left:
                    left[where] -= _kept(engine, moves.get(engine.key))
        return left

    def ram_is_enough(
        self, engines: Sequence[Resident], moves: Mapping[str, Move | None], beside: int
    ) -> bool:
        """Whether weights that move to RAM have room there, with those that are there already."""
        if not any(move and move.level == 1 for move in moves.values()):
            return True
        asleep = [engine for engine in engines if _level(engine, moves.get(engine.key)) == 1]
        return beside + sum(engine.weights for engine in asleep) <= self._ram

    def ladder(self, engine: Resident) -> Iterator[Move | None]:
        """What may happen to an engine, gentlest first."""
        yield None
        if engine.held:
            return
        # vLLM refuses to put an engine to sleep that sleeps already, at whatever level.
        if self.accelerator != "cpu" and engine.can_sleep and engine.asleep is None:
            yield Move(engine.key, "sleep", 1)
            yield Move(engine.key, "sleep", 2)
        yield Move(engine.key, "unload")


def _kept(engine: Resident, move: Move | None) -> int:
    """Bytes of each of its GPUs, or of RAM on the CPU, that an engine has after a move."""
    if move is not None and move.action == "unload":
        return 0
    asleep = _level(engine, move) is not None
    return min(engine.taken, ASLEEP_GPU_MEMORY) if asleep else engine.taken


def _level(engine: Resident, move: Move | None) -> SleepLevel | None:
    return engine.asleep if move is None else move.level


def _fewest_moves(
    engines: Sequence[Resident], machine: _Machine, claims: Sequence[Claim], ram_taken: int = 0
) -> tuple[Move, ...] | None:
    """The gentlest moves after which one of the claims fits; None when none are enough.

    Everything is taken to end that may; then, from the engine that was used last on, each gets the
    gentlest treatment with which it still works out.
    """
    recent_first = sorted(engines, key=lambda engine: (-engine.last_used, engine.key))
    moves = {engine.key: list(machine.ladder(engine))[-1] for engine in engines}

    def works() -> bool:
        left = machine.room(engines, moves)
        enough = machine.ram_is_enough(engines, moves, ram_taken)
        return enough and any(claim.fits(left) for claim in claims)

    if not works():
        return None
    for engine in recent_first:
        for move in machine.ladder(engine):
            moves[engine.key] = move
            if works():
                break
    # Engines that end come first: their RAM may be what the others sleep in.
    made = [move for engine in reversed(recent_first) if (move := moves[engine.key])]
    return tuple(sorted(made, key=lambda move: move.action == "sleep"))


def _start(
    wanted: PlacementRequest, machine: _Machine, claims: Sequence[Claim], left: Mapping[int, int]
) -> Placement:
    """Where `place` puts the model on the fewest GPUs, and of those the emptiest."""
    fitting = [claim for claim in claims if claim.fits(left)]
    best = min(
        fitting,
        key=lambda claim: (
            len(claim.where),
            -min(left[index] for index in claim.where),
            claim.where,
        ),
    )
    named = replace(wanted, gpus=best.gpus or None)
    (placement,) = place([named], _with_room(machine.hardware, left), machine.accelerator)
    if isinstance(placement, Refusal):
        raise RuntimeError(f"{wanted.key} was refused where it has room")
    return placement


def _with_room(hardware: Hardware, left: Mapping[int, int]) -> Hardware:
    """The machine as `place` sees it beside the engines that stay."""
    gpus = tuple(replace(gpu, free_memory=left.get(gpu.index, 0)) for gpu in hardware.gpus)
    taken = free_ram(hardware) - left[RAM] if RAM in left else 0
    return replace(hardware, gpus=gpus, available_memory=hardware.available_memory - taken)


def _too_small(wanted: PlacementRequest, machine: _Machine) -> NoRoom:
    (alone,) = place([wanted], machine.hardware, machine.accelerator)
    needed = alone.needed if isinstance(alone, Refusal) else alone.need.total
    available = alone.available if isinstance(alone, Refusal) else 0
    return NoRoom(wanted.key, needed, available, ())


def _no_room(
    others: Sequence[Resident], key: str, machine: _Machine, claims: Sequence[Claim]
) -> NoRoom:
    staying = [engine for engine in others if engine.held]
    left = machine.room(staying, {})
    nearest = min(claims, key=lambda claim: claim.size - _least_left(claim, left))
    where = set(nearest.where)
    held = sorted(engine.key for engine in staying if where & set(engine.gpus or (RAM,)))
    return NoRoom(key, nearest.size, max(0, _least_left(nearest, left)), tuple(held))


def _least_left(claim: Claim, left: Mapping[int, int]) -> int:
    return min(left[index] for index in claim.where)
