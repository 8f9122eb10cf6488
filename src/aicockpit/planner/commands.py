"""The command lines that start what was planned, for every node."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aicockpit.planner.plan import EnginePlan

Way = Literal["vllm", "ray"]
"""How nodes find each other: by vLLM's own flags, or in a Ray cluster."""

FIRST_NODE = "$NODE0"
"""Stands for the first node's address on the private network."""
_RAY_PORT = 6379


@dataclass(frozen=True)
class NodeCommand:
    """What to run on one node."""

    node: int
    way: Way
    environment: Mapping[str, str]
    lines: tuple[str, ...]
    """Shell commands, one after the other."""

    def __str__(self) -> str:
        settings = " ".join(f"{name}={value}" for name, value in self.environment.items())
        return " && ".join(f"{settings} {line}".strip() for line in self.lines)


def node_commands(plan: EnginePlan, source: str) -> tuple[NodeCommand, ...]:
    """One command for one node; for several, each node's by both ways.

    Flags of several nodes are those of vLLM 0.32 (`config/parallel.py` and
    `entrypoints/cli/serve.py`); nodes but the first run without an API server.

    Args:
        plan: of an engine that may span nodes.
        source: folder or Hub id that vLLM is given.
    """
    serve = " ".join(("vllm serve", shlex.quote(source), *_flags(plan)))
    nodes = plan.fit.arrangement.nodes
    if nodes == 1:
        return (NodeCommand(0, "vllm", plan.environment, (serve,)),)
    own = [_own(plan, serve, node, nodes) for node in range(nodes)]
    return (*own, *(_ray(plan, serve, node) for node in range(nodes)))


def _flags(plan: EnginePlan) -> list[str]:
    return [
        f"--{flag}" if value is True else f"--{flag} {shlex.quote(str(value))}"
        for flag, value in plan.engine_args.items()
    ]


def _own(plan: EnginePlan, serve: str, node: int, nodes: int) -> NodeCommand:
    joined = f"{serve} --nnodes {nodes} --node-rank {node} --master-addr {FIRST_NODE}"
    line = joined if node == 0 else f"{joined} --headless"
    return NodeCommand(node, "vllm", plan.environment, (line,))


def _ray(plan: EnginePlan, serve: str, node: int) -> NodeCommand:
    if node:
        join = f"ray start --address={FIRST_NODE}:{_RAY_PORT}"
        return NodeCommand(node, "ray", plan.environment, (join,))
    head = f"ray start --head --port={_RAY_PORT}"
    start = f"{serve} --distributed-executor-backend ray"
    return NodeCommand(node, "ray", plan.environment, (head, start))
