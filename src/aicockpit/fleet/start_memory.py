"""What an engine took at its start, beside what was planned for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aicockpit.engines import StartupReport
from aicockpit.planner.calibration import MemoryParts, Observation, parts_seen
from aicockpit.planner.memory import GIB
from aicockpit.planner.planned import Planned

NOTABLE = 0.05
"""Share by which the KV cache may differ from its plan before that is a warning."""


@dataclass(frozen=True)
class KvCacheComparison:
    """Tokens of the KV cache: planned, and as the engine reported them."""

    predicted: int
    got: int

    @property
    def difference(self) -> float:
        """Share by which the engine has more than was planned; negative for less."""
        return self.got / self.predicted - 1 if self.predicted else 0.0

    @property
    def is_notable(self) -> bool:
        """Whether somebody should do something about it."""
        return abs(self.difference) > NOTABLE

    @property
    def advice(self) -> str:
        """What to do about a notable difference; empty for others."""
        if not self.is_notable:
            return ""
        if self.difference < 0:
            return (
                "Something that the plan does not count takes memory: another program on the GPU, "
                "or an option in engine_args. Free it, or expect shorter contexts and fewer "
                "requests at a time."
            )
        return "There is room for a longer context or more requests at a time."

    def __str__(self) -> str:
        share = f"{self.difference:.1%}".replace("%", " %").removeprefix("-")
        sign = "" if share == "0.0 %" else ("-" if self.difference < 0 else "+")
        return f"KV cache: predicted {self.predicted:,} tokens, got {self.got:,} ({sign}{share})"


def compare(planned: Planned, report: StartupReport) -> KvCacheComparison | None:
    """The KV cache as planned and as reported; None when the engine did not say.

    Where the engine was told another context than the plan's, the plan's blocks are counted in
    requests of that context, as the engine does.
    """
    if not report.tokens:
        return None
    fit = planned.plan.fit
    predicted = fit.tokens
    if report.context and report.context != fit.context and planned.release.counts_requests:
        batched = fit.options.limits.batched_tokens
        at_a_time = fit.cache.concurrency(fit.blocks, report.context, batched)
        predicted = int(at_a_time * report.context)
    return KvCacheComparison(predicted, report.tokens)


def observe(
    planned: Planned,
    report: StartupReport,
    *,
    resident: int,
    engine_version: str,
    date: str,
) -> Observation | None:
    """What a start teaches the planner; None when too little was told.

    Args:
        planned: what was started.
        report: what its engine said.
        resident: bytes of RAM that the engine's processes hold; only of use on a CPU.
        engine_version: in full.
        date: of the start, `2026-11-22`.
    """
    seen = _on_gpu(planned, report) if planned.machine.gpus else _on_cpu(planned, resident)
    if seen is None:
        return None
    known = planned.plan.fit.budget.known
    available = int(report.available * GIB) if report.available else 0
    return Observation(
        known.start, engine_version, date, known.rules, seen, available, report.tokens or 0
    )


def _on_gpu(planned: Planned, report: StartupReport) -> MemoryParts | None:
    """Each part as reported; what is left over belongs to what is not PyTorch's.

    Where the size of the cache was given, the engine did not measure what it could have.
    """
    given = planned.intent.pins.available_kv is not None
    if report.available is None or report.available <= 0 or given:
        return None
    budget = planned.plan.fit.budget
    deducts = planned.release.deducts_graphs
    graphs = report.graphs_estimated if deducts else report.graphs
    if graphs is None and deducts and report.peak is not None:
        graphs = 0.0  # an engine that captures none estimates none
    return parts_seen(
        budget.known.rules,
        budget.requested - int(report.available * GIB),
        weights=_bytes(report.weights),
        activations=_bytes(report.activations),
        graphs=_bytes(graphs),
        deducts_graphs=deducts,
    )


def _on_cpu(planned: Planned, resident: int) -> MemoryParts | None:
    """An engine on a CPU does not tell what it takes; the system does."""
    fit = planned.plan.fit
    rules = fit.budget.known.rules
    cache = fit.budget.available * fit.options.tensor_parallel
    overhead = resident - rules.weights - cache
    return MemoryParts(rules.weights, overhead, 0, 0) if overhead > 0 else None


def _bytes(gib: float | None) -> int | None:
    return None if gib is None else max(0, int(gib * GIB))
