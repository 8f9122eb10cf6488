"""Which of the configured models run, on what, and with which plan. Pure.

Placement decides which GPUs and which share of them each model gets; the plan then says what the
engine can hold there. Where the two disagree the plan counts, because it knows more: a model
that placement refused may run, and one that it placed may get more GPUs or be refused. Models come
in the order of the configuration, and take their memory from those after them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from aicockpit.config import Config, EngineSettings
from aicockpit.errors import CapacityError
from aicockpit.fleet.planning import FetchedModel, given_flags, is_binding, plan_model
from aicockpit.planner import Gpu, Hardware
from aicockpit.planner.engine_memory import EngineRelease
from aicockpit.planner.machine import Accelerator
from aicockpit.planner.placement import Placement, PlacementRequest, Refusal, place
from aicockpit.planner.planned import Planned

_MOST_WAYS = 3
"""Ways out that an error names."""


@dataclass(frozen=True)
class _Allotted:
    """What a model was given."""

    planned: Planned
    runs: bool
    beside: tuple[str, ...]
    """Keys of the models before it that share the memory."""


@dataclass
class _Room:
    """The machine and what the models so far hold of it."""

    hardware: Hardware
    engines: EngineSettings
    release: EngineRelease
    long_contexts: bool
    ram: int = 0
    gpus: dict[int, int] = field(default_factory=dict)
    """Bytes held of each GPU."""
    holders: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """GPUs of each model."""

    def take(self, key: str, planned: Planned) -> None:
        """Let a model hold what its plan takes."""
        budget = planned.plan.fit.budget
        self.holders[key] = planned.plan.gpus
        if not planned.machine.gpus:
            self.ram += budget.requested
            return
        beyond = 0 if planned.release.deducts_graphs else budget.graphs
        for index in planned.plan.gpus:
            self.gpus[index] = self.gpus.get(index, 0) + budget.requested + beyond

    def part(self, indices: Collection[int]) -> Hardware:
        """The machine with some of its GPUs, less what is held of them."""
        chosen = (gpu for gpu in self.hardware.gpus if gpu.index in indices)
        return replace(self.hardware, gpus=tuple(map(self._left, chosen)))

    def _left(self, gpu: Gpu) -> Gpu:
        return replace(gpu, free_memory=max(0, gpu.free_memory - self.gpus.get(gpu.index, 0)))


def allot(
    models: Sequence[FetchedModel],
    config: Config,
    hardware: Hardware,
    accelerator: Accelerator,
    release: EngineRelease,
    *,
    long_contexts: bool = False,
) -> list[Planned | CapacityError]:
    """Decide for each model, in order, with which plan it runs, or why it does not.

    Args:
        models: configured and fetched.
        config: all settings.
        hardware: this machine.
        accelerator: what engines run on, which may be the processors of a machine with GPUs.
        release: the installed engine's, with what this machine's starts have shown.
        long_contexts: engines take longer contexts than their models were made for.
    """
    requests = [_request(model, config) for model in models]
    placements = place(requests, hardware, accelerator)
    room = _Room(hardware, config.engines, release, long_contexts)
    decided: list[Planned | CapacityError] = []
    for model, placement in zip(models, placements, strict=True):
        if accelerator == "cpu":
            allotted = _on_cpu(model, placement, room)
        elif missing := _missing_gpus(model, hardware):
            decided.append(missing)
            continue
        else:
            others = (other for other in placements if other is not placement)
            placed = (other for other in others if isinstance(other, Placement))
            taken = {index for other in placed for index in other.gpus}
            allotted = _on_gpus(model, placement, taken, room)
        if not allotted.runs:
            decided.append(_refusal(model, allotted))
            continue
        room.take(model.key, allotted.planned)
        decided.append(allotted.planned)
    return decided


def _refusal(model: FetchedModel, allotted: _Allotted) -> CapacityError:
    """The error for a model that does not run: the plan's reason, and what would help."""
    planned = allotted.planned
    plan = planned.plan
    beside = f" beside {', '.join(allotted.beside)}" if allotted.beside else ""
    reasons = plan.reasons[-1:] if plan.fit.problem is not None else plan.warnings[:1]
    return CapacityError(
        f"The model {model.key} does not fit{beside}.",
        why=" ".join(reasons) or "Its plan does not fit.",
        remedy=" ".join(_remedies(model, planned)),
    )


def _request(model: FetchedModel, config: Config) -> PlacementRequest:
    settings = model.settings
    return PlacementRequest(
        key=model.key,
        facts=model.facts,
        dtype=settings.dtype,
        cpu_kv_cache=config.engines.cpu_kv_cache,
        gpus=None if settings.gpus == "auto" else settings.gpus,
        gpu_memory_utilization=settings.gpu_memory_utilization,
    )


def _on_cpu(model: FetchedModel, placement: Placement | Refusal, room: _Room) -> _Allotted:
    left = max(0, room.hardware.available_memory - room.ram)
    machine = replace(room.hardware, gpus=(), links=(), available_memory=left)
    planned = plan_model(model, machine, room.engines, room.release)
    return _Allotted(planned, _runs(model, planned, placement, room), tuple(room.holders))


def _on_gpus(
    model: FetchedModel, placement: Placement | Refusal, taken: set[int], room: _Room
) -> _Allotted:
    """Try what placement gave, then that with all GPUs that no other model gets."""
    wanted = model.settings.gpus
    every = {gpu.index for gpu in room.hardware.gpus}
    if wanted != "auto":
        offers = [set(wanted)]
    elif isinstance(placement, Placement):
        offers = [set(placement.gpus), set(placement.gpus) | (every - taken)]
    else:
        offers = [(every - taken) or every]
    tried = []
    for offer in offers:
        share = None
        if isinstance(placement, Placement) and offer & taken:
            share = placement.gpu_memory_utilization
        planned = plan_model(model, room.part(offer), room.engines, room.release, share=share)
        beside = tuple(key for key, gpus in room.holders.items() if offer & set(gpus))
        tried.append(_Allotted(planned, _runs(model, planned, placement, room), beside))
        if tried[-1].runs:
            return tried[-1]
    return tried[0]


def _runs(
    model: FetchedModel, planned: Planned, placement: Placement | Refusal, room: _Room
) -> bool:
    if planned.plan.fits:
        return True
    allowed = room.long_contexts and planned.plan.fit.problem == "model"
    return isinstance(placement, Placement) and (allowed or not is_binding(model, planned))


def _missing_gpus(model: FetchedModel, hardware: Hardware) -> CapacityError | None:
    wanted = model.settings.gpus
    there = {gpu.index for gpu in hardware.gpus}
    if wanted == "auto" or there.issuperset(wanted):
        return None
    missing = ", ".join(str(index) for index in wanted if index not in there)
    return CapacityError(
        f"The model {model.key} cannot have the GPUs that are named for it.",
        why=f"This machine has no GPU {missing}; it has {', '.join(map(str, sorted(there)))}.",
        remedy=f"Correct gpus under [models.{model.key}], or remove it.",
    )


def _remedies(model: FetchedModel, planned: Planned) -> list[str]:
    fit = planned.plan.fit
    told = []
    if ways := planned.ways[:_MOST_WAYS]:
        # The planner names options of `aicockpit plan`, which are vLLM's but for the context.
        changes = [way.change.replace("--context ", "context = ") for way in ways]
        pairs = zip(changes, ways, strict=True)
        told.append(f"This would fit: {'; '.join(f'{do} ({way.price})' for do, way in pairs)}.")
        if any("--" in change for change in changes):
            told.append(f"Flags of the engine go into engine_args of [models.{model.key}].")
    on_cpu = not planned.machine.gpus
    if (
        on_cpu
        and fit.problem == "KV cache"
        and "kv-cache-memory-bytes" not in given_flags(model.settings)
    ):
        told.append(f"Raise engines.cpu_kv_cache, or set context = {fit.largest_context} or less.")
    elif on_cpu and fit.problem == "memory at start":
        told.append("Serve fewer models at a time, free memory, or lower engines.cpu_kv_cache.")
    elif fit.problem == "model":
        most = model.facts.context_length
        told.append(f"Set context = {most} or less under [models.{model.key}].")
    elif not told:
        told.append("Serve fewer models at a time, free memory, or choose a smaller model.")
    return told
