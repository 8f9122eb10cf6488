import inspect
from dataclasses import replace

import pynvml
import pytest

from aicockpit.hardware import detect, nvidia, query_nvidia
from aicockpit.planner import Hardware
from tests.support.fake_nvml import (
    GIB,
    FakeDriver,
    FakeGpu,
    divided_a100,
    eight_h100,
    four_a100_pcie,
)

GPU_END = pynvml.NVML_NVLINK_DEVICE_TYPE_GPU
UNKNOWN_END = pynvml.NVML_NVLINK_DEVICE_TYPE_UNKNOWN


@pytest.fixture(autouse=True)
def _no_nvidia_smi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvidia, "topology_output", lambda: "")


def pairs(report) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for link in report.links:
        kinds[link.kind] = kinds.get(link.kind, 0) + 1
    return kinds


def test_eight_gpus_on_a_switch(monkeypatch):
    eight_h100().install(monkeypatch)
    report = query_nvidia()
    assert (report.driver_version, report.cuda_version) == ("580.95.05", (13, 0))
    assert pairs(report) == {"nvswitch": 28}
    assert [gpu.numa_node for gpu in report.gpus] == [0, 0, 0, 0, 1, 1, 1, 1]
    last = report.gpus[7]
    assert (last.index, last.uuid, last.mig) == (7, "GPU-00000007-aaaa", False)
    assert (last.bandwidth, last.flops) == (3350 * 10**9, 989 * 10**12)


def test_four_cards_at_two_processors(monkeypatch):
    four_a100_pcie().install(monkeypatch)
    report = query_nvidia()
    assert pairs(report) == {"host": 2, "numa": 4}
    machine = Hardware(8, 1, 1, report.gpus, links=report.links)
    assert machine.slowest_link([0, 1]) == "host"
    assert machine.slowest_link([1, 2]) == "numa"


def test_bridges_join_only_the_pairs_that_they_lead_to(monkeypatch):
    driver = four_a100_pcie()
    for first, second in ((0, 1), (2, 3)):
        driver.gpus[first].nvlinks = [(GPU_END, driver.gpus[second].bus)] * 12
        driver.gpus[second].nvlinks = [(GPU_END, driver.gpus[first].bus)] * 12
    driver.install(monkeypatch)
    assert pairs(query_nvidia()) == {"nvlink": 2, "numa": 4}


@pytest.mark.parametrize(
    ("works", "kinds"), [(True, {"nvlink": 6}), (False, {"host": 2, "numa": 4})]
)
def test_ends_without_a_name_are_asked_whether_they_work(monkeypatch, works, kinds):
    driver = four_a100_pcie()
    driver.p2p_nvlink = works
    for gpu in driver.gpus:
        gpu.nvlinks = [(UNKNOWN_END, 0)] * 4
    driver.install(monkeypatch)
    assert pairs(query_nvidia()) == kinds


def test_a_divided_gpu_is_its_slices(monkeypatch):
    divided_a100().install(monkeypatch)
    report = query_nvidia()
    first, whole, second = report.gpus
    assert [gpu.mig for gpu in report.gpus] == [True, False, True]
    assert (first.uuid, second.uuid) == ("MIG-00000000-cccc", "MIG-00000002-cccc")
    assert (whole.index, whole.uuid) == (1, "GPU-1")
    assert first.name.endswith("MIG 3g.20gb")
    assert first.compute_capability == (8, 0)
    assert first.flops == 312 * 10**12 * 3 // 7
    assert first.bandwidth == int(1555 * 10**9 * (20937965568 / int(39.39 * GIB)))
    assert report.links == ()
    machine = Hardware(8, 1, 1, report.gpus)
    assert machine.visible_devices([0, 1]) == "MIG-00000000-cccc,1"


def test_a_gpu_in_mig_mode_without_slices_is_named_and_not_used(monkeypatch):
    driver = divided_a100()
    driver.gpus[0].slices = []
    driver.install(monkeypatch)
    report = query_nvidia()
    assert [gpu.index for gpu in report.gpus] == [1]
    assert "MIG mode" in report.unusable[0].why


def test_slices_do_not_take_the_number_of_a_gpu_that_may_come_back(monkeypatch):
    driver = divided_a100()
    driver.gpus.reverse()
    driver.gpus[0].lost = True
    driver.install(monkeypatch)
    assert [(gpu.index, gpu.mig) for gpu in query_nvidia().gpus] == [(1, True), (2, True)]


def test_a_lost_gpu_loses_no_other(monkeypatch):
    driver = eight_h100()
    driver.gpus[3].lost = True
    driver.install(monkeypatch)
    report = query_nvidia()
    assert [gpu.index for gpu in report.gpus] == [0, 1, 2, 4, 5, 6, 7]
    assert [(gpu.index, "GPU is lost" in gpu.why) for gpu in report.unusable] == [(3, True)]
    assert pairs(report) == {"nvswitch": 21}


OPTIONAL = sorted(
    name
    for name in dir(FakeDriver)
    if name.startswith("nvml")
    and name
    not in {
        "nvmlInit",
        "nvmlDeviceGetCount",
        "nvmlDeviceGetHandleByIndex",
        "nvmlDeviceGetName",
        "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetCudaComputeCapability",
    }
)


@pytest.mark.parametrize("question", OPTIONAL)
def test_a_question_that_is_not_supported_loses_nothing_else(monkeypatch, question):
    driver = four_a100_pcie()
    driver.silent = frozenset({question})
    driver.install(monkeypatch)
    gpus = query_nvidia().gpus
    assert [(gpu.index, gpu.memory, gpu.flops) for gpu in gpus] == [
        (index, 42949672960, 312 * 10**12) for index in range(4)
    ]


@pytest.mark.parametrize("question", [name for name in dir(FakeDriver) if name[:4] == "nvml"])
def test_the_fake_is_asked_as_nvml_is(question):
    asked = inspect.signature(getattr(FakeDriver(), question)).parameters
    real = inspect.signature(getattr(pynvml, question)).parameters.values()
    assert len(asked) == sum(each.default is each.empty for each in real)


def test_links_come_from_text_where_nvml_has_none(monkeypatch):
    driver = four_a100_pcie()
    driver.levels = {}
    driver.gpus[3].numa_node = None
    driver.install(monkeypatch)
    matrix = """
        GPU0 GPU1 GPU2 GPU3 CPU Affinity NUMA Affinity GPU NUMA ID
        GPU0  X   PXB  SYS  SYS  0-15  0  N/A
        GPU1 PXB   X   SYS  SYS  0-15  0  N/A
        GPU2 SYS  SYS   X   PIX  16-31 1  N/A
        GPU3 SYS  SYS  PIX   X   16-31 1  N/A
    """
    monkeypatch.setattr(nvidia, "topology_output", lambda: matrix)
    report = query_nvidia()
    assert pairs(report) == {"pcie": 2, "numa": 4}
    assert report.gpus[3].numa_node == 1


def test_bandwidth_of_an_unknown_product_follows_from_clock_and_bus(monkeypatch):
    card = FakeGpu("NVIDIA RTX 4500", 24 * GIB, 24 * GIB, memory_clock=9001, bus_width=192)
    FakeDriver([card, replace(card, bus_width=None)]).install(monkeypatch)
    first, second = query_nvidia().gpus
    assert (first.bandwidth, first.flops) == (432_048_000_000, None)
    assert second.bandwidth is None


def test_no_driver(monkeypatch):
    FakeDriver(refuses=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND).install(monkeypatch)
    report = query_nvidia()
    assert (report.gpus, report.problem) == ((), None)
    assert detect().accelerator == "cpu"


def test_a_driver_that_does_not_answer_says_why(monkeypatch):
    FakeDriver(refuses=pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH).install(monkeypatch)
    report = query_nvidia()
    assert report.gpus == ()
    assert report.problem is not None
    assert "version mismatch" in report.problem


def test_hidden_gpus_and_their_links_are_not_there(monkeypatch):
    eight_h100().install(monkeypatch)
    machine = detect(environ={"CUDA_VISIBLE_DEVICES": "2,5"})
    assert [gpu.index for gpu in machine.gpus] == [2, 5]
    assert [(link.first, link.second) for link in machine.links] == [(2, 5)]
    assert detect(environ={"CUDA_VISIBLE_DEVICES": ""}).accelerator == "cpu"
