"""What this machine has: GPUs through NVML, cores and memory through the system.

`detect()` looks once and returns the planner's `Hardware`. It knows nothing of models and never
fails for lack of a GPU or a driver: a machine without one simply has none. What only a diagnosis
asks for (who holds GPU memory, instruction sets, cards without a driver) has functions of its own.
"""

from aicockpit.hardware.detection import detect
from aicockpit.hardware.holders import MemoryHolder, memory_holders
from aicockpit.hardware.nvidia import NvidiaReport, UnusableGpu, query_nvidia
from aicockpit.hardware.pci import accelerator_cards
from aicockpit.hardware.processor import Processor, read_processor

__all__ = [
    "MemoryHolder",
    "NvidiaReport",
    "Processor",
    "UnusableGpu",
    "accelerator_cards",
    "detect",
    "memory_holders",
    "query_nvidia",
    "read_processor",
]
