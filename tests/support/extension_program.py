"""Runs a program of `extension/bench` that takes a job as JSON and answers in JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

EXTENSION = Path(__file__).parents[2] / "extension"


class ExtensionProgram:
    """One program, bundled once; Node.js is the one beside this Python, if it has one."""

    def __init__(self, name: str, folder: Path) -> None:
        self._program = folder / f"{name}.cjs"
        beside = str(Path(sys.executable).parent)
        self._environment = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
        bundler = EXTENSION / "node_modules" / ".bin" / "esbuild"
        flags = ["--bundle", "--platform=node", "--format=cjs", "--target=node20"]
        self._run([str(bundler), f"bench/{name}.ts", *flags, f"--outfile={self._program}"], "")

    def run(self, job: object) -> Any:
        """Gives the program a job and returns its answer; fails with its words."""
        return json.loads(self._run(["node", str(self._program)], json.dumps(job)))

    def _run(self, command: list[str], text: str) -> str:
        process = subprocess.run(
            command, check=False, input=text, capture_output=True, text=True,
            cwd=EXTENSION, env=self._environment, timeout=800,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        return process.stdout
