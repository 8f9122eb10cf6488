"""From a request to the token ids that the engine gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aicockpit.fim.cutting import (
    Encoded,
    EncodedFile,
    count,
    keep_context,
    keep_prefix,
    keep_suffix,
    steady_count,
)
from aicockpit.fim.layout import Slot, Special, Text, lay_out
from aicockpit.fim.request import Dropped, FimPrompt, PromptTooLong
from aicockpit.fim.shares import share_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aicockpit.fim.family import FimFamily
    from aicockpit.fim.layout import Layout
    from aicockpit.fim.request import Encoder, FimBudget, FimRequest


@dataclass(frozen=True)
class _Parts:
    """The parts of a prompt, encoded."""

    runs: tuple[Encoded | Slot, ...]
    """What surrounds the three others, and their places."""
    prefix: tuple[Encoded, ...]
    suffix: tuple[Encoded, ...]
    context: tuple[EncodedFile, ...]

    @property
    def overhead(self) -> int:
        return count([run for run in self.runs if isinstance(run, Encoded)])

    @property
    def context_tokens(self) -> int:
        return sum(count(file.everything) for file in self.context)


def render(
    request: FimRequest,
    family: FimFamily,
    encoder: Encoder,
    budget: FimBudget,
    *,
    allow_dropping: bool,
) -> FimPrompt:
    """Make the prompt for a request.

    Prefix and suffix always meet at the cursor; nothing else of the user's text is altered, and
    none of it becomes a special token.

    Args:
        request: the text around the cursor and what helps to complete it.
        family: how the model wants it laid out.
        encoder: the model's tokenizer.
        budget: how long the prompt may become.
        allow_dropping: leave out what does not fit, the least useful first.

    Raises:
        MissingTokens: the tokenizer does not have the family's special tokens.
        PromptTooLong: it does not fit and nothing (more) may be left out.
    """
    layout = lay_out(request, family, encoder)
    lead = encoder.lead if family.prefix_begins_text and layout.prefix_follows_token else ""
    whole = _encode(layout, encoder, lead)
    kept = whole
    if _total(whole) > budget.room:
        if not allow_dropping:
            raise _too_long(whole, budget)
        kept = _cut(whole, encoder, budget, lead)
    pieces = list(_in_order(kept))
    return FimPrompt(
        token_ids=tuple(id_ for piece in pieces for id_ in piece.ids),
        text="".join(piece.text for piece in pieces),
        stop_token_ids=_stops(family, encoder),
        dropped=Dropped(
            prefix_tokens=max(0, count(whole.prefix) - count(kept.prefix)),
            suffix_tokens=max(0, count(whole.suffix) - count(kept.suffix)),
            context_tokens=whole.context_tokens - kept.context_tokens,
            context_files=len(whole.context) - len(kept.context),
        ),
    )


def _encode(layout: Layout, encoder: Encoder, lead: str) -> _Parts:
    literals = [run.text for run in layout.runs if isinstance(run, Text)]
    prefix = [lead + layout.prefix[0], *layout.prefix[1:]]
    files = [piece for file in layout.context for piece in file.pieces]
    texts = [*literals, *prefix, *layout.suffix, *files]
    # One call for everything: tokenizers encode several texts in parallel.
    encoded = map(Encoded, texts, encoder.encode_many(texts))
    literal = [next(encoded) for _ in literals]
    return _Parts(
        runs=(Encoded("", encoder.head), *_surroundings(layout, literal)),
        prefix=tuple(next(encoded) for _ in prefix),
        suffix=tuple(next(encoded) for _ in layout.suffix),
        context=tuple(
            EncodedFile(
                before=tuple(map(_special, file.before)),
                pieces=tuple(next(encoded) for _ in file.pieces),
                after=tuple(map(_special, file.after)),
            )
            for file in layout.context
        ),
    )


def _surroundings(layout: Layout, literals: Sequence[Encoded]) -> Iterator[Encoded | Slot]:
    texts = iter(literals)
    for run in layout.runs:
        if isinstance(run, Special):
            yield _special(run)
        elif isinstance(run, Text):
            yield next(texts)
        else:
            yield run


def _special(run: Special) -> Encoded:
    # SentencePiece spells a space as a mark of its own.
    return Encoded(run.token.replace("▁<", " <"), (run.id,))


def _total(parts: _Parts) -> int:
    return parts.overhead + count(parts.prefix) + count(parts.suffix) + parts.context_tokens


def _cut(whole: _Parts, encoder: Encoder, budget: FimBudget, lead: str) -> _Parts:
    shares = share_out(
        max(0, budget.room - whole.overhead),
        budget,
        prefix=count(whole.prefix),
        steady_prefix=steady_count(whole.prefix, encoder),
        suffix=count(whole.suffix),
        context=whole.context_tokens,
    )
    kept = _Parts(
        runs=whole.runs,
        prefix=keep_prefix(whole.prefix, shares.prefix, encoder, lead),
        suffix=keep_suffix(whole.suffix, shares.suffix, encoder),
        context=keep_context(whole.context, shares.context),
    )
    lost_cursor = (not kept.prefix and count(whole.prefix) > 0) or (
        not kept.suffix and count(whole.suffix) > 0
    )
    if lost_cursor or _total(kept) > budget.room:
        raise _too_long(whole, budget)
    return kept


def _in_order(parts: _Parts) -> Iterator[Encoded]:
    for run in parts.runs:
        if isinstance(run, Encoded):
            yield run
        elif run.name == "prefix":
            yield from parts.prefix
        elif run.name == "suffix":
            yield from parts.suffix
        else:
            for file in parts.context:
                yield from file.everything


def _stops(family: FimFamily, encoder: Encoder) -> tuple[int, ...]:
    ids = {encoder.special(token) for token in family.stops}
    return tuple(sorted(id_ for id_ in ids if id_ is not None))


def _too_long(whole: _Parts, budget: FimBudget) -> PromptTooLong:
    return PromptTooLong(
        room=budget.room,
        needed=_total(whole),
        overhead=whole.overhead,
        parts=Dropped(
            prefix_tokens=count(whole.prefix),
            suffix_tokens=count(whole.suffix),
            context_tokens=whole.context_tokens,
            context_files=len(whole.context),
        ),
    )
