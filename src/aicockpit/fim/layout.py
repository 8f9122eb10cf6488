"""Fills a family's templates with one request, up to what may have to be cut.

The result is a row of runs: special tokens, literal text, and the three parts (prefix, suffix
and context files) cut into pieces. Everything that comes from the user ends up in text that is
encoded as plain text, paths and repository names included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from aicockpit.fim.chunks import split
from aicockpit.fim.request import MissingTokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aicockpit.fim.family import FimFamily
    from aicockpit.fim.request import ContextFile, Encoder, FimRequest

_UNNAMED = "untitled"
"""Stands for the path of a file that has none, where a template cannot do without."""
_PLAIN_CONTEXT = "# {path}\n{text}\n"
"""Context for families that were not trained with any."""


@dataclass(frozen=True)
class Special:
    """A special token."""

    token: str
    id: int


@dataclass(frozen=True)
class Text:
    """Text that is kept as it is."""

    text: str


@dataclass(frozen=True)
class Slot:
    """The place of a placeholder: `prefix`, `suffix`, `context` or `path` and so on."""

    name: str


@dataclass(frozen=True)
class ContextRun:
    """One context file: its pieces, with the special tokens around them."""

    before: tuple[Special, ...]
    pieces: tuple[str, ...]
    after: tuple[Special, ...]


@dataclass(frozen=True)
class Layout:
    """A prompt that has not been encoded yet."""

    runs: tuple[Special | Text | Slot, ...]
    """In order; the slots left are `prefix`, `suffix` and `context`, once each at most."""
    prefix: tuple[str, ...]
    """Pieces of the prefix."""
    suffix: tuple[str, ...]
    context: tuple[ContextRun, ...]

    @property
    def prefix_follows_token(self) -> bool:
        """There is a prefix, and no literal text between it and the token that announces it."""
        place = self.runs.index(Slot("prefix"))
        return self.prefix != ("",) and place > 0 and isinstance(self.runs[place - 1], Special)


def lay_out(request: FimRequest, family: FimFamily, encoder: Encoder) -> Layout:
    """Choose the template and fill it.

    Raises:
        MissingTokens: the tokenizer lacks a token that even the simple template needs.
    """
    ids = {token: encoder.special(token) for token in family.tokens}
    _require(family, ids)
    template, block = family.template, ""
    if _crosses(request, family):
        cross = (family.cross_template, family.repo_header, family.context_block)
        if family.cross_template and not _missing("".join(cross), ids):
            template, block = family.cross_template, family.context_block
        elif request.context:
            template, block = "{context}" + template, _PLAIN_CONTEXT
    runs: list[Special | Text | Slot] = []
    for run in _parse(template, family.tokens):
        if run == Slot("repo"):
            if request.repo is not None:
                runs += _filled(family.repo_header, {"repo": request.repo}, ids)
        elif run == Slot("path"):
            runs.append(Text(request.path or _UNNAMED))
        elif isinstance(run, str):
            runs.append(_special(run, ids))
        else:
            runs.append(run)
    return Layout(
        runs=tuple(_joined(runs)),
        prefix=tuple(split(request.prefix)),
        suffix=tuple(split(request.suffix)),
        context=tuple(_context_run(file, block, ids) for file in request.context),
    )


def _crosses(request: FimRequest, family: FimFamily) -> bool:
    return (
        bool(request.context)
        or (request.repo is not None and bool(family.repo_header))
        or (request.path is not None and family.path_alone)
    )


def _require(family: FimFamily, ids: dict[str, int | None]) -> None:
    missing = _missing(family.template, ids)
    if missing:
        raise MissingTokens(family.name, missing)


def _missing(template: str, ids: dict[str, int | None]) -> tuple[str, ...]:
    return tuple(token for token, id_ in ids.items() if token in template and id_ is None)


def _special(token: str, ids: dict[str, int | None]) -> Special:
    id_ = ids[token]
    assert id_ is not None  # noqa: S101 - `_missing` has seen to it
    return Special(token, id_)


@lru_cache(maxsize=256)
def _parse(template: str, tokens: tuple[str, ...]) -> tuple[str | Text | Slot, ...]:
    """Take a template apart; special tokens come out as plain `str`."""
    alternatives = [re.escape(token) for token in sorted(tokens, key=len, reverse=True)]
    pattern = re.compile("|".join([r"\{(\w+)\}", *alternatives]))
    runs: list[str | Text | Slot] = []
    position = 0
    for match in pattern.finditer(template):
        if match.start() > position:
            runs.append(Text(template[position : match.start()]))
        runs.append(Slot(match[1]) if match[1] is not None else match[0])
        position = match.end()
    if position < len(template):
        runs.append(Text(template[position:]))
    return tuple(runs)


def _filled(
    template: str, values: dict[str, str], ids: dict[str, int | None]
) -> list[Special | Text | Slot]:
    runs: list[Special | Text | Slot] = []
    for run in _parse(template, tuple(ids)):
        if isinstance(run, str):
            runs.append(_special(run, ids))
        elif isinstance(run, Slot):
            runs.append(Text(values[run.name]))
        else:
            runs.append(run)
    return runs


def _joined(runs: list[Special | Text | Slot]) -> Iterator[Special | Text | Slot]:
    """Join neighbouring texts, so that they are encoded as one."""
    text = ""
    for run in runs:
        if isinstance(run, Text):
            text += run.text
            continue
        if text:
            yield Text(text)
            text = ""
        yield run
    if text:
        yield Text(text)


def _context_run(file: ContextFile, block: str, ids: dict[str, int | None]) -> ContextRun:
    filled = _filled(block, {"path": file.path, "text": file.text}, ids)
    runs = list(_joined(filled))
    before: list[Special] = []
    after: list[Special] = []
    body = ""
    for run in runs:
        if isinstance(run, Text):
            body += run.text
        elif isinstance(run, Special):
            (after if body else before).append(run)
    return ContextRun(tuple(before), tuple(split(body)), tuple(after))
