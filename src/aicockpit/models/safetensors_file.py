"""Safetensors files without their weights: read the headers, write tensors one piece at a time.

The `safetensors` library serialises only what lies in memory as a whole, which for a converted
model is more than a small machine has to spare. The format is a length, a JSON header and the
bytes of the tensors, so writing it as a stream takes a few lines.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicockpit.errors import BrokenModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}
"""Bits of one element, by the type's name in safetensors headers."""

_LARGEST_HEADER = 100_000_000
"""The library's own limit; a larger length means that the file is something else."""


@dataclass(frozen=True)
class TensorHeader:
    """What a file's header says about one tensor."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int
    """Bytes in the file."""

    @property
    def elements(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


def read_header(path: Path) -> list[TensorHeader]:
    """The tensors of a safetensors file, without reading their data.

    Raises:
        BrokenModelError: the file is not a whole safetensors file.
    """
    try:
        with path.open("rb") as file:
            length = header_length(file.read(8))
            tensors = parse_header(file.read(length))
            whole = os.fstat(file.fileno()).st_size
    except (OSError, ValueError) as error:
        raise _broken(path, f"Its header cannot be read: {error}.") from error
    expected = 8 + length + sum(tensor.size for tensor in tensors)
    if whole != expected:
        raise _broken(path, f"It has {whole:,} bytes and its header promises {expected:,}.")
    return tensors


def header_length(first: bytes | bytearray) -> int:
    """Bytes of the header, from the eight before it.

    Raises:
        ValueError: they are not a length.
    """
    length = int.from_bytes(first[:8], "little")
    if not 2 <= length <= _LARGEST_HEADER:
        raise ValueError("its first bytes are not those of a safetensors file")
    return length


def parse_header(header: bytes) -> list[TensorHeader]:
    """The tensors that a header lists.

    Raises:
        ValueError: it is not one.
    """
    try:
        return [
            TensorHeader(
                name=name,
                dtype=entry["dtype"],
                shape=tuple(entry["shape"]),
                size=entry["data_offsets"][1] - entry["data_offsets"][0],
            )
            for name, entry in json.loads(header).items()
            if name != "__metadata__"
        ]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"it lacks {error}") from error


def write_tensors(
    path: Path, tensors: Sequence[TensorHeader], pieces: Iterable[bytes | memoryview]
) -> Iterator[int]:
    """Write a safetensors file from the tensors' bytes, given in order and in any pieces.

    Yields the bytes of tensor data written so far, after each piece. The file is on disk, synced,
    when the iteration ends.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    offset = 0
    for tensor in tensors:
        header[tensor.name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + tensor.size],
        }
        offset += tensor.size
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)  # the data begins aligned
    written = 0
    with path.open("wb") as file:
        file.write(len(encoded).to_bytes(8, "little") + encoded)
        for piece in pieces:
            file.write(piece)
            written += len(piece)
            yield written
        if written != offset:
            raise ValueError(f"{path.name}: {written} bytes were given for {offset}")
        file.flush()
        os.fsync(file.fileno())


def _broken(path: Path, why: str) -> BrokenModelError:
    return BrokenModelError(
        f"The weights file {path} is damaged.",
        why=why,
        remedy="Remove the model with `aicockpit models remove` and pull it again.",
    )
