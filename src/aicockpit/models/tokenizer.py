"""A local model's tokenizer, made safe for text that strangers wrote.

In a model's own tokenizer the spelling of a special token is the special token, wherever it
stands. Here it is only that where the caller asks for it by name: text stays text. Loading takes
most of a second, encoding a long prompt milliseconds, so both belong into a worker thread.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from aicockpit.errors import BrokenModelError
from aicockpit.fim import special_tokens_of_all_families

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

_CACHED_CHARACTERS = 2**20
"""Text whose tokens are kept, for each model; about 10 MiB. While someone types, nearly all of a
prompt is found here."""
_SPACE_MARK = "▁"
"""What SentencePiece writes for a space."""
_LLAMA_KIND = re.compile(r"(Code)?(Llama|Gemma)Tokenizer(Fast)?")
"""Tokenizer classes that put a begin-of-sequence token in front unless told not to."""
_MARKUP = re.compile(r"</?[a-z][a-z0-9]*>|\s+|▁+")
"""Ordinary text that some vocabularies (Gemma's) list among their added tokens."""


class TokenizerEncoder:
    """Implements `aicockpit.fim.Encoder`; may be used from several threads at a time.

    Args:
        tokenizer: encodes without adding anything, and takes special tokens for text.
        special: ids of the special tokens, by their spelling.
        head: ids in front of every sequence.
        lead: text in front of every sequence (see `aicockpit.fim.Encoder`).
    """

    def __init__(
        self, tokenizer: Tokenizer, special: dict[str, int], *, head: tuple[int, ...], lead: str
    ) -> None:
        self.head = head
        self.lead = lead
        self._tokenizer = tokenizer
        self._special = special
        self._special_ids = frozenset(special.values())
        spellings = {spelling for token in special for spelling in _spellings(token)}
        longest_first = sorted(spellings, key=len, reverse=True)
        self._special_text = re.compile("|".join(map(re.escape, longest_first)))
        self._mark_ids = _byte_ids(tokenizer, _SPACE_MARK)
        self._cache: OrderedDict[str, tuple[int, ...]] = OrderedDict()
        self._cached = 0
        self._lock = Lock()

    @property
    def special_tokens(self) -> frozenset[str]:
        """Every special token, for finding the model's family."""
        return frozenset(self._special)

    def special(self, token: str) -> int | None:
        """Return the id of a special token, or None when there is no such token."""
        return self._special.get(token)

    def encode(self, text: str) -> Sequence[int]:
        """Encode plain text, adding nothing."""
        return self.encode_many([text])[0]

    def encode_many(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Encode several texts, each for itself, adding nothing."""
        with self._lock:
            known = {text: self._recall(text) for text in texts}
        unknown = [text for text, ids in known.items() if ids is None]
        if unknown:
            new = dict(zip(unknown, self._encode_plain(unknown), strict=True))
            with self._lock:
                for text, ids in new.items():
                    self._remember(text, ids)
            known.update(new)
        return [known[text] or () for text in texts]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids, special tokens spelled out."""
        return self._tokenizer.decode(list(ids), skip_special_tokens=False)

    def _encode_plain(self, texts: Sequence[str]) -> Iterable[tuple[int, ...]]:
        # Only the batch call lets other threads, such as the event loop's, run meanwhile.
        encodings = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        for text, encoding in zip(texts, encodings, strict=True):
            ids = encoding.ids
            if self._special_ids.isdisjoint(ids) and not (self._mark_ids and _SPACE_MARK in text):
                yield tuple(ids)
            else:
                yield tuple(self._encode_in_parts(text))

    def _encode_in_parts(self, text: str) -> Iterable[int]:
        """Encode a text in which merges alone would make a special token.

        Cut inside each spelling of one, no part can become it.
        """
        cuts = [match.start() + len(match[0]) // 2 for match in self._special_text.finditer(text)]
        for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
            parts = text[start:end].split(_SPACE_MARK) if self._mark_ids else [text[start:end]]
            for index, part in enumerate(parts):
                if index:
                    yield from self._mark_ids
                yield from self._tokenizer.encode(part, add_special_tokens=False).ids

    def _recall(self, text: str) -> tuple[int, ...] | None:
        ids = self._cache.get(text)
        if ids is not None:
            self._cache.move_to_end(text)
        return ids

    def _remember(self, text: str, ids: tuple[int, ...]) -> None:
        if text not in self._cache:
            self._cache[text] = ids
            self._cached += len(text)
        while self._cached > _CACHED_CHARACTERS:
            oldest, _ = self._cache.popitem(last=False)
            self._cached -= len(oldest)


def load_encoder(folder: Path) -> TokenizerEncoder:
    """Load the tokenizer of a model's folder; blocks for most of a second.

    Raises:
        BrokenModelError: the folder has no tokenizer.json, or one that cannot be read.
    """
    from tokenizers import Tokenizer  # noqa: PLC0415 - most commands never need the library

    path = folder / "tokenizer.json"
    try:
        description = json.loads(path.read_bytes())
        lead = _make_literal(description)
        tokenizer = Tokenizer.from_str(json.dumps(description))
    except FileNotFoundError as error:
        raise BrokenModelError(
            f"The model in {folder} has no tokenizer.json.",
            why="Prompts are encoded with the file that the tokenizers library reads.",
            remedy="Use a copy of the model that has it; most on the Hugging Face Hub do.",
        ) from error
    except Exception as error:  # the library raises bare Exception for what it cannot read
        raise BrokenModelError(
            f"The file {path} cannot be read as a tokenizer.",
            why=f"{str(error) or type(error).__name__}.",
            remedy="Fetch the model again; if that does not help, the model is broken.",
        ) from error
    head = _head(tokenizer, folder)
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return TokenizerEncoder(tokenizer, _special(tokenizer, description), head=head, lead=lead)


def _make_literal(description: dict[str, Any]) -> str:
    """Change a tokenizer's description so that it encodes exactly the text it is given.

    Returns:
        what it would have put in front of the text otherwise.
    """
    for token in description.get("added_tokens", ()):
        # Several families do not mark their tokens special, and those would be found in text.
        token["special"] = token["special"] or not _MARKUP.fullmatch(token["content"])
    description["normalizer"], prepends = _without_changes(description.get("normalizer"))
    description["pre_tokenizer"], splits = _without_changes(description.get("pre_tokenizer"))
    description["decoder"], _ = _without_changes(description.get("decoder"))
    return " " if prepends or splits else ""


def _without_changes(step: dict[str, Any] | None) -> tuple[dict[str, Any] | None, bool]:
    """Drop what alters text (a space in front, Unicode composition) from a pipeline's step.

    Returns:
        the step, or None where nothing is left of it, and whether it put a space in front.
    """
    if step is None:
        return None, False
    match step:
        case {"type": "Sequence"}:
            name = next(key for key in step if key != "type")
            done = [_without_changes(inner) for inner in step[name]]
            step[name] = [inner for inner, _ in done if inner is not None]
            return step, any(prepends for _, prepends in done)
        case {"type": "Prepend"}:
            return None, True
        case {"type": "NFC" | "NFD" | "NFKC" | "NFKD" | "Strip"}:
            return None, False
        case {"type": "Metaspace"}:
            prepends = step.get("prepend_scheme", "always") != "never"
            step["prepend_scheme"] = "never"
            step.pop("add_prefix_space", None)
            return step, prepends
        case {"type": "ByteLevel", "add_prefix_space": True}:
            step["add_prefix_space"] = False
            return step, True
        case _:
            return step, False


def _special(tokenizer: Tokenizer, description: dict[str, Any]) -> dict[str, int]:
    special = {
        str(token["content"]): int(token["id"])
        for token in description.get("added_tokens", ())
        if token["special"]
    }
    for token in special_tokens_of_all_families():
        # Older files have a family's tokens among the ordinary ones.
        id_ = tokenizer.token_to_id(token)
        if id_ is not None:
            special[token] = id_
    return special


def _head(tokenizer: Tokenizer, folder: Path) -> tuple[int, ...]:
    """Find what stands in front of a sequence: the file says so, or the class's habit."""
    alone = tokenizer.encode("a", add_special_tokens=False).ids
    ids = tokenizer.encode("a", add_special_tokens=True).ids
    head = tuple(ids[: ids.index(alone[0])]) if alone and alone[0] in ids else ()
    try:
        settings = json.loads((folder / "tokenizer_config.json").read_bytes())
    except (OSError, ValueError):
        return head
    begin = settings.get("bos_token")
    begin = begin.get("content") if isinstance(begin, dict) else begin
    id_ = tokenizer.token_to_id(begin) if isinstance(begin, str) else None
    llama_kind = _LLAMA_KIND.fullmatch(str(settings.get("tokenizer_class", ""))) is not None
    wanted = settings.get("add_bos_token", llama_kind)
    if id_ is None or not isinstance(wanted, bool):
        return head
    if wanted and not head:
        return (id_,)
    return () if head == (id_,) and not wanted and llama_kind else head


def _byte_ids(tokenizer: Tokenizer, text: str) -> tuple[int, ...]:
    """Return a text's bytes as tokens, for vocabularies that have no other way to spell it."""
    if tokenizer.normalizer is None and "▁" not in str(tokenizer.pre_tokenizer):
        return ()
    ids = [tokenizer.token_to_id(f"<0x{byte:02X}>") for byte in text.encode()]
    return tuple(id_ for id_ in ids if id_ is not None)


def _spellings(token: str) -> tuple[str, ...]:
    plain = token.removeprefix(_SPACE_MARK)
    return (token, plain)
