"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Iterable

from aicockpit.cli.output import print_table, stdout
from aicockpit.planner.alternatives import Alternative
from aicockpit.planner.commands import NodeCommand, node_commands
from aicockpit.planner.engine_memory import GIB
from aicockpit.planner.exactness import exactness_note
from aicockpit.planner.explanation import explain as figures_of
from aicockpit.planner.planned import Planned

_WAYS = {
    "vllm": "With vLLM's own flags; NODE0 is the first node's address on a private network:",
    "ray": "With Ray instead, whose nodes must run the same environment:",
}


def show(planned: Planned, *, explain: bool = False) -> None:
    """Print a plan: verdict, memory, reasons, options, ways out, commands."""
    if planned.beside:
        _say("These two fit the machine together.\n")
    for number, each in enumerate((planned, *planned.beside)):
        if number:
            _say("\n")
        _show_one(each, explain=explain)


def _show_one(planned: Planned, *, explain: bool) -> None:
    plan, release = planned.plan, planned.release
    verdict = "fits" if plan.fits else "does not fit"
    role = f" for {planned.intent.role}s" if planned.intent.role else ""
    _say(f"{planned.target.name}{role} {verdict}, with vLLM {release.version}\n")
    print_table(("", ""), _memory(planned))
    _say("")
    for text in plan.reasons:
        _say(text)
    for text in (*planned.target.notes, *plan.warnings):
        _say(f"warning: {text}")
    basis = plan.fit.budget.known.basis
    if plan.exactness != "upper bound":
        _say(exactness_note(planned.target.facts, release, plan.exactness, basis))
    if explain:
        _show_figures(planned)
    options = [(knob.flag, _text(knob.value), knob.reason) for knob in plan.knobs]
    _say("")
    print_table(("OPTION", "VALUE", "WHY"), options)
    if planned.ways:
        _show_ways(planned.ways)
    _show_commands(node_commands(plan, planned.target.source))


def _say(text: str) -> None:
    stdout.print(text, markup=False)


def _memory(planned: Planned) -> list[tuple[str, str]]:
    fit, budget = planned.plan.fit, planned.plan.fit.budget
    on_gpus = planned.machine.accelerator != "cpu"
    arrangement = fit.arrangement
    rows = [
        ("weights", _gib(budget.weights)),
        ("activations and the rest", _gib(budget.activations + budget.other)),
        ("CUDA graphs", _gib(budget.graphs)),
        ("KV cache", f"{_gib(max(0, budget.available))}, {fit.tokens:,} tokens"),
        ("head-room", _gib(budget.spare)),
        ("context", f"{fit.context:,} tokens, {fit.concurrency:.2f} requests at a time"),
    ]
    if on_gpus:
        parts = [f"{arrangement.gpus * arrangement.replicas} GPU"]
        if arrangement.gpus * arrangement.replicas > 1:
            parts = [f"{parts[0]}s, tensor parallel {arrangement.tensor}"]
            parts.append(f"pipeline parallel {arrangement.pipeline}")
            parts.append(f"copies {arrangement.replicas}, nodes {arrangement.nodes}")
        rows.insert(0, ("on", ", ".join(parts)))
        rows.append(("memory is of", "each GPU"))
    if speed := planned.plan.speed:
        rows.append(("decode, bounds", f"{_range(speed.decode)} tokens/s for one request"))
        rows.append(("prefill, bounds", f"{_range(speed.prefill)} prompt tokens/s"))
    return rows if on_gpus else [row for row in rows if row[0] != "CUDA graphs"]


def _show_figures(planned: Planned) -> None:
    plan = planned.plan
    figures = figures_of(planned.target.facts, plan.fit, planned.release, plan.exactness)
    rows = [(f.name, f"{f.value:g} {f.unit}".strip(), f.certainty, f.source) for f in figures]
    _say("")
    print_table(("FIGURE", "VALUE", "KNOWN", "SOURCE"), rows)


def _show_ways(ways: Iterable[Alternative]) -> None:
    _say("\nWhat would make it fit:")
    cells = [(way.change, f"{way.context:,}", f"{way.concurrency:.1f}", way.price) for way in ways]
    print_table(("CHANGE", "CONTEXT", "AT A TIME", "PRICE"), cells)


def _show_commands(commands: tuple[NodeCommand, ...]) -> None:
    if len(commands) == 1:
        _say(f"\n{commands[0]}")
        return
    told = ""
    for command in commands:
        if command.way != told:
            told = command.way
            _say(f"\n{_WAYS[told]}")
        _say(f"node {command.node}: {command}")


def _text(value: object) -> str:
    return "-" if value is None else str(value)


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"


def _range(bounds: tuple[float, float]) -> str:
    return f"{bounds[0]:,.0f} to {bounds[1]:,.0f}"
