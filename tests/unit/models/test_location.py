"""Short names and what counts as a path."""

import pytest

from aicockpit.models import short_name
from aicockpit.models.location import is_path


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("Qwen/Qwen2.5-Coder-0.5B-Instruct", "qwen2.5-coder-0.5b-instruct"),
        ("starter", "qwen2.5-coder-0.5b-instruct"),
        ("gpt2", "gpt2"),
        ("/models/My Model (v2)/", "my-model-v2"),
        ("~/models/Coder_7B", "coder_7b"),
        (f"/cache/models--Qwen--Qwen3-8B/snapshots/{'a' * 40}", "qwen3-8b"),
        (f"/cache/models--gpt2/snapshots/{'a' * 40}/", "gpt2"),
        ("/models/default", "default-model"),
        ("/models/...", "model"),
    ],
)
def test_short_names(source: str, name: str) -> None:
    assert short_name(source) == name


def test_paths_and_ids() -> None:
    assert all(map(is_path, ("/a", "./a", "../a", "~/a", "~", ".", "..")))
    assert not any(map(is_path, ("Qwen/Qwen3-8B", "gpt2", "starter", ".hidden")))
