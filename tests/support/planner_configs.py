"""The configurations of tests/data/planner as files."""

from __future__ import annotations

import json
from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "planner"
_CONFIGS = json.loads((DATA / "configs.json").read_text())


def write_config(model: str, folder: Path, **changes: object) -> Path:
    """A model's config.json, whose `layer_types` are kept as a count per type."""
    config = {**_CONFIGS[model]["config"], **changes}
    kinds = config.pop("layer_types")
    config["layer_types"] = [kind for kind, count in kinds.items() for _ in range(count)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path
