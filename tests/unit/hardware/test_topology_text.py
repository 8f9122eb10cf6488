"""Matrices are written after the format that NVIDIA documents, of machines as they are sold."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicockpit.hardware.topology_text import parse_topology

LEGEND = """
Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes
  NODE = Connection traversing PCIe as well as the interconnect between PCIe Host Bridges
  PHB  = Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)
  PXB  = Connection traversing multiple PCIe bridges
  PIX  = Connection traversing at most a single PCIe bridge
  NV#  = Connection traversing a bonded set of # NVLinks

NIC Legend:

  NIC0: mlx5_0
  NIC1: mlx5_1
"""


def switched(gpus: int, links: int) -> str:
    """As a driver of today prints it: tabs, an underlined header, cards, NUMA columns."""
    names = [f"GPU{index}" for index in range(gpus)]
    header = "\t".join([*names, "NIC0", "NIC1", "CPU Affinity", "NUMA Affinity", "GPU NUMA ID"])
    lines = [f"\t\x1b[4m{header}\x1b[0m"]
    for index, name in enumerate(names):
        cells = [" X " if other == index else f"NV{links}" for other in range(gpus)]
        near = "0-55,112-167\t0" if index < gpus // 2 else "56-111,168-223\t1"
        lines.append("\t".join([name, *cells, "PXB", "SYS", near + "\t", "N/A"]))
    lines += [f"NIC{row}\t" + "\t".join(["PXB"] * gpus + [" X ", "SYS"]) for row in range(2)]
    return "\n".join(lines) + "\n" + LEGEND


FOUR_AT_TWO_SOCKETS = """
        GPU0    GPU1    GPU2    GPU3    CPU Affinity    NUMA Affinity
GPU0     X      PIX     SYS     SYS     0-15,32-47      0
GPU1    PIX      X      SYS     SYS     0-15,32-47      0
GPU2    SYS     SYS      X      NODE    16-31,48-63     1
GPU3    SYS     SYS     NODE     X      16-31,48-63     1
"""

BRIDGED_PAIR = """
        GPU0    GPU1    CPU Affinity    NUMA Affinity   GPU NUMA ID
GPU0     X      NV4     0-63            N/A             N/A
GPU1    NV4      X      0-63            N/A             N/A
"""

CUBE_MESH = """
\tGPU0\tGPU1\tGPU2\tGPU3\tmlx5_0\tCPU Affinity
GPU0\t X \tNV1\tNV2\tSOC\tPIX\t0-19
GPU1\tNV1\t X \tPHB\tNV2\tPIX\t0-19
GPU2\tNV2\tPHB\t X \tNV1\tPHB\t20-39
GPU3\tSOC\tNV2\tNV1\t X \tPHB\t20-39
mlx5_0\tPIX\tPIX\tPHB\tPHB\t X \t

Legend:

  X   = Self
  SOC  = Connection traversing PCIe as well as the SMP link between CPU sockets(e.g. QPI)
  NV#  = Connection traversing a bonded set of # NVLinks
"""


def kinds(text: str) -> dict[tuple[int, int], str]:
    return {(link.first, link.second): link.kind for link in parse_topology(text).links}


def test_eight_on_a_switch():
    topology = parse_topology(switched(8, 18) + LEGEND)
    assert {link.kind for link in topology.links} == {"nvswitch"}
    assert len(topology.links) == 28
    assert topology.numa_nodes == {0: 0, 1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 1, 7: 1}
    assert topology.cpus[7] == "56-111,168-223"


def test_four_joined_directly_have_no_switch():
    assert set(kinds(switched(4, 4)).values()) == {"nvlink"}


def test_four_cards_at_two_sockets():
    topology = parse_topology(FOUR_AT_TWO_SOCKETS)
    assert kinds(FOUR_AT_TWO_SOCKETS) == {
        (0, 1): "pcie",
        (0, 2): "numa",
        (0, 3): "numa",
        (1, 2): "numa",
        (1, 3): "numa",
        (2, 3): "host",
    }
    assert topology.numa_nodes == {0: 0, 1: 0, 2: 1, 3: 1}


def test_a_bridged_pair_in_a_virtual_machine():
    topology = parse_topology(BRIDGED_PAIR)
    assert kinds(BRIDGED_PAIR) == {(0, 1): "nvlink"}
    assert topology.numa_nodes == {}
    assert topology.cpus == {0: "0-63", 1: "0-63"}


def test_the_layout_of_old_drivers():
    assert kinds(CUBE_MESH) == {
        (0, 1): "nvlink",
        (0, 2): "nvlink",
        (0, 3): "numa",
        (1, 2): "host",
        (1, 3): "nvlink",
        (2, 3): "nvlink",
    }
    assert parse_topology(CUBE_MESH).numa_nodes == {}


def test_one_gpu_has_no_links():
    text = "\tGPU0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\nGPU0\t X \t0-15\t0\t\tN/A\n"
    assert parse_topology(text).links == ()
    assert parse_topology(text).numa_nodes == {0: 0}


@pytest.mark.parametrize("text", ["", "NVIDIA-SMI has failed", LEGEND, "GPU0", "GPU0 GPU1\nGPU0"])
def test_what_is_no_matrix_says_nothing(text):
    topology = parse_topology(text)
    assert (topology.links, topology.numa_nodes) == ((), {})


@given(st.text())
def test_no_text_at_all_is_an_error(text):
    parse_topology(text)


@given(st.integers(2, 16), st.data())
def test_every_pair_once_whatever_the_spaces(gpus, data):
    words = {"PIX": "pcie", "PHB": "host", "NODE": "host", "SYS": "numa"}
    pairs = {
        pair: data.draw(st.sampled_from(sorted(words))) for pair in combinations(range(gpus), 2)
    }
    gap = data.draw(st.sampled_from(["\t", "  ", "\t "]))
    rows = [gap + gap.join([f"GPU{index}" for index in range(gpus)] + ["CPU Affinity"])]
    for row in range(gpus):
        cells = [
            "X" if row == column else pairs[min(row, column), max(row, column)]
            for column in range(gpus)
        ]
        rows.append(gap.join([f"GPU{row}", *cells, "0-3"]))
    assert kinds("\n".join(rows)) == {pair: words[cell] for pair, cell in pairs.items()}
