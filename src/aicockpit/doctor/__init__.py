"""What keeps this machine from serving, or from serving well, and what to do about it.

`examine` looks at the machine once and runs every check; each returns findings, of which those
that matter carry a remedy of one line. It starts nothing, asks no network, writes nothing and
puts no secret into words. A check is a function of its own module; `examination` lists them in
the order in which they are shown.
"""

from aicockpit.doctor.examination import Examination, examine
from aicockpit.doctor.findings import Finding, Level
from aicockpit.doctor.surroundings import Surroundings, look_around

__all__ = ["Examination", "Finding", "Level", "Surroundings", "examine", "look_around"]
