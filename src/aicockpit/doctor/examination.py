"""Runs every check, in the order in which their findings are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aicockpit.doctor.compiler import check_compiler
from aicockpit.doctor.configuration import check_configuration
from aicockpit.doctor.disk import check_disk
from aicockpit.doctor.driver import check_driver
from aicockpit.doctor.engine import check_engine
from aicockpit.doctor.findings import Finding, Level
from aicockpit.doctor.gpus import check_gpus
from aicockpit.doctor.links import check_links
from aicockpit.doctor.memory import check_memory, check_shared_memory
from aicockpit.doctor.port import check_port
from aicockpit.doctor.processors import check_processors
from aicockpit.doctor.secrets import check_secrets
from aicockpit.doctor.surroundings import Surroundings

Check = Callable[[Surroundings], Iterable[Finding]]

CHECKS: tuple[tuple[str, Check], ...] = (
    ("configuration", check_configuration),
    ("driver", check_driver),
    ("GPUs", check_gpus),
    ("links", check_links),
    ("processors", check_processors),
    ("memory", check_memory),
    ("shared memory", check_shared_memory),
    ("compiler", check_compiler),
    ("disk", check_disk),
    ("engine", check_engine),
    ("port", check_port),
    ("secrets", check_secrets),
)
"""Areas with their checks; an area that does not concern the machine has no findings."""


@dataclass(frozen=True)
class Examination:
    """All findings, by area."""

    findings: tuple[tuple[str, Finding], ...]

    @property
    def can_serve(self) -> bool:
        """Whether nothing was found that keeps the machine from serving."""
        return self.count("problem") == 0

    def count(self, level: Level) -> int:
        """Findings of a level."""
        return sum(finding.level == level for _, finding in self.findings)


def examine(surroundings: Surroundings) -> Examination:
    """Run every check; one that the system does not let look is a warning, and the rest go on."""
    found: list[tuple[str, Finding]] = []
    for area, check in CHECKS:
        try:
            # What a check finds before it is stopped is kept.
            found.extend((area, finding) for finding in check(surroundings))
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            said = f"The system says: {error.strerror or error}{where}."
            remedy = "Run it as the user who serves, or correct the permissions."
            found.append((area, Finding("warning", "This could not be checked.", said, remedy)))
    return Examination(tuple(found))
