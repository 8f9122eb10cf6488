"""Which number formats a model's weights, activations and cache get on given GPUs."""

from __future__ import annotations

from dataclasses import dataclass

from aicockpit.planner.facts import ModelFacts
from aicockpit.planner.weights import WHILE_LOADING

ComputeCapability = tuple[int, int]

_BFLOAT16_FROM = (8, 0)
_FP8_FROM = (8, 9)
_FP8_WEIGHTS_FROM = (7, 5)
_LEAST_FOR: dict[str, ComputeCapability] = {
    "awq": (7, 5),
    "gptq": (6, 0),
    "fp8": _FP8_WEIGHTS_FROM,
    "fbgemm_fp8": (8, 0),
    "compressed-tensors": (7, 5),
    "modelopt": (8, 0),
    "mxfp4": (8, 0),
}
"""vLLM's `get_min_capability` of each method, release 0.32."""


@dataclass(frozen=True)
class NumberFormats:
    """What an engine computes in."""

    dtype: str
    kv_cache_dtype: str
    quantization: str | None
    """A method applied while loading; None for none."""
    reasons: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Why this cannot run at all."""


def choose_formats(
    facts: ModelFacts,
    capability: ComputeCapability,
    *,
    dtype: str | None,
    kv_cache_dtype: str | None,
    quantization: str | None,
) -> NumberFormats:
    """Decide the formats; what is given is kept, and complained of where it cannot work.

    Args:
        facts: the model.
        capability: the lowest compute capability of the GPUs.
        dtype: what was pinned; None or `auto` to choose.
        kv_cache_dtype: likewise.
        quantization: a method to apply while loading; None or `none` for none.
    """
    here = f"these GPUs have {_dot(capability)}"
    reasons: list[str] = []
    problems: list[str] = []
    method = None if quantization in {None, "none", "auto", facts.quantization} else quantization
    chosen = facts.dtype if dtype in {None, "auto"} else str(dtype)
    if chosen == "bfloat16" and capability < _BFLOAT16_FROM:
        if dtype == "bfloat16":
            problems.append(f"bfloat16 needs compute capability 8.0, {here}")
        else:
            chosen = "float16"
            reasons.append(
                "float16 instead of bfloat16, which compute capability "
                f"{_dot(capability)} does not have; a model trained in bfloat16 can overflow in "
                "it, so check its answers"
            )
    elif chosen == "float32" and dtype is None:
        chosen = "bfloat16" if capability >= _BFLOAT16_FROM else "float16"
        reasons.append(f"{chosen} instead of the checkpoint's float32, as vLLM does by itself")
    if method is not None and (trouble := _not_while_loading(facts, method)):
        problems.append(trouble)
    for name in {facts.quantization, method} - {None}:
        least = _LEAST_FOR.get(str(name))
        if least is not None and capability < least:
            problems.append(f"{name} weights need compute capability {_dot(least)}, {here}")
    if method == "fp8" and _FP8_WEIGHTS_FROM <= capability < _FP8_FROM:
        reasons.append("fp8 only stores the weights: these GPUs compute in 16 bits")
    cache = kv_cache_dtype or "auto"
    if cache.startswith("fp8") and capability < _FP8_FROM:
        problems.append(f"an {cache} KV cache needs compute capability 8.9, {here}")
    return NumberFormats(chosen, cache, method, tuple(reasons), tuple(problems))


def _not_while_loading(facts: ModelFacts, method: str) -> str | None:
    """Why a checkpoint cannot be quantised by a method while it is loaded; None when it can."""
    if facts.quantization is not None:
        return f"the checkpoint is {facts.quantization} already, so it cannot be loaded as {method}"
    if method not in WHILE_LOADING:
        return f"the checkpoint is not {method}, and vLLM cannot make it so while loading"
    return None


def _dot(capability: ComputeCapability) -> str:
    return f"{capability[0]}.{capability[1]}"
