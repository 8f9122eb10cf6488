"""What goes into a prompt and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class ContextFile:
    """A piece of another file that helps to complete this one."""

    path: str
    text: str


@dataclass(frozen=True)
class FimRequest:
    """The text around a cursor."""

    prefix: str
    """Everything before the cursor."""
    suffix: str
    """Everything behind the cursor."""
    path: str | None = None
    """Path of the file that is being edited, as the model should see it."""
    repo: str | None = None
    """Name of the repository, as the model should see it."""
    context: tuple[ContextFile, ...] = ()
    """Pieces of other files in the order in which the prompt shows them: the last one stands
    nearest to the file that is being edited and is the last one to be left out."""


class Encoder(Protocol):
    """A model's tokenizer, as far as prompts need it."""

    @property
    def head(self) -> tuple[int, ...]:
        """Ids with which every prompt of this model begins: its begin-of-sequence token, or
        nothing."""

    @property
    def lead(self) -> str:
        """What the tokenizer puts in front of a text that begins a sequence: a space for those
        made from SentencePiece, nothing for others. `encode` never does."""

    def encode(self, text: str) -> Sequence[int]:
        """Encode plain text; the spelling of a special token in it stays text.

        Nothing is added in front or behind.
        """

    def encode_many(self, texts: Sequence[str]) -> Sequence[Sequence[int]]:
        """Encode several texts, each for itself."""

    def special(self, token: str) -> int | None:
        """Return the id of a special token, or None when the tokenizer does not have it."""


@dataclass(frozen=True)
class FimBudget:
    """How long a prompt may become, in tokens.

    The shares only count when not everything fits. Then context goes first, the farthest file
    before the others, next the far end of the suffix, next the far start of the prefix; but
    context and suffix each keep up to their share of the room.
    """

    window: int
    """Longest sequence that the model takes, prompt and answer together."""
    new_tokens: int
    """Room kept for the answer."""
    prompt_tokens: int | None = None
    """A tighter limit on the prompt than the window leaves, if there is one."""
    suffix_share: float = 0.15
    """Share of the room that the suffix keeps. Small, because most families want the suffix
    behind the prefix, where the engine has to compute it anew at every keystroke."""
    context_share: float = 0.25
    """Share of the room that context keeps."""

    @property
    def room(self) -> int:
        """Longest prompt."""
        room = max(0, self.window - self.new_tokens)
        return room if self.prompt_tokens is None else min(room, self.prompt_tokens)


@dataclass(frozen=True)
class Dropped:
    """What was left out of a prompt."""

    prefix_tokens: int = 0
    suffix_tokens: int = 0
    context_tokens: int = 0
    context_files: int = 0
    """Files of which nothing is left."""

    def __bool__(self) -> bool:
        return self.tokens > 0

    @property
    def tokens(self) -> int:
        """All tokens that were left out."""
        return self.prefix_tokens + self.suffix_tokens + self.context_tokens


@dataclass(frozen=True)
class FimPrompt:
    """A prompt that is ready for the engine."""

    token_ids: tuple[int, ...]
    text: str
    """The same for people to read. A special token in it and its spelling in the user's text
    look alike, so it must never be encoded again."""
    stop_token_ids: tuple[int, ...]
    """Every token that ends a completion, in ascending order."""
    dropped: Dropped


class MissingTokens(Exception):  # noqa: N818 - an outcome, which callers turn into their error
    """The tokenizer lacks special tokens of the family that the model is said to belong to."""

    def __init__(self, family: str, tokens: tuple[str, ...]) -> None:
        super().__init__(f"the tokenizer lacks {', '.join(tokens)} of the family {family}")
        self.family = family
        self.tokens = tokens


class PromptTooLong(Exception):  # noqa: N818 - an outcome, which callers turn into their error
    """The prompt does not fit, and nothing (more) may be left out. All counts are exact."""

    def __init__(self, *, room: int, needed: int, overhead: int, parts: Dropped) -> None:
        super().__init__(f"the prompt has {needed} tokens and there is room for {room}")
        self.room = room
        """Tokens that a prompt may have."""
        self.needed = needed
        """Tokens of the whole prompt."""
        self.overhead = overhead
        """Those of the template itself, path and repository included."""
        self.parts = parts
        """Those of prefix, suffix and context."""
