"""The options of `aicockpit plan`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Dtype = Literal["auto", "bfloat16", "float16", "half", "float32", "float"]
KvCacheDtype = Literal["auto", "bfloat16", "float16", "fp8", "fp8_e4m3", "fp8_e5m2"]
Objective = Literal["latency", "throughput"]
Quantization = Literal[
    "auto",
    "none",
    "fp8",
    "fp8_per_tensor",
    "fp8_per_block",
    "int8_per_channel_weight_only",
    "awq",
    "gptq",
    "compressed-tensors",
    "mxfp4",
]
Role = Literal["completion", "edit", "chat"]

ModelArgument = Annotated[
    str | None,
    typer.Argument(
        help="A local folder, a config.json, a Hugging Face id or starter. Default: models of the "
        "catalogue that suit the machine."
    ),
]
HardwareOption = Annotated[
    str | None,
    typer.Option(
        help="Plan for another machine: 8xH100-80GB-nvlink, 2x(4xA100-40GB-pcie), rtx4090, "
        "cpu-2c-24g. Default: this one."
    ),
]
ContextOption = Annotated[
    int | None, typer.Option(help="Tokens that one request must be able to have.", min=16)
]
ConcurrencyOption = Annotated[
    int | None, typer.Option(help="Requests of that length that must fit at a time.", min=1)
]
ObjectiveOption = Annotated[
    Objective, typer.Option(help="What matters more: one answer's speed or that of all together.")
]
RoleOption = Annotated[Role | None, typer.Option(help="What the engine is for.")]
ShareOption = Annotated[
    float | None,
    typer.Option(help="Share of each GPU that the engine may have.", min=0.05, max=1),
]
QuantizationOption = Annotated[
    Quantization, typer.Option(help="How weights are quantised while loading.")
]
TensorParallelOption = Annotated[
    int | None, typer.Option(min=1, help="Pinned: GPUs that share each layer.")
]
PipelineParallelOption = Annotated[
    int | None, typer.Option(min=1, help="Pinned: stages that share the layers.")
]
UtilizationOption = Annotated[
    float | None,
    typer.Option(min=0.05, max=1, help="Pinned: share of each GPU's memory, as vLLM counts it."),
]
BatchedTokensOption = Annotated[
    int | None, typer.Option(min=16, help="Pinned: tokens that are computed in one step.")
]
SequencesOption = Annotated[
    int | None, typer.Option(min=1, help="Pinned: requests that are computed in one step.")
]
DtypeOption = Annotated[Dtype, typer.Option(help="Pinned: number format of the activations.")]
KvCacheDtypeOption = Annotated[
    KvCacheDtype, typer.Option(help="Pinned: number format of the KV cache.")
]
FreeOption = Annotated[
    float | None, typer.Option(min=0, help="GiB that are free on each GPU at the start.")
]
AvailableKvOption = Annotated[
    float | None, typer.Option(min=0, help="GiB per GPU for the KV cache, taken as given.")
]
EngineVersionOption = Annotated[
    str | None, typer.Option(help="vLLM release to plan for, such as 0.19.0.")
]
ExplainOption = Annotated[
    bool, typer.Option("--explain", help="Show every constant that was used, and its source.")
]
