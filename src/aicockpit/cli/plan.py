"""`aicockpit plan`: whether, how and how well a model will run, before anything is downloaded.

Nothing here may import the gateway, the configuration or the Hub's library: the answer for a model
on the disk shall come within a second, start-up of Python included.
"""

from __future__ import annotations

import typer

from aicockpit.cli import plan_options as options
from aicockpit.cli.options import JsonOption
from aicockpit.cli.output import EXIT_DOES_NOT_FIT, print_json, reports_errors
from aicockpit.cli.plan_inputs import (
    calibrated,
    find_model,
    machine_of,
    make_plan,
    make_proposal,
    pins_of,
    release_of,
)
from aicockpit.cli.plan_text import show
from aicockpit.planner.document import document
from aicockpit.planner.intent import Intent


@reports_errors
def plan(
    model: options.ModelArgument = None,
    hardware: options.HardwareOption = None,
    context: options.ContextOption = None,
    concurrency: options.ConcurrencyOption = None,
    objective: options.ObjectiveOption = "latency",
    role: options.RoleOption = None,
    share: options.ShareOption = None,
    quantization: options.QuantizationOption = "auto",
    tensor_parallel_size: options.TensorParallelOption = None,
    pipeline_parallel_size: options.PipelineParallelOption = None,
    gpu_memory_utilization: options.UtilizationOption = None,
    max_num_batched_tokens: options.BatchedTokensOption = None,
    max_num_seqs: options.SequencesOption = None,
    dtype: options.DtypeOption = "auto",
    kv_cache_dtype: options.KvCacheDtypeOption = "auto",
    free_gib: options.FreeOption = None,
    available_kv_gib: options.AvailableKvOption = None,
    engine_version: options.EngineVersionOption = None,
    explain: options.ExplainOption = False,
    json: JsonOption = False,
) -> None:
    """Say whether a model will run, how, with how much context for how many, and why."""
    pins = pins_of(
        tensor_parallel=tensor_parallel_size,
        pipeline_parallel=pipeline_parallel_size,
        utilization=gpu_memory_utilization,
        batched_tokens=max_num_batched_tokens,
        sequences=max_num_seqs,
        dtype=dtype,
        kv_cache_dtype=kv_cache_dtype,
        quantization=quantization,
        free_gib=free_gib,
        available_kv_gib=available_kv_gib,
    )
    machine = machine_of(hardware)
    release = calibrated(release_of(engine_version, machine), hardware, machine)
    intent = Intent(context, concurrency, objective, role, share, pins)
    if model is None:
        planned = make_proposal(machine, intent, release)
    else:
        planned = make_plan(find_model(model), machine, intent, release)
    if json:
        print_json(document(planned, explain=explain))
    else:
        show(planned, explain=explain)
    if not planned.plan.fits:
        raise typer.Exit(EXIT_DOES_NOT_FIT)
