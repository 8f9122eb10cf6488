"""From a model's name to a worker that can be started: find, install, render.

Here the offline library meets the rest of AiCockpit: models are found and engine environments
installed exactly as for `aicockpit serve`, and the engine gets the same arguments.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aicockpit.config import EngineSettings, ModelSettings
from aicockpit.engines import guarded
from aicockpit.engines.catalog import chosen_accelerator, environment_for
from aicockpit.engines.chat_template import template_file
from aicockpit.engines.environments import EnvironmentStore
from aicockpit.engines.flags import check_arguments, engine_program, load_flags
from aicockpit.engines.process import new_engine_id
from aicockpit.engines.spec import (
    EngineSite,
    EngineSpec,
    check_speculation,
    engine_spec,
    has_compiler,
    render_command,
)
from aicockpit.hardware import detect
from aicockpit.models import ModelStore, fetch_configured
from aicockpit.offline.launch import WorkerLaunch
from aicockpit.offline.refusals import refuse_engine_argument, unsupported_engine_argument
from aicockpit.paths import DataFolder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aicockpit.config.model import EngineArgument
    from aicockpit.engines.environments import InstalledEnvironment
    from aicockpit.progress import Progress

_WORKER_SCRIPT = Path(guarded.__file__).with_name("offline_worker.py")


def launch_for_script(
    source: str,
    engine_args: Mapping[str, Any],
    *,
    revision: str | None,
    trust_remote_code: bool,
    progress: Progress,
) -> WorkerLaunch:
    """What `LLM(source, **engine_args)` starts, in the user's own data folder.

    Raises what `launch_for_model` raises and UnsupportedOfflineFeatureError.
    """
    settings = ModelSettings(
        source=source,
        revision=revision,
        trust_remote_code=trust_remote_code,
        engine_args=_plain_arguments(engine_args),
    )
    return launch_for_model(settings, EngineSettings(), DataFolder.default(), progress)


def launch_for_model(
    settings: ModelSettings,
    engines: EngineSettings,
    data: DataFolder,
    progress: Progress,
    *,
    or_starter: bool = False,
) -> WorkerLaunch:
    """Find the model, install the engine environment and say what to start.

    `or_starter` takes the starter model when the Hub cannot be reached.
    Raises ModelError, EngineEnvironmentError, EngineFlagError, DiskSpaceError, ConfigError.
    """
    hardware = detect()
    accelerator = chosen_accelerator(engines, hardware)
    check_speculation(settings.source, settings, accelerator)
    located, _ = fetch_configured(ModelStore(data), settings, progress, or_starter=or_starter)
    environment = EnvironmentStore(data).install(environment_for(accelerator), progress, hardware)
    check_arguments(load_flags(environment, data), settings.engine_args)
    key = f"offline-{located.name}"
    identity = new_engine_id(key)
    template = settings.chat_template
    site = EngineSite(
        id=identity,
        key=key,
        model_path=located.path,
        served_names=(located.name,),
        accelerator=accelerator,
        chat_template=None if template is None else template_file(template, data, identity),
        # Many sequences at a time leave nothing to gain from drafts, and scripts may ask for min_p,
        # so no architecture is named that drafts could follow from.
        can_compile=has_compiler(os.environ),
    )
    command, arguments, variables = _command(engine_spec(site, settings, engines), environment)
    return WorkerLaunch(
        name=located.name,
        engine_id=identity,
        command=command,
        arguments=arguments,
        environment=variables,
        data=data,
        log=guarded.GuardedLog(data.logs / f"{key}.log", engines.log_size, engines.log_files),
        start_timeout=engines.start_timeout,
        stop_timeout=engines.stop_timeout,
    )


def _command(
    spec: EngineSpec, environment: InstalledEnvironment
) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, str]]:
    """The worker's program, its engine arguments and its environment.

    They are the server's own but for the program. The worker reads the flags with the server's own
    parser and leaves what concerns HTTP alone.
    """
    server = render_command(spec, environment, port=0, api_key="", inherited=os.environ)
    program = engine_program(environment.python, spec.accelerator)
    variables = dict(server.environment)
    variables.pop("VLLM_API_KEY", None)
    worker = (str(environment.python), str(_WORKER_SCRIPT))
    return worker, server.argv[len(program) :], variables


def _plain_arguments(given: Mapping[str, Any]) -> dict[str, EngineArgument]:
    """Keyword arguments as `engine_args` of the configuration takes them; None is left out."""
    plain: dict[str, EngineArgument] = {}
    for name, value in given.items():
        refuse_engine_argument(name)
        if value is not None:
            plain[name] = _plain_value(name, value)
    return plain


def _plain_value(name: str, value: Any) -> EngineArgument:  # noqa: ANN401 - checked here
    match value:
        case bool() | int() | float() | str() | list() | dict():
            return value
        case Path():
            return str(value)
        case tuple():
            return list(value)
        case set() | frozenset():
            return sorted(value)
    raise unsupported_engine_argument(
        name,
        f"It is {type(value).__name__}, a Python object, which does not fit on a command line.",
    )
