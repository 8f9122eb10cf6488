"""Runs the extension's completion engine as a program: `extension/bench/infilling.ts`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXTENSION = Path(__file__).parents[2] / "extension"
_GRAMMARS = EXTENSION / "node_modules" / "@vscode" / "tree-sitter-wasm" / "wasm"


@dataclass(frozen=True)
class Completed:
    """What the extension shows at one place in a document."""

    text: str
    replaces: int
    """Characters right of the cursor that the text replaces."""
    stories: list[dict[str, Any]]
    """Why, for each question, as the extension's own command explains it."""
    requests: list[dict[str, Any]]
    """What it sent."""

    @property
    def raw(self) -> str | None:
        """What the model said in answer to the last question."""
        choices = self.stories[-1].get("choices") or [{}]
        raw: str | None = choices[0].get("raw")
        return raw


class ExtensionCompletions:
    """The program, bundled once."""

    def __init__(self, folder: Path) -> None:
        self._program = folder / "infilling.cjs"
        beside = str(Path(sys.executable).parent)
        self._environment = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
        bundler = EXTENSION / "node_modules" / ".bin" / "esbuild"
        flags = ["--bundle", "--platform=node", "--format=cjs", "--target=node20"]
        self._run([str(bundler), "bench/infilling.ts", *flags, f"--outfile={self._program}"], "")

    def complete(
        self, url: str, places: Iterable[tuple[str, str]], typed: str = "", **options: object
    ) -> list[Completed]:
        """Complete documents, each given as what is before and after the cursor; with `typed`,
        after each of its characters. Options are the user's settings; the defaults are those
        that the extension declares."""
        job = {
            "url": url,
            "grammars": str(_GRAMMARS),
            "options": {**default_options(), **options},
            "places": [{"prefix": prefix, "suffix": suffix} for prefix, suffix in places],
            "typed": typed,
        }
        answer = json.loads(self._run(["node", str(self._program)], json.dumps(job)))
        return [Completed(**outcome) for outcome in answer]

    def _run(self, command: list[str], text: str) -> str:
        process = subprocess.run(
            command, check=False, input=text, capture_output=True, text=True,
            cwd=EXTENSION, env=self._environment, timeout=800,
        )  # fmt: skip
        assert process.returncode == 0, process.stderr
        return process.stdout


def default_options() -> Mapping[str, object]:
    manifest = json.loads((EXTENSION / "package.json").read_text())
    prefix = "aicockpit.completion."
    return {
        name.removeprefix(prefix): setting["default"]
        for section in manifest["contributes"]["configuration"]
        for name, setting in section["properties"].items()
        if name.startswith(prefix)
    }
