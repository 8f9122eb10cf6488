"""Reads the Hugging Face cache: which repositories and commits lie in it, and where.

The layout (`models--ORG--NAME/refs/BRANCH` names a commit, `snapshots/COMMIT/` has its files as
links into `blobs/`) is documented and shared with every other tool. Reading it directly keeps the
library out of a start that needs no network.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aicockpit.models.hub_library import cache_folder
from aicockpit.models.model_files import what_is_missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}")
_PREFIX = "models--"

PARTIAL_SUFFIX = ".aicockpit.incomplete"
"""Ending of a blob that has not arrived whole; `hf cache prune` knows it as unfinished too."""


@dataclass(frozen=True)
class Snapshot:
    """One commit of a repository in the cache."""

    repo_id: str
    commit: str
    path: Path


def repository_folder(repo_id: str) -> Path:
    """Where the cache keeps a repository."""
    return cache_folder() / (_PREFIX + repo_id.replace("/", "--"))


def find_snapshot(repo_id: str, revision: str | None) -> Snapshot | None:
    """The whole snapshot that a revision stands for, or None. Never asks the network.

    Args:
        repo_id: such as `Qwen/Qwen2.5-Coder-7B-Instruct`.
        revision: branch, tag or commit; None means `main`.
    """
    folder = repository_folder(repo_id)
    commit = revision or "main"
    if not _COMMIT.fullmatch(commit):
        try:
            commit = (folder / "refs" / commit).read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            return None
    path = folder / "snapshots" / commit
    if not _COMMIT.fullmatch(commit) or what_is_missing(path):
        return None
    return Snapshot(repo_id, commit, path)


def whole_snapshots() -> Iterator[Snapshot]:
    """Every snapshot in the cache that has all an engine needs."""
    for folder in _repository_folders():
        for path in sorted((folder / "snapshots").glob("*")):
            if _COMMIT.fullmatch(path.name) and what_is_missing(path) is None:
                yield Snapshot(_repo_id(folder), path.name, path)


def delete_snapshot(repo_id: str, commit: str) -> None:
    """Delete one commit, and those of its files that no other commit shares."""
    # Only a removal needs this part of the library, which takes 0.2 s to import.
    from huggingface_hub import scan_cache_dir  # noqa: PLC0415

    cache = scan_cache_dir(cache_folder())
    # By itself the library goes by the commit alone, and a repository and its fork share commits.
    repositories = frozenset(
        repository
        for repository in cache.repos
        if repository.repo_type == "model" and repository.repo_id == repo_id
    )
    replace(cache, repos=repositories).delete_revisions(commit).execute()


def partial_files(repo_id: str) -> list[Path]:
    """What interrupted pulls of AiCockpit have left of a repository."""
    return sorted((repository_folder(repo_id) / "blobs").glob("*" + PARTIAL_SUFFIX))


def cached_repositories() -> list[str]:
    """Ids of all model repositories in the cache, whole or not."""
    return [_repo_id(folder) for folder in _repository_folders()]


def _repository_folders() -> list[Path]:
    return sorted(path for path in cache_folder().glob(_PREFIX + "*") if path.is_dir())


def _repo_id(folder: Path) -> str:
    return folder.name.removeprefix(_PREFIX).replace("--", "/", 1)
