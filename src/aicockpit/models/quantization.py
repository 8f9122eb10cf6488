"""How a checkpoint's weights are quantised, from config.json or NVIDIA's file beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from pathlib import Path

    from aicockpit.models.config_values import ModelConfig

_BITS = {"fp8": 8, "fbgemm_fp8": 8, "mxfp4": 4, "nvfp4": 4, "bitsandbytes": 4, "deepspeedfp": 8}
_MOST_BITS = 64


def read_quantization(config: ModelConfig, folder: Path) -> tuple[str | None, int | None]:
    """vLLM's name of the method and the bits of a weight; None for what is not said."""
    quantization = config.mapping("quantization_config", "compression_config")
    if not quantization:
        quantization = _from_modelopt(folder / "hf_quant_config.json")
    if not quantization:
        return None, None
    method = str(quantization.get("quant_method") or quantization.get("quant_type") or "unknown")
    return method.lower(), _bits(quantization, method.lower())


def _bits(quantization: dict[str, Any], method: str) -> int | None:
    for name in ("bits", "w_bit", "weight_bits", "num_bits"):
        if _is_width(value := quantization.get(name)):
            return value
    groups = quantization.get("config_groups")
    if isinstance(groups, dict):
        widths: list[int] = [
            weights["num_bits"]
            for group in groups.values()
            if isinstance(group, dict)
            and isinstance(weights := group.get("weights"), dict)
            and _is_width(weights.get("num_bits"))
        ]
        if widths:
            return max(widths)
    if quantization.get("load_in_8bit") is True:
        return 8
    algorithm = str(quantization.get("quant_algo", "")).lower()
    return _BITS.get(method) or _BITS.get(algorithm)


def _is_width(value: object) -> TypeGuard[int]:
    """Bits of a weight; what is larger than any is damage, and overflows later."""
    return isinstance(value, int) and 0 < value <= _MOST_BITS


def _from_modelopt(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())["quantization"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {"quant_method": "modelopt", **content} if isinstance(content, dict) else {}
