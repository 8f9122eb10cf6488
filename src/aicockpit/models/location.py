"""Where a model was found, and the short name it goes by."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Origin = Literal["folder", "cache", "hub", "starter"]
"""A local folder, the Hugging Face cache, a download made just now, or the starter model."""

STARTER = "starter"
"""The source that names the starter model."""

STARTER_NAME = "qwen2.5-coder-0.5b-instruct"
"""Short name and folder of the starter model."""

_SNAPSHOT = re.compile(r"models--(?:.+--)?(?P<name>.+)/snapshots/[0-9a-f]{40}/?")


@dataclass(frozen=True)
class LocatedModel:
    """A model whose files are all on this machine."""

    path: Path
    """Folder with config.json, the weights and the tokenizer."""
    source: str
    """What was asked for: a path, a Hugging Face id or `starter`."""
    origin: Origin
    revision: str | None
    """Commit on the Hub; None for folders."""
    name: str
    """Short lower-case name, such as `qwen2.5-coder-0.5b-instruct`."""


def short_name(source: str) -> str:
    """The name that a source goes by: its last part in lower case, without odd characters."""
    if source == STARTER:
        return STARTER_NAME
    snapshot = _SNAPSHOT.search(source)
    last = snapshot["name"] if snapshot else as_path(source).name
    name = re.sub(r"[^a-z0-9._-]+", "-", last.lower()).strip("-._")
    # `default` is the alias of the default model and cannot name one.
    return "default-model" if name == "default" else name or "model"


def as_path(source: str) -> Path:
    """A source read as a path, made absolute."""
    path = Path(source)
    with suppress(RuntimeError):  # `~name` of a user that does not exist
        path = path.expanduser()
    return path.absolute()


def is_path(source: str) -> bool:
    """Whether a source can only be meant as a path."""
    return source.startswith(("/", "./", "../", "~")) or source in {".", ".."}
