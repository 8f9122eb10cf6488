"""Pure decisions about models and machines.

Values in, frozen dataclasses out: this package reads no file, clock or environment and logs
nothing. `ModelFacts` (filled by `aicockpit.models`) and `Hardware` (filled by
`aicockpit.hardware`) are what it decides from; start at `memory` for what a model needs and at
`placement` for what fits together.
"""

from aicockpit.planner.facts import ModelFacts, TensorBytes
from aicockpit.planner.machine import Gpu, Hardware

__all__ = ["Gpu", "Hardware", "ModelFacts", "TensorBytes"]
