"""Headers are read and files written as the `safetensors` library does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from aicockpit.errors import BrokenModelError
from aicockpit.models.safetensors_file import TensorHeader, read_header, write_tensors

if TYPE_CHECKING:
    from pathlib import Path


def test_headers_of_a_file_by_the_library(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a": np.zeros((3, 4), np.float32), "b": np.zeros(5, np.int8)}, path)
    assert sorted(read_header(path), key=lambda tensor: tensor.name) == [
        TensorHeader("a", "F32", (3, 4), 48),
        TensorHeader("b", "I8", (5,), 5),
    ]
    assert read_header(path)[0].elements == 12


def test_the_library_reads_what_is_written_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    first = np.arange(12, dtype=np.float32).reshape(3, 4)
    second = np.arange(4, dtype=np.float16)
    headers = [TensorHeader("a", "F32", (3, 4), 48), TensorHeader("b", "F16", (4,), 8)]
    data = first.tobytes() + second.tobytes()
    pieces = [data[:10], data[10:50], data[50:]]

    assert list(write_tensors(path, headers, pieces)) == [10, 50, 56]

    content = load_file(path)
    assert (content["a"] == first).all()
    assert (content["b"] == second).all()


def test_too_few_bytes_are_noticed(tmp_path: Path) -> None:
    headers = [TensorHeader("a", "F32", (3, 4), 48)]
    with pytest.raises(ValueError, match="10 bytes were given for 48"):
        list(write_tensors(tmp_path / "model.safetensors", headers, [bytes(10)]))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "first bytes"),
        (b"<html>not found</html>", "first bytes"),
        (b"\x04\0\0\0\0\0\0\0[1]!", "header cannot be read"),
        (b'\x09\0\0\0\0\0\0\0{"a": {}}', "header cannot be read"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(BrokenModelError, match=why):
        read_header(path)


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file({"a": np.zeros((3, 4), np.float32)}, path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BrokenModelError, match="header promises"):
        read_header(path)
