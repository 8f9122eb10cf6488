"""The table of default models."""

import pytest

from aicockpit.models import default_source
from aicockpit.planner import Gpu, Hardware

GIB = 2**30


def machine(memory: float, *gpus: float) -> Hardware:
    return Hardware(
        cpu_cores=8,
        memory=int(memory * GIB),
        available_memory=int(memory * GIB),
        gpus=tuple(
            Gpu(index, "GPU", int(size * GIB), int(size * GIB), (8, 9))
            for index, size in enumerate(gpus)
        ),
    )


@pytest.mark.parametrize(
    ("hardware", "model"),
    [
        (machine(24), "Qwen/Qwen2.5-Coder-0.5B-Instruct"),
        (machine(64), "Qwen/Qwen2.5-Coder-1.5B-Instruct"),
        (machine(64, 79.2), "Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8"),
        (machine(64, 39.4), "Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8"),
        (machine(64, 23.5), "Qwen/Qwen2.5-Coder-7B-Instruct"),
        (machine(64, 15.6), "Qwen/Qwen2.5-Coder-7B-Instruct-AWQ"),
        (machine(64, 7.7), "Qwen/Qwen2.5-Coder-1.5B-Instruct"),
        (machine(64, 3.8), "Qwen/Qwen2.5-Coder-0.5B-Instruct"),
        (machine(8, 3.8, 23.5), "Qwen/Qwen2.5-Coder-7B-Instruct"),
    ],
)
def test_by_memory(hardware: Hardware, model: str) -> None:
    assert default_source(hardware) == model
