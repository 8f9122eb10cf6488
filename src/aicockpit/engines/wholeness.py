"""Whether everything that was installed into an environment is still there.

The marker says that an installation ended well, and nothing of what happened since. Looking at
every file would take seconds, so this looks at what a package cannot do without: its own record,
the folders and modules that are imported, and its compiled libraries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from aicockpit.engines.catalog import LockFile
from aicockpit.engines.installation import lock_bytes

_PINNED = re.compile(rb"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def missing_from(folder: Path, locks: Sequence[LockFile]) -> list[str]:
    """Packages and files that the locks ask for and the environment lacks, in order.

    Args:
        folder: of the environment.
        locks: what was installed into it.
    """
    site_packages = next(iter(folder.glob("lib/python3*/site-packages")), None)
    if site_packages is None:
        return ["lib/python3/site-packages"]
    there = {_key(path.name): path for path in site_packages.glob("*.dist-info")}
    missing: list[str] = []
    for lock in locks:
        for name, version in _PINNED.findall(lock_bytes(lock)):
            package = f"{name.decode()}-{version.decode()}"
            record = there.get(_key(f"{package}.dist-info"))
            if record is None:
                missing.append(package)
            else:
                missing += _absent(site_packages, record / "RECORD")
    return list(dict.fromkeys(missing))


def _key(name: str) -> str:
    """A package's folder under one spelling: `Foo_Bar-1.0+cpu` and `foo.bar-1.0` are the same."""
    package, _, version = name.removesuffix(".dist-info").rpartition("-")
    return f"{re.sub(r'[-_.]+', '-', package).lower()}-{version.partition('+')[0]}"


def _absent(site_packages: Path, record: Path) -> Iterator[str]:
    try:
        lines = record.read_text(encoding="utf-8").splitlines()
    except OSError:
        yield f"{record.parent.name}/RECORD"
        return
    seen: set[str] = set()
    for line in lines:
        file = line.partition(",")[0].strip('"')
        if file.startswith(".."):
            continue
        top, _, rest = file.partition("/")
        library = ".so" in file
        if not library and (top in seen or (rest and rest != "__init__.py")):
            continue
        seen.add(top)
        if not (site_packages / file).exists():
            yield file
