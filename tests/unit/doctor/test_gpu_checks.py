"""Driver, GPUs and links."""

import os
from dataclasses import replace

import pytest

from aicockpit.doctor import gpus as gpus_module
from aicockpit.doctor.driver import check_driver
from aicockpit.doctor.gpus import check_gpus, numbers
from aicockpit.doctor.links import check_links
from aicockpit.engines import SweptProcess
from aicockpit.hardware import MemoryHolder, NvidiaReport, UnusableGpu, detect, query_nvidia
from aicockpit.planner.machine import Link
from tests.support.examined import gpu, levels, machine, words
from tests.support.fake_nvml import GIB, FakeDriver, divided_a100, eight_h100, four_a100_pcie


def of(driver: FakeDriver, monkeypatch: pytest.MonkeyPatch):
    driver.install(monkeypatch)
    nvidia = query_nvidia()
    hardware = detect(environ=os.environ, nvidia=nvidia)
    return replace(machine(), hardware=hardware, nvidia=nvidia)


def test_a_driver_that_is_new_enough_says_for_what(monkeypatch):
    found = list(check_driver(of(eight_h100(), monkeypatch)))
    assert levels(found) == ["ok"]
    assert "580.95.05 with CUDA 13.0" in words(found)


def test_a_driver_that_is_too_old_is_a_problem(monkeypatch):
    driver = eight_h100()
    driver.version, driver.cuda = "550.54.15", 12040
    found = list(check_driver(of(driver, monkeypatch)))
    assert levels(found) == ["problem"]
    assert "550.54.15" in words(found)
    assert "driver 580 or newer" in words(found)


@pytest.mark.parametrize(
    ("nvidia", "cards", "level", "said"),
    [
        (NvidiaReport(), {}, "note", "no NVIDIA GPU"),
        (NvidiaReport(), {"NVIDIA": 2}, "warning", "no driver for it"),
        (NvidiaReport(), {"AMD": 1}, "note", "AMD GPU"),
        (NvidiaReport(problem="version mismatch"), {"NVIDIA": 1}, "warning", "version mismatch"),
        (NvidiaReport(gpus=(gpu(),)), {"NVIDIA": 1}, "note", "no visible NVIDIA GPU"),
    ],
)
def test_why_engines_run_on_the_cpu(nvidia, cards, level, said):
    found = list(check_driver(machine(nvidia=nvidia, cards=cards)))
    assert levels(found) == [level]
    assert said in words(found)


def test_gpus_that_are_idle_by_choice():
    found = list(check_driver(machine(gpu(), config={"engines": {"accelerator": "cpu"}})))
    assert levels(found) == ["note"]
    assert "as configured" in words(found)


def test_gpus_are_asked_for_and_there_are_none():
    found = check_driver(machine(config={"engines": {"accelerator": "cuda"}}))
    assert levels(found) == ["problem"]


def test_unusable_gpus_get_the_remedy_that_suits_them():
    unusable = (UnusableGpu(1, "does not answer"), UnusableGpu(2, "is in MIG mode and not divided"))
    lost, undivided = list(check_driver(machine(nvidia=NvidiaReport(unusable=unusable))))[1:]
    assert "Restart" in lost.remedy
    assert "nvidia-smi -i 2 -mig 0" in undivided.remedy


def test_gpus_alike_are_one_line(monkeypatch):
    found = list(check_gpus(of(eight_h100(), monkeypatch)))
    assert levels(found) == ["ok"]
    assert words(found).startswith("GPUs 0-7: NVIDIA H100 80GB HBM3, 79.1 of 79.6 GiB free.")


@pytest.mark.parametrize(
    ("indices", "text"),
    [([3], "GPU 3"), ([0, 1], "GPUs 0, 1"), ([2, 1, 3], "GPUs 1-3"), ([0, 2, 5], "GPUs 0, 2, 5")],
)
def test_numbers_in_words(indices, text):
    assert numbers(gpu(index) for index in indices) == text


def busy(monkeypatch, *holders: MemoryHolder, ours: tuple[SweptProcess, ...] = ()):
    monkeypatch.setattr(gpus_module, "memory_holders", lambda _: holders)
    monkeypatch.setattr(gpus_module, "marked", lambda _: list(ours))
    return list(check_gpus(machine(gpu(0, free=20), gpu(1))))


def test_whoever_holds_memory_is_named(monkeypatch):
    holder = MemoryHolder(0, 4242, 58 * GIB, "python", "bob")
    idle, held = busy(monkeypatch, holder)
    assert (idle.level, held.level) == ("ok", "warning")
    assert "python (process 4242 of bob) holds 58.0 GiB" in held.detail
    assert "kill 4242" in held.remedy
    assert "--free-gib 20" in held.remedy


def test_what_our_engines_hold_is_fine(monkeypatch):
    holder = MemoryHolder(0, 4242, 58 * GIB, "python", "bob")
    _, held = busy(monkeypatch, holder, ours=(SweptProcess(4242, "coder-1a2b", ""),))
    assert held.level == "ok"
    assert "our engine coder-1a2b (process 4242) holds 58.0 GiB" in held.detail


@pytest.mark.parametrize("holders", [(), (MemoryHolder(0, 4242, None),)])
def test_nobody_is_told_to_end_what_cannot_be_seen(monkeypatch, holders):
    _, held = busy(monkeypatch, *holders)
    assert held.level == "warning"
    assert "in a container" in held.detail
    assert "kill" not in held.remedy


def test_slices_hidden_gpus_and_old_ones_are_told(monkeypatch):
    assert "slices of divided GPUs" in words(check_gpus(of(divided_a100(), monkeypatch)))
    assert "hides 1 of 2 GPUs" in words(check_gpus(machine(gpu(1), hidden=(gpu(0),))))
    old = gpu(0, compute_capability=(7, 0), name="Tesla V100")
    found = list(check_gpus(machine(old, gpu(1))))
    assert levels(found) == ["ok", "ok", "warning", "note"]
    assert "CUDA_VISIBLE_DEVICES=1" in words(found)


def test_fast_links_are_fine(monkeypatch):
    found = list(check_links(of(eight_h100(), monkeypatch)))
    assert levels(found) == ["ok"]
    assert "GPUs 0-7: joined by NVSwitch" in words(found)


def test_across_processors_is_a_warning_that_names_a_better_choice(monkeypatch):
    found = list(check_links(of(four_a100_pcie(), monkeypatch)))
    assert levels(found) == ["warning"]
    assert "GPUs 0, 1 at NUMA node 0, GPUs 2, 3 at NUMA node 1" in words(found)
    assert "models.NAME.gpus = [0, 1]" in words(found)


@pytest.mark.parametrize(
    ("kinds", "level", "said"),
    [
        (("host", "host", "host"), "note", "PCIe only"),
        (("nvlink", "host", "host"), "note", "NVLink joins 0 with 1;"),
        (("nvlink",), "note", "not known"),
    ],
)
def test_slow_and_unknown_links(kinds, level, said):
    pairs = ((0, 1), (0, 2), (1, 2))
    links = tuple(Link(*pair, kind) for pair, kind in zip(pairs, kinds, strict=False))
    three = machine(gpu(0), gpu(1), gpu(2))
    found = list(check_links(replace(three, hardware=replace(three.hardware, links=links))))
    assert levels(found) == [level]
    assert said in words(found)


def test_one_gpu_and_slices_need_no_links(monkeypatch):
    assert list(check_links(machine(gpu()))) == []
    assert list(check_links(of(divided_a100(), monkeypatch))) == []
