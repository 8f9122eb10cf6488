import os

import psutil
import pynvml

from aicockpit.hardware import memory_holders, query_nvidia
from tests.support.fake_nvml import GIB, FakeDriver, divided_a100, eight_h100

NOBODY = 2**22 + 7
"""A process number that Linux never gives."""


def test_processes_are_named_and_the_largest_comes_first(monkeypatch):
    driver = eight_h100()
    driver.gpus[1].processes = [(NOBODY, 2 * GIB), (os.getpid(), 60 * GIB)]
    driver.gpus[1].drawing = [(os.getpid(), 61 * GIB)]
    driver.install(monkeypatch)
    ours, other = memory_holders(query_nvidia().gpus)
    assert (ours.gpu, ours.pid, ours.memory) == (1, os.getpid(), 61 * GIB)
    assert ours.name == psutil.Process().name()
    assert ours.user == psutil.Process().username()
    assert (other.pid, other.name, other.memory) == (NOBODY, "", 2 * GIB)


def test_in_a_container_the_driver_does_not_say_how_much(monkeypatch):
    driver = eight_h100()
    driver.gpus[0].processes = [(NOBODY, None)]
    driver.install(monkeypatch)
    (holder,) = memory_holders(query_nvidia().gpus)
    assert holder.memory is None


def test_a_slice_has_holders_of_its_own(monkeypatch):
    driver = divided_a100()
    assert driver.gpus[0].slices is not None
    driver.gpus[0].slices[1].processes = [(NOBODY, GIB)]
    driver.install(monkeypatch)
    gpus = query_nvidia().gpus
    (holder,) = memory_holders(gpus)
    assert gpus[holder.gpu].uuid == driver.gpus[0].slices[1].uuid


def test_without_a_driver_nobody_holds_anything(monkeypatch):
    FakeDriver(refuses=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND).install(monkeypatch)
    assert memory_holders(()) == ()
