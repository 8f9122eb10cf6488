"""What engines compile with when they start.

On the CPU torch.compile makes C++ (`torch/_inductor`), on GPUs Triton makes C
(`triton/runtime/build.py`); both include Python's own headers.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

from aicockpit.doctor.findings import Finding
from aicockpit.doctor.surroundings import Surroundings
from aicockpit.engines.spec import python_headers

_NAMES = {"C++": ("CXX", "g++", "clang++"), "C": ("CC", "gcc", "clang")}
"""The variable that names a compiler, and the programs that are looked for."""


def check_compiler(surroundings: Surroundings) -> Iterator[Finding]:
    """A compiler and Python's headers; engines on the CPU can do without, those on GPUs cannot."""
    on_cpu = surroundings.accelerator == "cpu"
    language, package = ("C++", "g++") if on_cpu else ("C", "gcc")
    if not _finds(surroundings.environ, *_NAMES[language]):
        missing, remedy = f"There is no {language} compiler", f"Install one ({_apt(package)})."
    elif not python_headers().is_file():
        missing = f"Python's headers are missing ({python_headers()})"
        remedy = f"Install them ({_apt('python3-dev')})."
    else:
        yield Finding("ok", f"There is a {language} compiler, and Python's headers.")
        return
    if on_cpu:
        title = f"{missing}, so engines do not compile models."
        yield Finding("warning", title, "They start sooner and answer more slowly.", remedy)
    else:
        why = "Triton, which GPU engines use, compiles when an engine starts."
        yield Finding("problem", f"{missing}.", why, remedy)


def _finds(environ: Mapping[str, str], variable: str, *programs: str) -> bool:
    path = environ.get("PATH")
    return bool(environ.get(variable)) or any(shutil.which(name, path=path) for name in programs)


def _apt(package: str) -> str:
    return f"Debian and Ubuntu: `apt install {package}`"
