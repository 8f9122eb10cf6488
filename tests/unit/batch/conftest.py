"""A batch on an engine that needs no process."""

import json
from pathlib import Path
from typing import Any

import pytest

from aicockpit.batch import BatchOptions, BatchResult, run_batch
from aicockpit.batch.path_choice import OfflinePath
from aicockpit.config import Config, ServerSettings
from aicockpit.paths import DataFolder
from aicockpit.progress import SilentProgress
from tests.support.fake_runner import FakeRunner


class Workplace:
    """A folder with an input and an output, and runs of the batch in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.source = folder / "in.jsonl"
        self.output = folder / "out.jsonl"
        self.errors = folder / "out.errors.jsonl"
        self.state = folder / "out.state.json"
        self.opened: list[str] = []

    def write(self, *lines: object) -> None:
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        self.source.write_text("".join(f"{text}\n" for text in texts))

    def run(self, runner: FakeRunner | None = None, **options: Any) -> BatchResult:
        chosen = runner or FakeRunner()
        config = options.pop("config", Config())

        def open_engine(path: OfflinePath) -> FakeRunner:
            self.opened.append(path.settings.served_name or path.settings.source)
            return chosen

        settings = BatchOptions(self.source, self.output, **{"path": "offline", **options})
        data = DataFolder(self.folder / "home")
        return run_batch(settings, config, data, SilentProgress(), open_engine=open_engine)

    def run_at(self, port: int, **options: Any) -> BatchResult:
        """A run that looks for its gateway at a port."""
        return self.run(config=Config(server=ServerSettings(port=port)), **options)

    def answers(self) -> list[Any]:
        return [json.loads(line) for line in self.output.read_text().splitlines()]

    def failures(self) -> list[Any]:
        return [json.loads(line) for line in self.errors.read_text().splitlines()]

    def ids(self) -> list[Any]:
        return [answer["custom_id"] for answer in self.answers()]


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)
