"""Graphics and compute cards on the PCI bus, whether or not a driver knows them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

_DEVICES = Path("/sys/bus/pci/devices")
_VENDORS = {"0x10de": "NVIDIA", "0x1002": "AMD"}
_CLASSES = ("0x0300", "0x0302", "0x0380", "0x1200")
"""Display controllers and processing accelerators."""


def accelerator_cards(devices: Path = _DEVICES) -> Counter[str]:
    """How many cards there are of each maker whose GPUs are known to vLLM."""
    found: Counter[str] = Counter()
    for device in devices.glob("*"):
        try:
            vendor = (device / "vendor").read_text().strip()
            kind = (device / "class").read_text().strip()
        except OSError:
            continue
        if vendor in _VENDORS and kind.startswith(_CLASSES):
            found[_VENDORS[vendor]] += 1
    return found
