"""Leaves out what does not fit, from the end that is farthest from the cursor.

Whole pieces go (some hundred characters that end with a line), so that what is kept begins at
the same place for many keystrokes and the engine's prefix cache keeps its worth. Only where a
single piece is larger than the room, lines go, and only where a single line is, characters.

Each function is given the most tokens that its part may have, and never keeps less of a part
when it may have more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aicockpit.fim.request import Encoder

_LINE = 128
"""Tokens that the line with the cursor counts for at least when it is decided what fits beside
it; without that the decision could change in the middle of a line."""
_COARSE = 64
"""Characters by which a line is shortened, before it is shortened one by one."""


@dataclass(frozen=True)
class Encoded:
    """A piece of text and its tokens."""

    text: str
    ids: Sequence[int]


@dataclass(frozen=True)
class EncodedFile:
    """A context file; the special tokens around its pieces are pieces too, without text."""

    before: tuple[Encoded, ...]
    pieces: tuple[Encoded, ...]
    after: tuple[Encoded, ...]

    @property
    def everything(self) -> tuple[Encoded, ...]:
        """All of it, in order."""
        return (*self.before, *self.pieces, *self.after)


def count(pieces: Sequence[Encoded]) -> int:
    """Count the tokens of several pieces."""
    return sum(len(piece.ids) for piece in pieces)


def steady_count(pieces: Sequence[Encoded], encoder: Encoder) -> int:
    """Count a prefix so that typing a few characters into a line does not change the count."""
    return count(pieces[:-1]) + _steady(pieces[-1], encoder)


def _steady(piece: Encoded, encoder: Encoder) -> int:
    before = len(encoder.encode(piece.text[: piece.text.rfind("\n") + 1]))
    return before + max(len(piece.ids) - before, _LINE)


def keep_prefix(
    pieces: Sequence[Encoded], room: int, encoder: Encoder, lead: str
) -> tuple[Encoded, ...]:
    """Keep the end of a prefix.

    Args:
        pieces: the whole prefix.
        room: most tokens.
        encoder: encodes what begins elsewhere than a piece.
        lead: literal text that stands in front of whatever is kept, encoded together with it;
            the first of `pieces` has it already.
    """
    if count(pieces) <= room:
        return tuple(pieces)
    used = _steady(pieces[-1], encoder)
    first = len(pieces) - 1
    while first > 1 and used + len(pieces[first - 1].ids) <= room:
        first -= 1
        used += len(pieces[first].ids)
    while first < len(pieces):
        begin = _encoded(pieces[first].text, encoder, lead) if first and lead else pieces[first]
        rest = tuple(pieces[first + 1 :])
        if len(begin.ids) + count(rest) <= room:
            return (begin, *rest)
        first += 1
    text = pieces[-1].text[len(lead) :] if len(pieces) == 1 else pieces[-1].text
    for start in _starts(text):
        end = _encoded(text[start:], encoder, lead)
        if len(end.ids) <= room:
            return (end,)
    return ()


def keep_suffix(pieces: Sequence[Encoded], room: int, encoder: Encoder) -> tuple[Encoded, ...]:
    """Keep the beginning of a suffix."""
    used = 0
    for index, piece in enumerate(pieces):
        used += len(piece.ids)
        if used > room:
            if index:
                return tuple(pieces[:index])
            break
    else:
        return tuple(pieces)
    text = pieces[0].text
    for end in _ends(text):
        begin = _encoded(text[:end], encoder, "")
        if len(begin.ids) <= room:
            return (begin,)
    return ()


def keep_context(files: Sequence[EncodedFile], room: int) -> tuple[EncodedFile, ...]:
    """Keep the last files, and of the first of those as much of its beginning as fits."""
    kept: list[EncodedFile] = []
    for file in reversed(files):
        used = count(file.everything)
        if used <= room:
            kept.append(file)
            room -= used
            continue
        pieces = list(file.pieces)
        while pieces and used > room:
            used -= len(pieces.pop().ids)
        if pieces:
            kept.append(EncodedFile(file.before, tuple(pieces), file.after))
        break
    return tuple(reversed(kept))


def _encoded(text: str, encoder: Encoder, lead: str) -> Encoded:
    return Encoded(lead + text, encoder.encode(lead + text))


def _starts(text: str) -> Iterator[int]:
    """Yield where a shortened text may begin: at its lines, then inside the last of them."""
    start = 0
    while (line := text.find("\n", start) + 1) and line < len(text):
        yield line
        start = line
    coarse = range(start + _COARSE, len(text), _COARSE)
    yield from coarse
    yield from range((coarse[-1] if coarse else start) + 1, len(text))


def _ends(text: str) -> Iterator[int]:
    """Yield where a shortened text may end: behind its lines, then inside the first of them."""
    end = len(text)
    while (line := text.rfind("\n", 0, end - 1) + 1) > 0:
        yield line
        end = line
    yield from range((end - 1) // _COARSE * _COARSE, 0, -_COARSE)
    yield from range(min(end, _COARSE) - 1, 0, -1)
