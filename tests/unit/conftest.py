"""Unit tests see an empty data folder and no settings of the developer's."""

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _empty_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("AICOCKPIT_", "HF_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AICOCKPIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))
