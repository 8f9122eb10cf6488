"""The installed engine's own flags, and whether arguments fit them.

`parse_help` reads what the engine prints for `--help=all`, which is recorded when its environment
is installed. `check_arguments` reports every misspelt, removed or reserved argument at once.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicockpit.engines.guarded import GuardedLog, run_guarded
from aicockpit.engines.retired_flags import RESERVED, RETIRED
from aicockpit.errors import EngineEnvironmentError, EngineFlagError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from aicockpit.engines.environments import InstalledEnvironment
    from aicockpit.paths import DataFolder
    from aicockpit.planner.machine import Accelerator

HELP_FILE = "engine-help.txt"
"""In the environment's folder: what the engine printed for its help."""

_OPTION = re.compile(r" {2}(-.+?)(?: {2,}.*)?$")
_NAME = re.compile(r"(?:^|, )(--?[A-Za-z0-9][\w.-]*)")
_CHOICES = re.compile(r" \{([^{}]+)\}(?=$|,| \[)")


@dataclass(frozen=True)
class Flag:
    """One option of the engine."""

    names: tuple[str, ...]
    """All spellings with their dashes; the first is the one to show."""
    takes_value: bool
    choices: tuple[str, ...] = ()
    """The only values that it takes; empty when others are possible."""
    many: bool = False
    """It takes several values."""
    optional: bool = False
    """It may stand without its value."""

    @property
    def negatable(self) -> bool:
        """Whether it has a `--no-` form."""
        return any(name.startswith("--no-") for name in self.names)


@dataclass(frozen=True)
class EngineFlags:
    """All options of one installed engine."""

    engine: str
    """Name and version, for messages."""
    flags: Mapping[str, Flag]
    """By every spelling, dashes included."""

    def find(self, key: str) -> Flag | None:
        """The flag that an `engine_args` key stands for."""
        name = flag_name(key)
        for spelling in (f"--{name}", f"-{name}"):
            if spelling in self.flags:
                return self.flags[spelling]
        return None

    def nearest(self, key: str) -> str | None:
        """The most similar name, without dashes."""
        names = [name.lstrip("-") for name in self.flags if name.startswith("--")]
        near = difflib.get_close_matches(flag_name(key), names, n=1, cutoff=0.6)
        return near[0] if near else None


def flag_name(key: str) -> str:
    """An `engine_args` key as the engine spells it: no leading dashes, no underscores, no path.

    `compilation_config.mode` is the flag `compilation-config`: vLLM takes the parts of a JSON
    argument one by one.
    """
    return key.lstrip("-").replace("_", "-").partition(".")[0]


def help_command(python: Path, accelerator: Accelerator) -> list[str]:
    """The command line that prints the engine's help."""
    return [*engine_program(python, accelerator), "--help=all"]


def engine_program(python: Path, accelerator: Accelerator) -> list[str]:
    """The start of every command line of an engine."""
    if accelerator == "cpu":
        # The CPU build's console script asks for the metadata of a package that it is not.
        return [str(python), "-m", "vllm.entrypoints.openai.api_server"]
    return [str(python.parent / "vllm"), "serve"]


def load_flags(environment: InstalledEnvironment, data: DataFolder) -> EngineFlags:
    """The flags of an installed engine; asks the engine (seconds) if its help is not recorded.

    Raises:
        EngineEnvironmentError: the engine cannot say.
    """
    engine = f"vLLM {environment.version}"
    recorded = environment.folder / HELP_FILE
    if recorded.is_file():
        return parse_help(recorded.read_text(encoding="utf-8"), engine)
    lines: list[str] = []
    log = GuardedLog(data.logs / f"help-{environment.name}.log")
    argv = help_command(environment.python, environment.accelerator)
    variables = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "VLLM_NO_USAGE_STATS": "1"}
    variables.pop("HF_TOKEN", None)
    run_guarded(argv, variables, log, on_line=lines.append)
    flags = parse_help("\n".join(lines), engine)
    if not flags.flags:
        raise EngineEnvironmentError(
            f"The engine in {environment.name} did not name its flags.",
            why=" ".join(lines[-3:]) or "It printed nothing.",
            remedy=f"Run `aicockpit engines remove {environment.name}` and install it again. "
            f"Its output is in {log.path}.",
        )
    part = recorded.with_suffix(f".{os.getpid()}.part")
    part.write_text("\n".join(lines), encoding="utf-8")
    part.replace(recorded)
    return flags


def parse_help(text: str, engine: str) -> EngineFlags:
    """The flags in an argparse help text; lines before and after it do not matter."""
    found: dict[str, Flag] = {}
    started = False
    for line in text.splitlines():
        started = started or line.startswith(("options:", "positional arguments:"))
        match = _OPTION.match(line) if started else None
        if match and (flag := _parse_option(match[1])):
            found |= dict.fromkeys(flag.names, flag)
    return EngineFlags(engine, found)


def _parse_option(text: str) -> Flag | None:
    """A flag from the left column of the help: `--quantization QUANTIZATION, -q QUANTIZATION`."""
    names = tuple(match[1] for match in _NAME.finditer(text))
    if not names or not any(name.startswith("--") for name in names):
        return None
    rest = text[text.index(names[0]) + len(names[0]) :]
    metavar = "" if rest.startswith(",") and text.endswith(names[-1]) else rest
    choices = _CHOICES.search(metavar)
    return Flag(
        names=names,
        takes_value=bool(metavar.strip()),
        # A word after the braces ("or name registered in …") says that the list is not closed.
        choices=tuple(choices[1].split(",")) if choices and " or " not in metavar else (),
        many=" ...]" in metavar,
        optional=metavar.strip().startswith("[") and not metavar.strip().startswith("['"),
    )


def check_arguments(flags: EngineFlags, arguments: Mapping[str, object]) -> None:
    """Check the keys and, where the engine lists them, the values of `engine_args`.

    Raises:
        EngineFlagError: names every problem, with the nearest real flag or the successor.
    """
    problems = [
        problem for key, value in arguments.items() if (problem := _problem(flags, key, value))
    ]
    if not problems:
        return
    what = (
        problems[0].what
        if len(problems) == 1
        else f"{len(problems)} engine arguments cannot be used with {flags.engine}."
    )
    why = (
        problems[0].why
        if len(problems) == 1
        else " ".join(f"{problem.what} {problem.why}".strip() for problem in problems)
    )
    remedies = dict.fromkeys(problem.remedy for problem in problems)
    raise EngineFlagError(what, why=why, remedy=" ".join(remedies))


@dataclass(frozen=True)
class _Problem:
    what: str
    why: str
    remedy: str


def _problem(flags: EngineFlags, key: str, value: object) -> _Problem | None:
    name = flag_name(key)
    positive = name.removeprefix("no-")
    if reason := RESERVED.get(positive):
        return _Problem(
            f"The engine argument {name} cannot be set.",
            reason,
            f"Remove {name} from engine_args.",
        )
    flag = flags.find(key)
    if flag is None:
        return _unknown(flags, name, positive)
    return _value_problem(flag, name, value)


def _unknown(flags: EngineFlags, name: str, positive: str) -> _Problem:
    what = f"{flags.engine} has no flag --{name}."
    retired = RETIRED.get(name) or RETIRED.get(positive)
    if retired is not None:
        remedy = f"Remove {name} from engine_args."
        if retired.successor and flags.find(retired.successor):
            remedy = f"Use --{retired.successor} instead."
        return _Problem(what, f"It was removed from vLLM: {retired.reason}", remedy)
    near = flags.nearest(name)
    if near is None:
        return _Problem(
            what,
            "No flag has a similar name.",
            "Remove it from engine_args, or look the flag up in the engine's own help.",
        )
    return _Problem(what, f"The nearest name is --{near}.", f"Write {near} if you meant that.")


def _value_problem(flag: Flag, name: str, value: object) -> _Problem | None:
    shown = flag.names[0]
    if not flag.takes_value:
        if value is False and not flag.negatable:
            return _Problem(
                f"The engine argument {name} is false.",
                f"{shown} can only be switched on, and is off when it is not given.",
                f"Remove {name} from engine_args.",
            )
        if isinstance(value, bool):
            return None
        return _Problem(
            f"The engine argument {name} has the value {value!r}.",
            f"{shown} is a switch and takes no value.",
            f"Set {name} to true or false.",
        )
    if isinstance(value, bool) and not (flag.optional and value):
        return _Problem(
            f"The engine argument {name} has the value {str(value).lower()}.",
            f"{shown} takes a value and is not a switch.",
            f"Give {name} a value.",
        )
    values = value if isinstance(value, list) else [value]
    wrong = [item for item in values if flag.choices and str(item) not in flag.choices]
    if not wrong:
        return None
    near = difflib.get_close_matches(str(wrong[0]), flag.choices, n=1, cutoff=0.3)
    listed = ", ".join(flag.choices)
    return _Problem(
        f"The engine argument {name} has the value {wrong[0]!r}.",
        f"{shown} only takes {listed}.",
        f'Write "{near[0]}" if you meant that.' if near else "Choose one of those.",
    )
