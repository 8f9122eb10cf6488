"""The plan of one engine: what it runs on, with which options, what it can hold, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aicockpit.planner.choice import Choice, choose
from aicockpit.planner.engine_memory import GIB, EngineRelease
from aicockpit.planner.exactness import Exactness, exactness, exactness_note
from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.fit import LEAST_CONTEXT, Fit, fit, limits_problem
from aicockpit.planner.grouping import gpus_for, link_within
from aicockpit.planner.intent import Intent
from aicockpit.planner.knobs import Knob, choose_knobs
from aicockpit.planner.machine import Gpu, Hardware
from aicockpit.planner.number_formats import choose_formats
from aicockpit.planner.parallelism import Arrangement, tensor_parallel_problem
from aicockpit.planner.speed import SpeedBounds, speed_bounds


@dataclass(frozen=True)
class EnginePlan:
    """What an engine would be, before anything is downloaded or started."""

    model: str
    fits: bool
    fit: Fit
    gpus: tuple[int, ...]
    """Indices that the engine of one node sees, for the first copy."""
    knobs: tuple[Knob, ...]
    environment: Mapping[str, str]
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    exactness: Exactness
    speed: SpeedBounds | None
    """None where the GPU's bandwidth is not known."""

    @property
    def engine_args(self) -> dict[str, bool | int | float | str]:
        """vLLM's flags without their dashes."""
        return {knob.flag: knob.value for knob in self.knobs if knob.value is not None}


def plan_on_gpus(
    model: str, facts: ModelFacts, hardware: Hardware, intent: Intent, release: EngineRelease
) -> EnginePlan:
    """Plan an engine on a machine's GPUs.

    Args:
        model: name or folder, as the command line will have it.
        facts: the model.
        hardware: with at least one GPU.
        intent: what the engine is for and what is already decided.
        release: the engine's.
    """
    pins = intent.pins
    formats = choose_formats(
        facts,
        min(gpu.compute_capability for gpu in hardware.gpus),
        dtype=pins.dtype,
        kv_cache_dtype=pins.kv_cache_dtype,
        quantization=pins.quantization,
    )

    def attempt(arrangement: Arrangement) -> Fit:
        gpu = _weakest(gpus_for(hardware, arrangement))
        return fit(facts, gpu, arrangement, formats, intent, release)

    choice = choose(facts, hardware, intent, attempt)
    chosen = choice.fit
    taken = gpus_for(hardware, chosen.arrangement)
    gpus = tuple(gpu.index for gpu in taken)
    basis = chosen.budget.known.basis
    seen = basis is not None and basis.of == "model"
    known = exactness(facts, measured=release.measured or seen)
    problems = (*formats.problems, *_impossible(facts, hardware, chosen))
    return EnginePlan(
        model=model,
        fits=chosen.problem is None and not problems,
        fit=chosen,
        gpus=gpus,
        knobs=choose_knobs(facts, chosen, intent, formats),
        environment={"CUDA_VISIBLE_DEVICES": hardware.visible_devices(gpus)},
        reasons=(*choice.reasons, *formats.reasons, *_outcome(facts, chosen, intent)),
        warnings=(*problems, *_bound(facts, release, known), *_warnings(facts, hardware, choice)),
        exactness=known,
        speed=_speed(facts, hardware, _weakest(taken), chosen),
    )


def _weakest(gpus: Collection[Gpu]) -> Gpu:
    """The GPU that decides where all must do alike."""
    return min(gpus, key=lambda gpu: (gpu.memory, gpu.free_memory))


def _impossible(facts: ModelFacts, hardware: Hardware, chosen: Fit) -> tuple[str, ...]:
    arrangement = chosen.arrangement
    found = []
    if problem := tensor_parallel_problem(facts, arrangement.tensor):
        found.append(f"{problem}.")
    if arrangement.pipeline > facts.layers:
        found.append(f"{facts.layers} layers cannot form {arrangement.pipeline} stages.")
    if arrangement.gpus % arrangement.nodes:
        found.append(
            f"{arrangement.gpus} GPUs cannot be shared by {arrangement.nodes} nodes alike."
        )
    if problem := limits_problem(chosen.options.limits):
        found.append(problem)
    there = len(hardware.gpus) * hardware.nodes
    if arrangement.gpus * arrangement.replicas > there:
        found.append(f"{arrangement.gpus} GPUs were asked for and there are {there}.")
    return tuple(found)


def _bound(facts: ModelFacts, release: EngineRelease, known: Exactness) -> tuple[str, ...]:
    return (exactness_note(facts, release, known),) if known == "upper bound" else ()


def _warnings(facts: ModelFacts, hardware: Hardware, choice: Choice) -> tuple[str, ...]:
    warnings = list(choice.warnings)
    sizes = {gpu.memory for gpu in hardware.gpus}
    if len(sizes) > 1 and choice.fit.arrangement.gpus > 1:
        warnings.append("The GPUs differ in memory; each can use only what the smallest has.")
    arrangement = choice.fit.arrangement
    if 1 < facts.kv_heads < arrangement.tensor:
        warnings.append(
            f"Each of {arrangement.tensor} GPUs needs a KV head and the model has "
            f"{facts.kv_heads}: GPUs hold copies, so the KV cache gains less than the number says."
        )
    if any(kind.kind == "latent" for kind in facts.cache) and arrangement.tensor > 1:
        warnings.append(
            "The model's latent KV cache is not shared by tensor parallelism: every GPU holds all "
            "of it. More GPUs give room for weights, and only what is left for the cache."
        )
    return tuple(warnings)


def _outcome(facts: ModelFacts, chosen: Fit, intent: Intent) -> tuple[str, ...]:
    if chosen.problem not in {None, "concurrency"}:
        return (_why_not(facts, chosen, intent),)
    context, concurrency = chosen.context, chosen.concurrency
    available = chosen.budget.available / GIB
    held = f"{concurrency:.1f} requests of {context:,} tokens at a time"
    if chosen.arrangement.replicas > 1:
        held += f" in each copy, {concurrency * chosen.arrangement.replicas:.1f} in all"
    told = [f"The KV cache has {available:.2f} GiB per GPU and holds {held}."]
    if context < facts.context_length and intent.context is None:
        told.append(f"Memory limits the context: the model could {facts.context_length:,} tokens.")
    if chosen.problem == "concurrency":
        told.append(too_few(chosen, intent))
    return tuple(told)


def too_few(chosen: Fit, intent: Intent) -> str:
    """Why an engine does not do for the concurrency that was asked for."""
    most = chosen.options.limits.sequences
    less = f"less than the {intent.concurrency} requests that were asked for."
    if most < chosen.concurrency:
        return f"The engine works on {most} of them at a time (max-num-seqs), {less}"
    return f"That is {less}"


def _why_not(facts: ModelFacts, chosen: Fit, intent: Intent) -> str:
    budget = chosen.budget
    match chosen.problem:
        case "model":
            asked = f"{intent.context or 0:,} were asked for"
            return f"The model was made for {facts.context_length:,} tokens at most and {asked}."
        case "memory at start":
            start = f"{budget.requested / GIB:.2f} GiB of each GPU at its start"
            return f"The engine wants {start}, and less is free."
        case "weights":
            weights = f"Weights ({budget.weights / GIB:.2f} GiB per GPU)"
            rest = f"activations ({budget.activations / GIB:.2f} GiB)"
            return f"{weights} and {rest} leave nothing for the KV cache."
        case "KV cache":
            holds = f"{max(0, budget.available) / GIB:.2f} GiB per GPU"
            most, wanted = chosen.largest_context, intent.context or LEAST_CONTEXT
            return f"The KV cache would have {holds}, for {most:,} tokens; {wanted:,} are wanted."
        case "first requests" | "concurrency" | None:
            missing = f"{-budget.spare / GIB:.2f} GiB are missing"
            return f"The engine would run out of memory with its first requests: {missing}."


def _speed(facts: ModelFacts, hardware: Hardware, gpu: Gpu, chosen: Fit) -> SpeedBounds | None:
    if gpu.bandwidth is None or gpu.flops is None:
        return None
    arrangement = chosen.arrangement
    return speed_bounds(
        facts,
        weights=chosen.budget.weights * arrangement.gpus,
        bandwidth=gpu.bandwidth,
        flops=gpu.flops,
        tensor_parallel=arrangement.tensor,
        link=link_within(hardware, arrangement),
    )
