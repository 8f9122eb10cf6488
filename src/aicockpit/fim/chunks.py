"""Cuts text into pieces that are encoded for themselves.

Pieces are what is cached, what is counted and what is dropped, so their borders must not move
while someone types, and encoding piece by piece must give the tokens that encoding the whole
would give. Both hold at the start of a line that has text: tokenizers cut there anyway, as long
as the line is not indented, and most of them also when it is.
"""

from __future__ import annotations

import re

_SHORT = 384
"""Characters that a piece has at least, unless the text ends."""
_LONG = 2 * _SHORT
"""Characters within which a border that suits every tokenizer is looked for."""
_HARD = 4096
"""Characters after which a piece ends even inside a line."""

_ANY_TOKENIZER = re.compile(r"(?<=\S)\n(?=[^\s/])")
"""One line end between text and a line that is not indented. A slash may hang on to the line end
before it in some vocabularies."""
_MOST_TOKENIZERS = re.compile(r"\n(?=[^\S\n]*\S)")
"""The end of a line before one that has text."""
_WORD = re.compile(r" (?=\S)")


def split(text: str) -> list[str]:
    """Cut a text into pieces that together are the text.

    Borders depend only on what stands before the last line, so they stay while it grows.
    """
    last_line = text.rfind("\n") + 1
    pieces = []
    start = 0
    while (end := _border(text, start, last_line)) is not None:
        pieces.append(text[start:end])
        start = end
    if start < len(text) or not pieces:
        pieces.append(text[start:])
    return pieces


def _border(text: str, start: int, last_line: int) -> int | None:
    first = start + _SHORT
    best = _ANY_TOKENIZER.search(text, first, min(start + _LONG, last_line))
    if best is not None:
        return best.end()
    if last_line >= start + _LONG:
        good = _MOST_TOKENIZERS.search(text, first, min(start + _HARD, last_line))
        if good is not None:
            return good.end()
    if len(text) - start <= 2 * _HARD:
        return None
    word = _WORD.search(text, start + _HARD - 256, start + _HARD)
    return word.start() if word is not None else start + _HARD
