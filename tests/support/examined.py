"""Machines to examine: a whole one, changed where a test wants it otherwise."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from aicockpit.config import Config
from aicockpit.doctor import Finding, Surroundings
from aicockpit.hardware import NvidiaReport, Processor
from aicockpit.paths import DataFolder
from aicockpit.planner import Gpu, Hardware
from tests.support.fake_nvml import GIB

FEATURES = frozenset(
    {"avx2", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16", "amx_tile", "amx_bf16"}
)
PROCESSOR = Processor("x86_64", "A Processor", 8, FEATURES, 1, None)


def gpu(index: int = 0, free: float = 79.0, **changes: Any) -> Gpu:
    card = Gpu(index, "NVIDIA H100 80GB HBM3", int(79.6 * GIB), int(free * GIB), (9, 0))
    return replace(card, **changes)


def machine(
    *gpus: Gpu,
    config: dict[str, object] | None = None,
    hidden: tuple[Gpu, ...] = (),
    driver: str | None = "580.95.05",
    **changes: Any,
) -> Surroundings:
    """A machine with these GPUs, or one that has none, and the data folder of the test."""
    hardware = Hardware(
        8, 64 * GIB, 60 * GIB, gpus, driver if gpus else None, (13, 0) if gpus else None
    )
    whole = Surroundings(
        config=Config.model_validate(config or {}),
        config_file=None,
        config_error=None,
        data=DataFolder(Path(os.environ["AICOCKPIT_HOME"])),
        environ=os.environ,
        hardware=hardware,
        nvidia=NvidiaReport(gpus=(*gpus, *hidden)),
        processor=PROCESSOR,
        cards={},
    )
    return replace(whole, **changes)


def levels(findings: Iterable[Finding]) -> list[str]:
    return [finding.level for finding in findings]


def words(findings: Iterable[Finding]) -> str:
    return "\n".join(f"{each.title} {each.detail} {each.remedy}" for each in findings)
