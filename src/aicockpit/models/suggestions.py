"""What to say when a model is not found: names that are near."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from aicockpit.errors import ModelNotFoundError
from aicockpit.models.catalog import catalogue
from aicockpit.models.hub_cache import cached_repositories
from aicockpit.models.hub_library import endpoint
from aicockpit.models.location import short_name

if TYPE_CHECKING:
    from collections.abc import Collection


def near_names(wanted: str, known: Collection[str]) -> list[str]:
    """Up to three known names that look like the wanted one, nearest first."""
    by_form: dict[str, str] = {}
    for name in known:
        by_form[name.lower()] = name
        by_form.setdefault(short_name(name), name)
    matches = [
        by_form[match]
        for form in (wanted.lower(), short_name(wanted))
        for match in difflib.get_close_matches(form, by_form, n=3, cutoff=0.7)
    ]
    return list(dict.fromkeys(name for name in matches if name != wanted))[:3]


def not_found(source: str, known: Collection[str] = ()) -> ModelNotFoundError:
    """No model of this name on the Hub, with names that are near it."""
    near = near_names(
        source, {*known, *cached_repositories(), *(entry.source for entry in catalogue())}
    )
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return ModelNotFoundError(
        f"There is no model {source}.",
        why=f"{endpoint()} has no public model of that name (one that is private, and for which "
        "no token was given, looks the same), and no local folder is called that.",
        remedy=f"{hint}Check the spelling at {endpoint()}/models; for a private model set "
        "HF_TOKEN to a token that may read it.",
    )


def no_folder(source: str, known: Collection[str] = ()) -> ModelNotFoundError:
    """A path that leads to no model."""
    near = near_names(source, {*known, *cached_repositories()})
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return ModelNotFoundError(
        f"There is no model at {source}.",
        why="That is a path, and no folder with a config.json lies there.",
        remedy=f"{hint}Name the folder that holds config.json and the *.safetensors files, or a "
        "Hugging Face id such as Qwen/Qwen2.5-Coder-0.5B-Instruct.",
    )
