import os
from pathlib import Path

import psutil
import pytest

from aicockpit.hardware import detect, detection
from aicockpit.hardware.nvidia import NvidiaReport
from aicockpit.planner import Gpu


@pytest.fixture(autouse=True)
def _no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detection, "query_nvidia", NvidiaReport)


def test_this_machine(tmp_path: Path):
    hardware = detect(cgroup=tmp_path)
    assert hardware.cpu_cores == len(os.sched_getaffinity(0))
    assert hardware.memory == psutil.virtual_memory().total
    assert 0 < hardware.available_memory <= hardware.memory
    assert hardware.accelerator == "cpu"


def test_a_containers_limit_counts_when_it_is_lower(tmp_path: Path):
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    hardware = detect(cgroup=tmp_path)
    assert (hardware.memory, hardware.available_memory) == (1_000_000, 600_000)


def test_a_container_without_a_limit_has_the_machines_memory(tmp_path: Path):
    (tmp_path / "memory.max").write_text("max\n")
    assert detect(cgroup=tmp_path).memory == psutil.virtual_memory().total


def test_gpus_make_it_a_cuda_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    gpu = Gpu(0, "NVIDIA H100", 80 * 2**30, 79 * 2**30, (9, 0))
    report = NvidiaReport((gpu,), "580.95.05", (13, 0))
    monkeypatch.setattr(detection, "query_nvidia", lambda: report)
    hardware = detect(cgroup=tmp_path)
    assert hardware.accelerator == "cuda"
    assert hardware.gpus == (gpu,)
    assert hardware.cuda_version == (13, 0)
