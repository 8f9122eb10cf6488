"""What a machine's own starts have shown, and how a plan is corrected by it.

Rules found in logs of other machines are a little off for any model that those logs did not have.
A start of the same model says how much; one of another model of its architecture says it for what
does not depend on the weights. An observation holds what was seen beside what the rules say without
any correction, so a plan that was corrected already teaches nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from aicockpit.planner.facts import ModelFacts

CPU = "cpu"
"""Stands in place of a GPU's name for engines on processors."""

MOST_OBSERVATIONS = 200
"""Starts that are remembered; the oldest are forgotten first."""

_PRINTED = int(0.02 * 2**30)
"""Bytes within which a family's figures are not told from the rounding of what engines print."""
_LEAST_SHARE = 0.5
"""A family's starts never lower a figure below this share of what the rules say, and a start whose
weights seem to be less than this share of the files' is not believed."""

_WEIGHTS_ALIKE = 0.02
"""Share by which weights may differ that are counted once from config.json and once from files."""


@dataclass(frozen=True)
class EngineStart:
    """All that decides an engine's memory beside its KV cache."""

    release: str
    """vLLM's, such as `0.32`."""
    device: str
    """The GPU's name as its driver reports it, or `cpu`."""
    model: str
    """See `fingerprint`."""
    family: str
    """The model's architecture."""
    tensor_parallel: int
    pipeline_parallel: int
    dtype: str
    quantization: str | None
    """A method that the engine applies while loading."""
    batched_tokens: int
    sequences: int
    flags: tuple[str, ...] = ()
    """Further flags that may change the memory and that no rule knows."""


@dataclass(frozen=True)
class MemoryParts:
    """Bytes of one GPU, or of RAM, that an engine takes beside its KV cache."""

    weights: int
    activations: int
    other: int
    graphs: int


@dataclass(frozen=True)
class Observation:
    """One start, as it was and as the rules alone would have had it."""

    start: EngineStart
    engine_version: str
    """In full, such as `0.32.0`."""
    date: str
    """Day of the start, `2026-11-22`."""
    rules: MemoryParts
    seen: MemoryParts
    available: int = 0
    """Bytes that the engine had for its KV cache."""
    tokens: int = 0
    """Tokens that it said the cache holds."""


@dataclass(frozen=True)
class Basis:
    """The start that a correction comes from."""

    of: Literal["model", "family"]
    """The same model's, or only one of the same architecture."""
    date: str
    engine_version: str

    def __str__(self) -> str:
        return f"this machine's start of {self.date}, vLLM {self.engine_version}"


@dataclass(frozen=True)
class Calibration:
    """What the starts of one machine teach. Without any it changes nothing."""

    observations: tuple[Observation, ...] = ()

    def correct(self, start: EngineStart, rules: MemoryParts) -> tuple[MemoryParts, Basis | None]:
        """What an engine will take, and from which start that is known.

        A start of the same model gives its own figures. Starts of the same architecture give the
        median of what the rules were off by in everything but the weights.
        """
        observations = filter(_is_plausible, self.observations)
        alike = [known for known in observations if _alike(known.start, start)]
        as_heavy = [known for known in alike if _as_heavy(known, rules)]
        same = [known for known in as_heavy if known.start == start]
        own = same or [known for known in as_heavy if _same_model(known.start, start)]
        if own:
            newest = _newest(own)
            return _moved(rules, [newest], weights=newest.seen.weights), _basis("model", newest)
        if alike:
            return _family(rules, alike), _basis("family", _newest(alike))
        return rules, None


def fingerprint(facts: ModelFacts) -> str:
    """What models that take the same memory have in common, in words.

    Fine-tunes of a model have its fingerprint, quantised variants have not.
    """
    experts = f" experts {facts.experts}/{facts.experts_per_token}" if facts.experts else ""
    return (
        f"{facts.architecture} {facts.layers}x{facts.hidden_size}x{facts.intermediate_size} "
        f"vocabulary {facts.vocabulary_size} heads {facts.attention_heads}/{facts.kv_heads}"
        f"x{facts.head_size}{experts} {facts.quantization or facts.dtype}"
        f"{facts.quantization_bits or ''}"
    )


def parts_seen(
    rules: MemoryParts,
    spent: int,
    *,
    weights: int | None,
    activations: int | None,
    graphs: int | None,
    deducts_graphs: bool,
) -> MemoryParts:
    """The parts of a start, of which an engine tells some; the rules' stand in for others.

    What is left of all that was spent belongs to what is not PyTorch's, so that the parts add up to
    what the engine did not give to its KV cache.

    Args:
        rules: what the rules say.
        spent: bytes that the engine was given and did not leave to its KV cache.
        weights: as told; None when not.
        activations: likewise.
        graphs: likewise, as far as they were set aside before the cache where that is done.
        deducts_graphs: the release takes CUDA graphs out of what the cache may have.
    """
    loaded = rules.weights if weights is None else weights
    peak = rules.activations if activations is None else activations
    captured = rules.graphs if graphs is None else graphs
    rest = spent - loaded - peak - (captured if deducts_graphs else 0)
    return MemoryParts(loaded, peak, max(0, rest), captured)


def remember(known: Iterable[Observation], new: Observation) -> tuple[Observation, ...]:
    """The observations with a new one in place of that of the same start, the newest last."""
    others = [observation for observation in known if observation.start != new.start]
    return (*others, new)[-MOST_OBSERVATIONS:]


def _is_plausible(observation: Observation) -> bool:
    return observation.seen.weights > observation.rules.weights * _LEAST_SHARE


def _alike(known: EngineStart, start: EngineStart) -> bool:
    return (
        known.release == start.release
        and known.device == start.device
        and known.family == start.family
        and known.tensor_parallel == start.tensor_parallel
        and known.pipeline_parallel == start.pipeline_parallel
        and known.flags == start.flags
    )


def _same_model(known: EngineStart, start: EngineStart) -> bool:
    """Whether the weights are those of another start; the limits of a step may differ."""
    limits = {"batched_tokens": start.batched_tokens, "sequences": start.sequences}
    return replace(known, **limits) == start  # type: ignore[arg-type]


def _as_heavy(known: Observation, rules: MemoryParts) -> bool:
    """Whether the files of two models of one shape hold as much; more is another model's."""
    return abs(known.rules.weights - rules.weights) <= rules.weights * _WEIGHTS_ALIKE


def _newest(observations: Sequence[Observation]) -> Observation:
    """The last of those of the latest day."""
    return max(enumerate(observations), key=lambda pair: (pair[1].date, pair[0]))[1]


def _basis(of: Literal["model", "family"], observation: Observation) -> Basis:
    return Basis(of, observation.date, observation.engine_version)


def _family(rules: MemoryParts, alike: Sequence[Observation]) -> MemoryParts:
    moved = _moved(rules, alike, weights=rules.weights)

    def settled(before: int, after: int) -> int:
        if abs(after - before) <= _PRINTED:
            return before
        return max(after, int(before * _LEAST_SHARE))

    return MemoryParts(
        rules.weights,
        settled(rules.activations, moved.activations),
        settled(rules.other, moved.other),
        settled(rules.graphs, moved.graphs),
    )


def _moved(rules: MemoryParts, known: Sequence[Observation], *, weights: int) -> MemoryParts:
    """The rules' figures, moved by the median of what they were off by."""
    activations = median(one.seen.activations - one.rules.activations for one in known)
    other = median(one.seen.other - one.rules.other for one in known)
    graphs = median(one.seen.graphs - one.rules.graphs for one in known)
    return MemoryParts(
        max(0, weights),
        max(0, rules.activations + int(activations)),
        max(0, rules.other + int(other)),
        max(0, rules.graphs + int(graphs)),
    )


@dataclass(frozen=True)
class Known:
    """What a budget was made from, kept so that the start can teach something."""

    start: EngineStart
    rules: MemoryParts
    basis: Basis | None = None
