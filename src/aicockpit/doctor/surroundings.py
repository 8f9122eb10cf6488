"""What the checks look at, gathered once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aicockpit.config import Config, LoadedConfig
from aicockpit.engines.catalog import (
    EnvironmentSpec,
    chosen_accelerator,
    environment_for,
    environment_spec,
)
from aicockpit.errors import ConfigError
from aicockpit.hardware import (
    NvidiaReport,
    Processor,
    accelerator_cards,
    detect,
    query_nvidia,
    read_processor,
)
from aicockpit.paths import DataFolder
from aicockpit.planner import Hardware
from aicockpit.planner.machine import Accelerator


@dataclass(frozen=True)
class Surroundings:
    """A machine and how AiCockpit is set up on it."""

    config: Config
    """The defaults where it could not be loaded."""
    config_file: Path | None
    """The file that it was read from; None without one."""
    config_error: ConfigError | None
    data: DataFolder
    environ: Mapping[str, str]
    hardware: Hardware
    """What is visible to us."""
    nvidia: NvidiaReport
    """What the driver says, hidden GPUs included."""
    processor: Processor
    cards: Mapping[str, int]
    """Graphics and compute cards by maker, whether or not a driver knows them."""

    @property
    def accelerator(self) -> Accelerator:
        """What engines would run on."""
        return chosen_accelerator(self.config.engines, self.hardware)

    @property
    def environment(self) -> EnvironmentSpec:
        """The engine environment that they would run in."""
        return environment_spec(environment_for(self.accelerator))


def look_around(
    loaded: LoadedConfig | ConfigError, data: DataFolder, environ: Mapping[str, str]
) -> Surroundings:
    """Gather it; a configuration that does not load counts as the default one."""
    failed = loaded if isinstance(loaded, ConfigError) else None
    nvidia = query_nvidia()
    return Surroundings(
        config=Config() if isinstance(loaded, ConfigError) else loaded.config,
        config_file=None if isinstance(loaded, ConfigError) else loaded.file,
        config_error=failed,
        data=data,
        environ=environ,
        hardware=detect(environ=environ, nvidia=nvidia),
        nvidia=nvidia,
        processor=read_processor(),
        cards=accelerator_cards(),
    )
