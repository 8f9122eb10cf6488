"""Whether the driver is there, answers, and is new enough for the engine."""

from __future__ import annotations

from collections.abc import Iterator

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.engines.catalog import DRIVER_NEEDED, check_installable
from aicockpit.errors import UnsupportedEnvironmentError

_CONTAINER = "a container also needs the NVIDIA Container Toolkit and --gpus all"


def check_driver(surroundings: Surroundings) -> Iterator[Finding]:
    """What the driver says, and every GPU that it lists and engines cannot use."""
    if surroundings.accelerator == "cuda":
        yield _fitness(surroundings)
    else:
        yield _why_cpu(surroundings)
    for gpu in surroundings.nvidia.unusable:
        mig = "MIG" in gpu.why
        yield Finding(
            "warning",
            f"GPU {gpu.index} {gpu.why}.",
            "No engine can use it.",
            f"Divide it with `nvidia-smi mig -i {gpu.index} -cgi … -C`, or end MIG mode with "
            f"`nvidia-smi -i {gpu.index} -mig 0`."
            if mig
            else "Restart the machine; if it comes back, `dmesg | grep -i xid` tells why.",
        )


def _fitness(surroundings: Surroundings) -> Finding:
    spec = surroundings.environment
    try:
        check_installable(spec, surroundings.hardware)
    except UnsupportedEnvironmentError as error:
        return Finding("problem", error.what, error.why, error.remedy)
    machine = surroundings.hardware
    cuda = ".".join(map(str, machine.cuda_version or ())) or "of unknown version"
    return Finding(
        "ok",
        f"NVIDIA driver {machine.driver_version} with CUDA {cuda}: new enough for "
        f"{spec.name} {spec.version}.",
    )


def _why_cpu(surroundings: Surroundings) -> Finding:
    nvidia, cards = surroundings.nvidia, surroundings.cards
    if surroundings.config.engines.accelerator == "cpu" and nvidia.gpus:
        remedy = 'Set engines.accelerator = "auto" to use them.'
        return Finding("note", "Engines run on the CPU, as configured; GPUs are idle.", "", remedy)
    if nvidia.problem is not None:
        return Finding(
            "warning",
            "The NVIDIA driver is installed and does not answer; engines run on the CPU.",
            f"It says: {nvidia.problem}.",
            "Run `nvidia-smi`; after an update of the driver the machine must be restarted.",
        )
    if cards.get("NVIDIA") and not nvidia.gpus and not nvidia.unusable:
        return Finding(
            "warning",
            "There is an NVIDIA GPU and no driver for it; engines run on the CPU.",
            "",
            f"Install NVIDIA driver {DRIVER_NEEDED} or newer; {_CONTAINER}.",
        )
    if cards.get("AMD") and not nvidia.gpus:
        return Finding(
            "note",
            "There is an AMD GPU, which this version has no engine for; engines run on the CPU.",
        )
    which = "visible " if nvidia.gpus else "usable " if nvidia.unusable else ""
    return Finding(
        "note",
        f"There is no {which}NVIDIA GPU: engines run on the CPU.",
        "Answers take longer than on a GPU, and small models suit it.",
        "`aicockpit plan` proposes models for it and says what to expect.",
    )
