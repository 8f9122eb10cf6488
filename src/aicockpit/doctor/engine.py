"""The engine environment: installed, whole, current."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.engines import EnvironmentState, EnvironmentStatus, EnvironmentStore
from aicockpit.engines.wholeness import missing_from
from aicockpit.planner.memory import GIB

_NAMED = 3
"""Missing parts that are named."""


def check_engine(surroundings: Surroundings) -> Iterator[Finding]:
    """The environment for this machine, then what else lies beside it."""
    store = EnvironmentStore(surroundings.data)
    chosen = store.status(surroundings.environment.name)
    yield from _chosen(chosen)
    for spec in store.catalog():
        status = store.status(spec.name)
        if spec.name != chosen.spec.name and status.state is EnvironmentState.INSTALLED:
            yield Finding("ok", f"{spec.label} is installed, too.")
    yield from _left_over(surroundings.data.engines, {spec.label for spec in store.catalog()})


def _chosen(status: EnvironmentStatus) -> Iterator[Finding]:
    spec = status.spec
    again = f"`aicockpit engines install {spec.name}`"
    match status.state:
        case EnvironmentState.INSTALLED:
            yield _installed(status)
            return
        case EnvironmentState.ABSENT:
            yield Finding(
                "note",
                f"{spec.label} is not installed yet.",
                "The first `aicockpit serve` installs it.",
                f"{again} does it now; it wants {spec.disk / GIB:.0f} GiB of disk.",
            )
        case EnvironmentState.UNFINISHED:
            yield Finding(
                "warning",
                f"{spec.label} is not whole: its installation was interrupted or is going on.",
                "The next `aicockpit serve` begins it afresh.",
                f"{again} does it now.",
            )
        case EnvironmentState.OUTDATED:
            yield Finding(
                "note",
                f"{spec.label} was installed by another version of AiCockpit.",
                "The next `aicockpit serve` installs it again.",
                f"{again} does it now.",
            )
        case EnvironmentState.UNSUPPORTED:
            yield Finding(
                "problem",
                f"{spec.name} cannot be installed yet.",
                f"{spec.summary} has its name reserved.",
                'Set engines.accelerator = "cpu".',
            )
            return
    if find_spec("ensurepip") is None:
        yield Finding(
            "problem",
            "Python's venv module is not whole, so no environment can be made.",
            "It has no ensurepip.",
            "Install it (Debian and Ubuntu: `apt install python3-venv`).",
        )


def _installed(status: EnvironmentStatus) -> Finding:
    spec = status.spec
    if missing := missing_from(status.folder, spec.locks):
        some = ", ".join(missing[:_NAMED])
        lacks = some if len(missing) <= _NAMED else f"{len(missing)} parts, such as {some}"
        return Finding(
            "problem",
            f"{spec.label} is damaged: it lacks {lacks}.",
            f"It is in {status.folder}.",
            f"`aicockpit engines remove {spec.name} && aicockpit engines install {spec.name}`.",
        )
    return Finding("ok", f"{spec.label} is installed and whole.")


def _left_over(engines: Path, current: set[str]) -> Iterator[Finding]:
    folders = sorted(path for path in engines.glob("vllm-*-*") if path.is_dir())
    if old := [path.name for path in folders if path.name not in current]:
        yield Finding(
            "note",
            f"Environments of other versions take room: {', '.join(old)}.",
            "",
            f"If no other AiCockpit uses them, delete them from {engines}.",
        )
