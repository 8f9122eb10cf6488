"""Engines: the environments they run in, their command lines, and one supervised process each.

It never decides which model should run and knows no HTTP server. Start at `environments` for what
is installed, at `spec` for what an engine is told, and at `process` for its life; `guard` is the
small program that keeps every engine process from outliving us, and `sweep` finds what earlier
owners left.
"""

from aicockpit.engines.catalog import EnvironmentSpec, chosen_accelerator, environment_for
from aicockpit.engines.chat_template import template_file
from aicockpit.engines.client import EngineClient, EngineLoad
from aicockpit.engines.environments import (
    EnvironmentState,
    EnvironmentStatus,
    EnvironmentStore,
    InstalledEnvironment,
)
from aicockpit.engines.flags import EngineFlags, check_arguments, load_flags
from aicockpit.engines.process import EngineProcess, new_engine_id, running_engine, start_engine
from aicockpit.engines.spec import (
    EngineCommand,
    EngineSite,
    EngineSpec,
    canonical_flag,
    check_speculation,
    drafts_of,
    engine_spec,
    has_compiler,
    render_command,
)
from aicockpit.engines.startup_log import StartupPhase, StartupProgress
from aicockpit.engines.startup_report import StartupReport
from aicockpit.engines.sweep import SweptProcess, marked, sweep

__all__ = [
    "EngineClient",
    "EngineCommand",
    "EngineFlags",
    "EngineLoad",
    "EngineProcess",
    "EngineSite",
    "EngineSpec",
    "EnvironmentSpec",
    "EnvironmentState",
    "EnvironmentStatus",
    "EnvironmentStore",
    "InstalledEnvironment",
    "StartupPhase",
    "StartupProgress",
    "StartupReport",
    "SweptProcess",
    "canonical_flag",
    "check_arguments",
    "check_speculation",
    "chosen_accelerator",
    "drafts_of",
    "engine_spec",
    "environment_for",
    "has_compiler",
    "load_flags",
    "marked",
    "new_engine_id",
    "render_command",
    "running_engine",
    "start_engine",
    "sweep",
    "template_file",
]
