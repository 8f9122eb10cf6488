"""What this machine has: GPUs through NVML, cores and memory through the system.

`detect()` looks once and returns the planner's `Hardware`. It knows nothing of models and never
fails for lack of a GPU or a driver: a machine without one simply has none.
"""

from aicockpit.hardware.detection import detect

__all__ = ["detect"]
