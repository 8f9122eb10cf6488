"""`aicockpit plan`: whether, how and how well a model will run, before anything is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from aicockpit.cli.options import JsonOption
from aicockpit.cli.output import EXIT_DOES_NOT_FIT, print_json, print_table, reports_errors, stdout
from aicockpit.errors import ConfigError
from aicockpit.hardware import detect
from aicockpit.models import ModelStore, default_source, read_facts
from aicockpit.models.facts import read_config_facts
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware, ModelFacts
from aicockpit.planner.alternatives import Alternative, alternatives
from aicockpit.planner.cpu_plan import plan_on_cpu
from aicockpit.planner.engine_memory import GIB, RELEASES, EngineRelease
from aicockpit.planner.hardware_text import HardwareTextError, parse_hardware
from aicockpit.planner.intent import Intent, Pins
from aicockpit.planner.plan import EnginePlan, plan_on_gpus

Quantization = Literal["auto", "none", "fp8"]

_GPU_RELEASE, _CPU_RELEASE = "0.33", "0.32"


@reports_errors
def plan(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A local folder, a Hugging Face id, a config.json or starter. Default: the model "
            "that suits the machine."
        ),
    ] = None,
    hardware: Annotated[
        str | None,
        typer.Option(
            help="Plan for another machine: 8xH100-80GB-nvlink, 2x(4xA100-40GB-pcie), rtx4090, "
            "cpu-2c-24g. Default: this one."
        ),
    ] = None,
    context: Annotated[
        int | None, typer.Option(help="Tokens one request must have.", min=16)
    ] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Requests of that length that must fit at a time.", min=1)
    ] = None,
    objective: Annotated[
        Literal["latency", "throughput"], typer.Option(help="What matters more.")
    ] = "latency",
    role: Annotated[
        Literal["completion", "edit", "chat"] | None, typer.Option(help="What it is for.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Share of each GPU it may have.", min=0.05, max=1)
    ] = None,
    quantization: Annotated[
        Quantization, typer.Option(help="How weights are quantised while loading.")
    ] = "auto",
    tensor_parallel_size: Annotated[int | None, typer.Option(min=1, help="Pin it.")] = None,
    pipeline_parallel_size: Annotated[int | None, typer.Option(min=1, help="Pin it.")] = None,
    gpu_memory_utilization: Annotated[
        float | None, typer.Option(min=0.05, max=1, help="Pin it.")
    ] = None,
    max_num_batched_tokens: Annotated[int | None, typer.Option(min=16, help="Pin it.")] = None,
    max_num_seqs: Annotated[int | None, typer.Option(min=1, help="Pin it.")] = None,
    dtype: Annotated[str | None, typer.Option(help="Pin it.")] = None,
    kv_cache_dtype: Annotated[str | None, typer.Option(help="Pin it.")] = None,
    free_gib: Annotated[
        float | None, typer.Option(min=0, help="GiB that are free on each GPU at the start.")
    ] = None,
    available_kv_gib: Annotated[
        float | None, typer.Option(min=0, help="GiB per GPU for the KV cache, taken as given.")
    ] = None,
    engine_version: Annotated[
        str | None, typer.Option(help="vLLM release to plan for, such as 0.19.0.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Say whether a model will run, how, with how much context for how many, and why."""
    machine = _machine(hardware)
    intent = Intent(
        context=context,
        concurrency=concurrency,
        objective=objective,
        role=role,
        share=share,
        pins=Pins(
            tensor_parallel=tensor_parallel_size,
            pipeline_parallel=pipeline_parallel_size,
            utilization=gpu_memory_utilization,
            batched_tokens=max_num_batched_tokens,
            sequences=max_num_seqs,
            dtype=None if dtype == "auto" else dtype,
            kv_cache_dtype=None if kv_cache_dtype == "auto" else kv_cache_dtype,
            quantization=None if quantization == "auto" else quantization,
            free=_bytes(free_gib),
            available_kv=_bytes(available_kv_gib),
        ),
    )
    name = model or default_source(machine)
    facts = _facts(name)
    release = _release(engine_version, machine)
    planned, ways = _plan(name, facts, machine, intent, release)
    if json:
        print_json(as_json(planned, release, ways))
    else:
        _show(planned, release, ways)
    if not planned.fits:
        raise typer.Exit(EXIT_DOES_NOT_FIT)


def _plan(
    name: str, facts: ModelFacts, machine: Hardware, intent: Intent, release: EngineRelease
) -> tuple[EnginePlan, tuple[Alternative, ...]]:
    if machine.accelerator == "cpu":
        return plan_on_cpu(name, facts, machine, intent, release), ()
    planned = plan_on_gpus(name, facts, machine, intent, release)
    if planned.fits:
        return planned, ()
    return planned, alternatives(name, facts, machine, intent, release)


def _machine(text: str | None) -> Hardware:
    if text is None:
        return detect()
    try:
        return parse_hardware(text)
    except HardwareTextError as problem:
        raise ConfigError(
            "The machine to plan for is not understood.",
            why=str(problem),
            remedy="Name one of these, or leave --hardware out to plan for this machine.",
        ) from problem


def _facts(name: str) -> ModelFacts:
    path = Path(name).expanduser()
    if path.is_file():
        return read_config_facts(path)
    located = ModelStore(DataFolder.default()).locate(name)
    if located is not None:
        return read_facts(located.path)
    from aicockpit.models.remote_facts import read_remote_facts  # noqa: PLC0415 - slow to import

    return read_remote_facts(name)


def _release(version: str | None, machine: Hardware) -> EngineRelease:
    wanted = version or (_CPU_RELEASE if machine.accelerator == "cpu" else _GPU_RELEASE)
    release = RELEASES.get(".".join(wanted.split(".")[:2]))
    if release is None:
        raise ConfigError(
            f"vLLM {wanted} cannot be planned for.",
            why=f"Its memory was not studied; known are {', '.join(RELEASES)}.",
            remedy="Leave --engine-version out to plan for the release that AiCockpit installs.",
        )
    return release


def _bytes(gib: float | None) -> int | None:
    return None if gib is None else int(gib * GIB)


def as_json(
    planned: EnginePlan, release: EngineRelease, ways: tuple[Alternative, ...]
) -> dict[str, Any]:
    """What `--json` prints; docs/planner.md documents it."""
    fit = planned.fit
    budget, arrangement = fit.budget, fit.arrangement
    return {
        "fits": planned.fits,
        "model": planned.model,
        "engine_version": release.version,
        "exactness": planned.exactness,
        "tensor_parallel_size": arrangement.tensor,
        "pipeline_parallel_size": arrangement.pipeline,
        "data_parallel_size": arrangement.replicas,
        "nodes": arrangement.nodes,
        "gpus": planned.gpus,
        "weights_gib": round(budget.weights / GIB, 3),
        "activations_gib": round(budget.activations / GIB, 3),
        "other_gib": round(budget.other / GIB, 3),
        "cuda_graphs_gib": round(budget.graphs / GIB, 3),
        "available_kv_cache_gib": round(budget.available / GIB, 3),
        "kv_cache_tokens": fit.tokens,
        "kv_cache_blocks": fit.blocks,
        "block_size": fit.cache.block_size,
        "max_concurrency": round(fit.concurrency, 3),
        "max_model_len": fit.context,
        "largest_context": fit.largest_context,
        "limited_by": fit.problem,
        "engine_args": planned.engine_args,
        "environment": dict(planned.environment),
        "reasons": [*planned.reasons, *(f"{k.flag}: {k.reason}" for k in planned.knobs)],
        "warnings": planned.warnings,
        "speed": planned.speed,
        "alternatives": ways,
    }


def _show(planned: EnginePlan, release: EngineRelease, ways: tuple[Alternative, ...]) -> None:
    verdict = "fits" if planned.fits else "does not fit"
    stdout.print(f"{planned.model} {verdict}, with vLLM {release.version}\n", markup=False)
    budget, fit = planned.fit.budget, planned.fit
    rows = [
        ("weights", f"{budget.weights / GIB:.2f} GiB"),
        ("activations and the rest", f"{(budget.activations + budget.other) / GIB:.2f} GiB"),
        ("CUDA graphs", f"{budget.graphs / GIB:.2f} GiB"),
        ("KV cache", f"{max(0, budget.available) / GIB:.2f} GiB, {fit.tokens:,} tokens"),
        ("context", f"{fit.context:,} tokens, {fit.concurrency:.2f} requests at a time"),
        ("known", f"memory is {planned.exactness}"),
    ]
    if planned.speed:
        low, high = planned.speed.decode
        rows.append(("decode, bounds", f"{low:.0f} to {high:.0f} tokens/s for one request"))
    print_table(("", ""), rows)
    for text in planned.reasons:
        stdout.print(f"\n{text}", markup=False, end="")
    for text in planned.warnings:
        stdout.print(f"\nwarning: {text}", markup=False, end="")
    stdout.print("\n")
    knobs = [(knob.flag, _text(knob.value), knob.reason) for knob in planned.knobs]
    print_table(("OPTION", "VALUE", "WHY"), knobs)
    if ways:
        stdout.print("\nWhat would make it fit:", markup=False)
        cells = [(w.change, f"{w.context:,}", f"{w.concurrency:.1f}", w.price) for w in ways]
        print_table(("CHANGE", "CONTEXT", "AT A TIME", "PRICE"), cells)
    stdout.print(f"\n{_command(planned)}", markup=False)


def _text(value: object) -> str:
    return "-" if value is None else str(value)


def _command(planned: EnginePlan) -> str:
    environment = " ".join(f"{key}={value}" for key, value in planned.environment.items())
    flags = " ".join(
        f"--{flag}" if value is True else f"--{flag} {value}"
        for flag, value in planned.engine_args.items()
    )
    return f"{environment} vllm serve {planned.model} {flags}".strip()
