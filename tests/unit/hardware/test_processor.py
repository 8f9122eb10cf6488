from pathlib import Path

import pytest

from aicockpit.hardware import accelerator_cards, read_processor


def test_what_the_system_says(tmp_path: Path):
    (tmp_path / "cpuinfo").write_text(
        "processor\t: 0\nmodel name\t: A Processor\nflags\t\t: fpu avx2 avx512f\n"
        "vmx flags\t: ept\n\nprocessor\t: 1\nmodel name\t: A Processor\n"
    )
    (tmp_path / "has_memory").write_text("0-1,4\n")
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    found = read_processor(cpuinfo=tmp_path / "cpuinfo", nodes=tmp_path, cgroup=tmp_path)
    assert found.model == "A Processor"
    assert found.features == {"fpu", "avx2", "avx512f"}
    assert (found.numa_nodes, found.share) == (3, 1.5)


def test_what_the_system_does_not_say(tmp_path: Path):
    (tmp_path / "cpu.max").write_text("max 100000\n")
    found = read_processor(cpuinfo=tmp_path / "none", nodes=tmp_path, cgroup=tmp_path)
    assert (found.model, found.features) == ("", frozenset())
    assert (found.numa_nodes, found.share) == (1, None)


@pytest.mark.parametrize(
    ("vendor", "kind", "found"),
    [
        ("0x10de", "0x030200", {"NVIDIA": 1}),
        ("0x1002", "0x030000", {"AMD": 1}),
        ("0x10de", "0x040300", {}),  # its sound
        ("0x8086", "0x030000", {}),
    ],
)
def test_cards_without_a_driver_are_seen(tmp_path: Path, vendor, kind, found):
    device = tmp_path / "0000:01:00.0"
    device.mkdir()
    (device / "vendor").write_text(f"{vendor}\n")
    (device / "class").write_text(f"{kind}\n")
    (tmp_path / "0000:02:00.0").mkdir()
    assert accelerator_cards(tmp_path) == found
