"""From a request to fill in the middle to the token ids that its model wants.

Tokenizers are loaded when a model's first request comes, once per model, and rendering runs in
a worker thread: a long prompt takes milliseconds, which the event loop does not have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from aicockpit.config import ModelSettings
from aicockpit.errors import (
    BrokenModelError,
    ContextTooLongError,
    FimUnsupportedError,
    MalformedRequestError,
)
from aicockpit.fim import (
    Dropped,
    Encoder,
    FimBudget,
    FimFamily,
    FimPrompt,
    MissingTokens,
    PromptTooLong,
    detect_family,
    family_named,
    render,
)
from aicockpit.gateway.directory import FimSource
from aicockpit.gateway.fim_shapes import ALLOW_DROPPING, MAX_STOPS, FimCall
from aicockpit.models import LocatedModel
from aicockpit.models.tokenizer import load_encoder
from aicockpit.planner import ModelFacts


@dataclass(frozen=True)
class ReadyPrompt:
    """A rendered prompt and what ends its answer."""

    prompt: FimPrompt
    stops: tuple[str, ...]
    """The client's stop strings that are not one special token each."""
    stop_token_ids: tuple[int, ...]
    """The family's, the client's, and the client's stop strings that are one special token."""


class FimPrompts:
    """Renders prompts, keeping the tokenizer of each model that was asked for.

    Args:
        load: reads the tokenizer of a model's folder; blocks.
    """

    def __init__(self, load: Callable[[Path], Encoder] = load_encoder) -> None:
        self._load = load
        self._encoders: dict[Path, Encoder] = {}
        self._loading = anyio.Lock()

    async def render(self, source: FimSource, call: FimCall) -> ReadyPrompt:
        """The prompt of `call` for the model of `source`.

        Raises:
            ContextTooLongError: it does not fit, and nothing may be dropped.
            FimUnsupportedError: the model's tokenizer lacks the family's tokens.
            MalformedRequestError: there are too many stop strings.
        """
        encoder = self._encoders.get(source.folder)
        if encoder is None:
            encoder = await self._encoder(source.folder)
        return await anyio.to_thread.run_sync(ready_prompt, source, call, encoder)

    async def _encoder(self, folder: Path) -> Encoder:
        async with self._loading:
            if folder not in self._encoders:
                try:
                    self._encoders[folder] = await anyio.to_thread.run_sync(self._load, folder)
                except BrokenModelError as error:
                    raise FimUnsupportedError(
                        "The model cannot be asked to fill in the middle.",
                        why=f"{error.what} {error.why}",
                        remedy=error.remedy,
                    ) from error
            return self._encoders[folder]


def fim_family(
    settings: ModelSettings, facts: ModelFacts, located: LocatedModel
) -> FimFamily | None:
    """The family of a model: the configuration's word, else its tokens, else its name."""
    match settings.fim:
        case "auto":
            return detect_family(facts.fim_tokens, located.name)
        case "off":
            return None
        case str(name):
            return family_named(name)
        case template:
            return template.family()


def ready_prompt(source: FimSource, call: FimCall, encoder: Encoder) -> ReadyPrompt:
    """Render and encode; blocks for as long as that takes. Raises what `FimPrompts.render` does."""
    tokens = {stop: encoder.special(stop) for stop in call.stops}
    words = tuple(stop for stop, token in tokens.items() if token is None)
    if len(words) > MAX_STOPS:
        raise MalformedRequestError(
            f"The field stop may have at most {MAX_STOPS} strings.",
            why=f"It has {len(words)}, the model's own special tokens not counted.",
            remedy="Leave some out, or cut the answer at them yourself.",
        )
    budget = FimBudget(window=source.context_length, new_tokens=call.new_tokens)
    try:
        prompt = render(
            call.request, source.family, encoder, budget, allow_dropping=call.allow_dropping
        )
    except PromptTooLong as problem:
        raise _too_long(problem, source, call) from problem
    except MissingTokens as problem:
        raise FimUnsupportedError(
            f"The model cannot be asked to fill in the middle as {problem.family}.",
            why=f"Its tokenizer lacks {', '.join(problem.tokens)}.",
            remedy="Set fim of this model to the right family in the configuration.",
        ) from problem
    own = {token for token in tokens.values() if token is not None}
    stop_ids = sorted({*prompt.stop_token_ids, *call.stop_token_ids, *own})
    return ReadyPrompt(prompt, words, tuple(stop_ids))


def dropped_header(dropped: Dropped) -> bytes:
    """What a response says about context that is missing from its prompt, in tokens and files."""
    return (
        f"context={dropped.context_tokens};files={dropped.context_files};"
        f"prefix={dropped.prefix_tokens};suffix={dropped.suffix_tokens}"
    ).encode()


def _too_long(problem: PromptTooLong, source: FimSource, call: FimCall) -> ContextTooLongError:
    parts = problem.parts
    least = " even without all that may be dropped" if call.allow_dropping else ""
    remedy = f"Send at most {problem.room} tokens or ask for a shorter answer"
    if not call.allow_dropping:
        remedy += f", or let the gateway drop what matters least with {ALLOW_DROPPING}: true"
    return ContextTooLongError(
        f"The prompt has {problem.needed} tokens{least} and there is room for {problem.room}.",
        why=f"The model's window has {source.context_length} tokens, of which {call.new_tokens} "
        f"are kept for the answer; prefix {parts.prefix_tokens}, suffix {parts.suffix_tokens}, "
        f"context {parts.context_tokens} in {parts.context_files} files, "
        f"template {problem.overhead}.",
        remedy=f"{remedy}.",
    )
