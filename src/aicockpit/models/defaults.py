"""The model that is served when nobody names one: the catalogue's best that the planner fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aicockpit.models.catalog import catalogue
from aicockpit.planner.candidates import default_candidate
from aicockpit.planner.engine_memory import RELEASES

if TYPE_CHECKING:
    from aicockpit.planner.machine import Hardware


def default_sources() -> tuple[str, ...]:
    """Hugging Face ids of every model that may be chosen, best first."""
    return tuple(candidate.source for candidate in catalogue() if candidate.default)


def default_source(hardware: Hardware) -> str:
    """Hugging Face id of the default model for a machine.

    Goes by the GPU with the most memory, since one engine on one GPU is what it is served on.
    """
    release = RELEASES["0.33" if hardware.gpus else "0.32"]
    return default_candidate(catalogue(), hardware, release).source
