"""Edits and shell commands as the extension asks for them, with a real engine and the starter."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.extension_program import ExtensionProgram
from tests.support.sandbox import passes
from tests.support.serving import Gateway

DATA = Path(__file__).parents[1] / "data"
TASKS = DATA / "editeval-instructcoder" / "tasks-20.jsonl"
COMMANDS = DATA / "terminal-commands" / "cases.json"
LEAST_SOLVED = 3
"""The starter model solves about a quarter; fewer than this means that answers are misread."""
LEAST_COMMANDS = 0.3


@pytest.fixture(scope="module")
def extension(tmp_path_factory: pytest.TempPathFactory) -> ExtensionProgram:
    return ExtensionProgram("edits", tmp_path_factory.mktemp("edits"))


def ask(extension: ExtensionProgram, gateway: Gateway, **what: object) -> Any:
    job = {"url": gateway.url, "concurrency": 4, "edits": [], "commands": [], **what}
    return extension.run(job)


def test_the_extension_edits_code(gateway: Gateway, extension: ExtensionProgram, tmp_path: Path):
    """Each task selects a whole file; what comes of it runs against the task's hidden test."""
    tasks = [json.loads(line) for line in TASKS.read_text().splitlines()]
    wanted = [
        {
            "instruction": task["instruction"].strip(), "code": task["input"],
            "language": "python", "path": "main.py",
        }
        for task in tasks
    ]  # fmt: skip
    outcomes = ask(extension, gateway, edits=wanted)["edits"]
    with ThreadPoolExecutor(2) as pool:
        solved = list(
            pool.map(
                lambda pair: passes(program(pair[0], pair[1]["code"])),
                zip(tasks, outcomes, strict=True),
            )
        )
    states = Counter(outcome["state"]["kind"] for outcome in outcomes)
    same = sum(
        outcome["code"] == task["input"] for task, outcome in zip(tasks, outcomes, strict=True)
    )
    (tmp_path / "edits.json").write_text(json.dumps(outcomes, indent=1))
    print(f"\n{sum(solved)} of {len(tasks)} edits pass their test; {same} left the code as it was")
    print(f"{dict(states)}; each answer: {tmp_path / 'edits.json'}")
    assert states == {"review": len(tasks)}
    assert sum(solved) >= LEAST_SOLVED


def program(task: dict[str, Any], code: str) -> str:
    whole = (task.get("context") or "{{Code}}").replace("{{Code}}", code)
    return f"{whole}\n\n{task['test']}\n\ncheck()\n"


def test_the_extension_finds_shell_commands(gateway: Gateway, extension: ExtensionProgram):
    cases = json.loads(COMMANDS.read_text())
    questions = [{"question": case["question"], "shell": case["shell"]} for case in cases]
    commands = ask(extension, gateway, commands=questions)["commands"]
    best = [fits(case["best"], command) for case, command in zip(cases, commands, strict=True)]
    accepted = [
        is_best or fits(case["acceptable"], command)
        for case, command, is_best in zip(cases, commands, best, strict=True)
    ]
    for case, command, fine in zip(cases, commands, accepted, strict=True):
        if not fine:
            print(f"\n{case['shell']}: {case['question']}\n  {command}", end="")
    print(
        f"\n{sum(best)} of {len(cases)} commands are the best ones, {sum(accepted)} are acceptable"
    )
    assert all(command and "\n" not in command for command in commands)
    assert sum(accepted) >= LEAST_COMMANDS * len(cases)


def fits(matchers: list[dict[str, str]], command: str | None) -> bool:
    return any(
        command == matcher["equals"]
        if "equals" in matcher
        else re.search(matcher["regex"], command or "") is not None
        for matcher in matchers
    )
