"""How the GPUs of this machine are joined: NVLink where it is active, else the way over PCIe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import pynvml

from aicockpit.hardware.nvml import Handle, NvmlError, ask
from aicockpit.planner.machine import Link, LinkKind

Address = tuple[int, int, int]
"""Domain, bus and device on PCI."""

_WAYS: Mapping[int, LinkKind] = {
    pynvml.NVML_TOPOLOGY_INTERNAL: "pcie",
    pynvml.NVML_TOPOLOGY_SINGLE: "pcie",
    pynvml.NVML_TOPOLOGY_MULTIPLE: "pcie",
    pynvml.NVML_TOPOLOGY_HOSTBRIDGE: "host",
    pynvml.NVML_TOPOLOGY_NODE: "host",
    pynvml.NVML_TOPOLOGY_SYSTEM: "numa",
}


@dataclass(frozen=True)
class NvlinkEnds:
    """Where the active NVLinks of one GPU lead."""

    switch: bool = False
    peers: frozenset[Address] = frozenset()
    """Other GPUs that they lead to directly."""
    unknown: bool = False
    """Some lead to what the driver does not name, as in virtual machines."""


def find_links(handles: Mapping[int, Handle]) -> tuple[Link, ...]:
    """Every pair once, but for those that the driver says nothing of.

    Args:
        handles: of whole GPUs, by index.
    """
    ends = {index: _nvlink_ends(handle) for index, handle in handles.items()}
    addresses = {index: _address_of(handle) for index, handle in handles.items()}
    links = []
    for first, second in combinations(sorted(handles), 2):
        pair = handles[first], handles[second]
        kind = _nvlink_kind(ends[first], ends[second], addresses[second], pair) or _way(*pair)
        if kind is not None:
            links.append(Link(first, second, kind))
    return tuple(links)


def _nvlink_ends(handle: Handle) -> NvlinkEnds:
    switch, unknown = False, False
    peers: set[Address] = set()
    for number in range(pynvml.NVML_NVLINK_MAX_LINKS):
        try:
            if not pynvml.nvmlDeviceGetNvLinkState(handle, number):
                continue
        except NvmlError:
            break  # the GPU has no NVLink, or no more of them
        kind = ask(pynvml.nvmlDeviceGetNvLinkRemoteDeviceType, handle, number)
        if kind == pynvml.NVML_NVLINK_DEVICE_TYPE_SWITCH:
            switch = True
            continue
        remote = ask(pynvml.nvmlDeviceGetNvLinkRemotePciInfo, handle, number)
        if kind == pynvml.NVML_NVLINK_DEVICE_TYPE_GPU and remote is not None:
            peers.add(_address(remote))
        else:
            unknown = True
    return NvlinkEnds(switch, frozenset(peers), unknown)


def _nvlink_kind(
    first: NvlinkEnds, second: NvlinkEnds, address: Address | None, pair: tuple[Handle, Handle]
) -> LinkKind | None:
    if first.switch and second.switch:
        return "nvswitch"
    if address in first.peers:
        return "nvlink"
    if first.unknown and second.unknown:
        index = pynvml.NVML_P2P_CAPS_INDEX_NVLINK
        status = ask(pynvml.nvmlDeviceGetP2PStatus, *pair, index)
        return "nvlink" if status == pynvml.NVML_P2P_STATUS_OK else None
    return None


def _way(first: Handle, second: Handle) -> LinkKind | None:
    level = ask(pynvml.nvmlDeviceGetTopologyCommonAncestor, first, second)
    return None if level is None else _WAYS.get(level)


def _address_of(handle: Handle) -> Address | None:
    found = ask(pynvml.nvmlDeviceGetPciInfo, handle)
    return None if found is None else _address(found)


def _address(info: Handle) -> Address:
    return info.domain, info.bus, info.device
