"""What an engine says of its memory while it starts, read from its log line by line. Pure.

The lines are those of vLLM 0.19 to 0.33, each taken from a real log or from the source of a
release. An unknown line changes nothing. Where several workers speak, the one with the least room
counts, as it does for vLLM.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TypeVar

_Amount = TypeVar("_Amount", int, float)

_NUMBER = r"(-?[\d.]+)"

_LOADED = re.compile(rf"Model loading took {_NUMBER} GiB")
_AVAILABLE = re.compile(rf"Available KV cache memory: {_NUMBER} GiB")
_RESERVED = re.compile(rf"reserved {_NUMBER} GiB memory for KV Cache as specified")
_ON_CPU = re.compile(rf"(?:Explicitly|Auto) set \({_NUMBER}/[\d.]+\) GiB for KV cache on node")
_TOKENS = re.compile(r"(?:[A-Z]+) KV cache size: ([\d,]+) tokens")
_CONCURRENCY = re.compile(r"Maximum concurrency for ([\d,]+) tokens per request: ([\d.]+)x")
_CAPTURED = re.compile(rf"Graph capturing finished in [\d.]+ secs, took {_NUMBER} GiB")
_GRAPHS = re.compile(
    rf"CUDA graph pool memory: {_NUMBER} GiB \(actual\), {_NUMBER} GiB \(estimated\)"
)
_ESTIMATED = re.compile(rf"Estimated CUDA graph memory: {_NUMBER} GiB total")
_PROFILE = re.compile(
    rf"torch peak memory increase: {_NUMBER}GiB; "
    rf"non-torch forward increase memory: {_NUMBER}GiB; weights memory: {_NUMBER}GiB"
)
"""Printed by 0.19 at debug level only."""
_USAGE = re.compile(
    rf"Actual usage is {_NUMBER} GiB for weight, {_NUMBER} GiB for peak activation, "
    rf"{_NUMBER} GiB for non-torch memory"
)
_CONSUMED = re.compile(
    rf"Actual usage is {_NUMBER} GiB for consumed memory \(weights \+ non-torch\), "
    rf"{_NUMBER} GiB for peak activation"
)
"""Newer releases, 0.32 among them. The activations have the estimate of the graphs in them."""


@dataclass(frozen=True)
class StartupReport:
    """The memory of one start as its engine tells it, in GiB per GPU; None for what it does not."""

    tokens: int | None = None
    """Tokens that the KV cache holds."""
    concurrency: float | None = None
    """Requests of `context` tokens that the KV cache holds at a time."""
    context: int | None = None
    available: float | None = None
    """What the KV cache has."""
    weights: float | None = None
    graphs: float | None = None
    """What CUDA graphs took in the end."""
    graphs_estimated: float | None = None
    """What was set aside for them before."""
    peak: float | None = None
    """Activations at the peak, as printed."""
    peak_has_graphs: bool = False
    """The estimate of the graphs is part of `peak`."""
    consumed: float | None = None
    """Weights and all that is not PyTorch's, where they are told as one."""
    non_torch: float | None = None

    @property
    def activations(self) -> float | None:
        """Activations at the peak, without CUDA graphs."""
        if self.peak is None or not self.peak_has_graphs:
            return self.peak
        return max(0.0, self.peak - (self.graphs_estimated or 0.0))

    @property
    def other(self) -> float | None:
        """What is neither PyTorch's nor the KV cache: libraries, NCCL."""
        if self.consumed is not None and self.weights is not None:
            return self.consumed - self.weights
        return self.non_torch

    def __bool__(self) -> bool:
        """Whether the engine said anything at all."""
        return self != StartupReport()


def read_line(report: StartupReport, line: str) -> StartupReport:
    """The report with what one more line of the log says."""
    if match := _TOKENS.search(line):
        report = replace(report, tokens=_least(report.tokens, _whole(match[1])))
    if match := _CONCURRENCY.search(line):
        context, concurrency = _whole(match[1]), float(match[2])
        least = _least(report.concurrency, concurrency)
        return replace(report, context=context, concurrency=least)
    if match := _AVAILABLE.search(line) or _RESERVED.search(line) or _ON_CPU.search(line):
        return replace(report, available=_least(report.available, float(match[1])))
    if match := _LOADED.search(line):
        return replace(report, weights=_most(report.weights, float(match[1])))
    return _graphs(report, line) or _usage(report, line) or report


def _graphs(report: StartupReport, line: str) -> StartupReport | None:
    if match := _GRAPHS.search(line):
        actual, estimated = float(match[1]), float(match[2])
        return replace(report, graphs=actual, graphs_estimated=estimated)
    if match := _CAPTURED.search(line):
        return replace(report, graphs=_most(report.graphs, float(match[1])))
    if match := _ESTIMATED.search(line):
        return replace(report, graphs_estimated=float(match[1]))
    return None


def _usage(report: StartupReport, line: str) -> StartupReport | None:
    if match := _CONSUMED.search(line):
        consumed, peak = float(match[1]), float(match[2])
        return replace(
            report,
            consumed=_most(report.consumed, consumed),
            peak=_most(report.peak, peak),
            peak_has_graphs=True,
        )
    if match := _USAGE.search(line):
        weights, peak, non_torch = (float(number) for number in match.groups())
    elif match := _PROFILE.search(line):
        peak, non_torch, weights = (float(number) for number in match.groups())
    else:
        return None
    return replace(
        report,
        weights=_most(report.weights, weights),
        peak=_most(report.peak, peak),
        non_torch=_most(report.non_torch, non_torch),
    )


def _whole(digits: str) -> int:
    return int(digits.replace(",", ""))


def _least(known: _Amount | None, new: _Amount) -> _Amount:
    return new if known is None else min(known, new)


def _most(known: float | None, new: float) -> float:
    return new if known is None else max(known, new)
