import pytest

from aicockpit.planner.engine_memory import GIB
from aicockpit.planner.gpu_kinds import kind_of, speed_of
from aicockpit.planner.hardware_text import HardwareTextError, parse_hardware


def test_gpus_of_one_node():
    machine = parse_hardware("8xH100-80GB-nvlink")
    assert len(machine.gpus) == 8
    assert machine.gpus[7].memory == int(79.19 * GIB)
    assert machine.slowest_link(range(8)) == "nvlink"
    assert len(machine.links) == 28


def test_several_nodes():
    machine = parse_hardware("2x(4xA100-40GB-pcie)")
    assert (machine.nodes, len(machine.gpus)) == (2, 4)
    assert machine.slowest_link(range(4)) == "host"


@pytest.mark.parametrize("text", ["rtx4090", "RTX-4090", "1xrtx4090", "rtx4090-24gb"])
def test_one_gpu_however_written(text):
    (gpu,) = parse_hardware(text).gpus
    assert gpu.compute_capability == (8, 9)
    assert 23 * GIB < gpu.memory < 24 * GIB


def test_a_processor():
    machine = parse_hardware("cpu-2c-24g")
    assert (machine.accelerator, machine.cpu_cores, machine.memory) == ("cpu", 2, 24 * GIB)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Known GPUs"),
        ("9xfoo", "H100"),
        ("h100-12gb", "80GB, 94GB"),
        ("0xh100", "1 to 1024"),
        ("2x(", "for example"),
        ("cpu-0c-24g", "1 to 1024"),
        ("cpu-8c-0g", "1 to 65536"),
        ("9999999999999999xh100", "1 to 1024"),
        ("2x(cpu-2c-24g)", "runs on one machine"),
    ],
)
def test_what_is_not_known_says_what_is(text, said):
    with pytest.raises(HardwareTextError, match=said):
        parse_hardware(text)


@pytest.mark.parametrize(
    ("product", "kind"),
    [
        ("NVIDIA H100 80GB HBM3", ("h100", 80)),
        ("NVIDIA A100-SXM4-40GB", ("a100", 40)),
        ("NVIDIA GeForce RTX 4090", ("rtx4090", 24)),
        ("NVIDIA L40S", ("l40s", 48)),
        ("NVIDIA RTX 6000 Ada Generation", ("rtx6000ada", 48)),
        ("Tesla V100-SXM2-16GB", ("v100", 16)),
        ("NVIDIA RTX A6000", ("a6000", 48)),
        ("NVIDIA GH200 480GB", ("gh200", 96)),
    ],
)
def test_product_names_as_drivers_report_them(product, kind):
    found = kind_of(product)
    assert found is not None
    assert (found.name, found.nominal) == kind


@pytest.mark.parametrize(
    "product", ["Voodoo 2", "NVIDIA T400", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA L400"]
)
def test_a_product_that_only_begins_like_a_known_one(product):
    assert kind_of(product) is None


@pytest.mark.parametrize(
    ("product", "gib", "gigabytes"),
    [
        ("NVIDIA H100 PCIe", 79.6, 2000),
        ("NVIDIA H100 NVL", 93.6, 3900),
        ("NVIDIA H100 80GB HBM3", 79.6, 3350),
        ("NVIDIA A100 80GB PCIe", 80.0, 1935),
        ("NVIDIA A100-PCIE-40GB", 40.0, 1555),
        ("NVIDIA GeForce RTX 3080", 12.0, None),
    ],
)
def test_memory_and_form_tell_apart_what_is_sold_under_one_name(product, gib, gigabytes):
    bandwidth, flops = speed_of(product, int(gib * 2**30))
    assert bandwidth == (gigabytes and gigabytes * 10**9)
    assert (flops is None) == (gigabytes is None)
