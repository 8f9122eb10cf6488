"""The one screen that says where everything is once serving."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aicockpit.config import Config
from aicockpit.fleet import Fleet, Member, MemberState, Preparation
from aicockpit.paths import DataFolder

_KEY_VARIABLE = "AICOCKPIT_SERVER__API_KEY"
_PROMPT = "def fibonacci(n):"


def print_ready_screen(
    console: Console, config: Config, preparation: Preparation, fleet: Fleet, data: DataFolder
) -> None:
    """Say the base URL, the models and their roles, the key, a first request, logs, how to stop."""
    base_url = base_url_of(config)
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("base URL", Text(f"{base_url}/v1", style="bold"))
    for model in preparation.models:
        title = "model"
        default = " (default)" if model.key == preparation.default else ""
        roles = ", ".join(model.model.settings.roles)
        line = Text.assemble((model.names.id, "bold"), default, f"  for {roles}")
        line.append(f"  from {model.model.located.origin}", style="dim")
        table.add_row(title, line)
        member = fleet.members[model.key]
        if member.state is not MemberState.READY:
            table.add_row("", _state_words(member))
        elif (kv_cache := member.kv_cache) is not None:
            style = "yellow" if kv_cache.is_notable else "dim"
            table.add_row("", Text(f"{kv_cache}. {kv_cache.advice}".rstrip(". "), style=style))
    for refused in preparation.refused:
        table.add_row("not served", Text(f"{refused.names.id}: {refused.error}", style="yellow"))
    key = f"needed, the one in {_KEY_VARIABLE}" if config.server.api_key else "none needed"
    table.add_row("API key", key)
    table.add_row("logs", str(data.logs))
    table.add_row("stop", "Ctrl-C")
    console.print()
    console.print(Text("AiCockpit is ready", style="bold green"))
    console.print(table)
    console.print("\nTry it:\n")
    console.print(example_request(config), markup=False, highlight=False, soft_wrap=True)
    console.print()


def base_url_of(config: Config) -> str:
    """The address under which clients on this machine reach the gateway."""
    host = config.server.host
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{config.server.port}"


def example_request(config: Config) -> str:
    """A curl line that completes code when pasted into a shell."""
    body = json.dumps({"model": "default", "prompt": _PROMPT, "max_tokens": 48, "temperature": 0})
    lines = [
        f"curl {base_url_of(config)}/v1/completions",
        "-H 'Content-Type: application/json'",
        f"-d '{body}'",
    ]
    if config.server.api_key:
        lines.insert(1, f'-H "Authorization: Bearer ${_KEY_VARIABLE}"')
    return " \\\n  ".join(lines)


def _state_words(member: Member) -> Text:
    if member.error is not None:
        return Text(str(member.error), style="red")
    return Text(f"{member.state}: {member.phase}", style="yellow")
