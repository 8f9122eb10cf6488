"""A template as a file, however it was given."""

from pathlib import Path

import pytest

from aicockpit.engines import template_file
from aicockpit.errors import ConfigError
from aicockpit.paths import DataFolder


def test_a_file_is_used_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "template.jinja"
    path.write_text("{{ messages }}")
    assert template_file(str(path), DataFolder(tmp_path), "coder-1") == path


def test_inline_text_becomes_the_engines_own_file(tmp_path: Path) -> None:
    text = "{% for message in messages %}\n{{ message.content }}{% endfor %}"
    path = template_file(text, DataFolder(tmp_path), "coder-1")
    assert path == tmp_path / "run" / "coder-1.jinja"
    assert path.read_text() == text


def test_neither_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file"):
        template_file("missing.jinja", DataFolder(tmp_path), "coder-1")
