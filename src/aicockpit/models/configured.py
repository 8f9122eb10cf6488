"""Fetching a model as its settings say, the same for serving and for offline work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aicockpit.models.facts import read_facts
from aicockpit.models.remote_code import check_remote_code

if TYPE_CHECKING:
    from aicockpit.config import ModelSettings
    from aicockpit.models.location import LocatedModel
    from aicockpit.models.store import ModelStore
    from aicockpit.planner import ModelFacts
    from aicockpit.progress import Progress


def fetch_configured(
    store: ModelStore, settings: ModelSettings, progress: Progress, *, or_starter: bool
) -> tuple[LocatedModel, ModelFacts]:
    """Bring a configured model to this machine and read what it is.

    Args:
        store: where models are kept.
        settings: source, revision and whether code of the model's own may run.
        progress: where a download is reported.
        or_starter: nobody named the model, so the starter may stand in for it when the Hub cannot
            be reached.

    Raises:
        ModelError, DiskSpaceError: as `ModelStore.fetch` and `check_remote_code`.
    """
    if or_starter:
        located = store.fetch_default(settings.source, progress=progress)
    else:
        located = store.fetch(
            settings.source,
            revision=settings.revision,
            progress=progress,
            trust_remote_code=settings.trust_remote_code,
        )
    facts = read_facts(located.path)
    check_remote_code(located, facts, allowed=settings.trust_remote_code)
    return located, facts
