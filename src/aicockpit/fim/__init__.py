"""Fill-in-the-middle prompts: what a model family wants to see around the cursor.

Values in, frozen dataclasses out: this package reads no file, clock or environment and logs
nothing; the tokenizer comes in as an `Encoder`. It decides how a prompt is laid out for the
family that a model belongs to, what is left out when the model's window is too small, and which
tokens end a completion. Start reading at `families` for the layouts and at `rendering` for the
way from a request to token ids.
"""

from aicockpit.fim.detection import detect_family, family_named, special_tokens_of_all_families
from aicockpit.fim.families import FAMILIES
from aicockpit.fim.family import FimFamily, TemplateProblem, custom_family
from aicockpit.fim.rendering import render
from aicockpit.fim.request import (
    ContextFile,
    Dropped,
    Encoder,
    FimBudget,
    FimPrompt,
    FimRequest,
    MissingTokens,
    PromptTooLong,
)

__all__ = [
    "FAMILIES",
    "ContextFile",
    "Dropped",
    "Encoder",
    "FimBudget",
    "FimFamily",
    "FimPrompt",
    "FimRequest",
    "MissingTokens",
    "PromptTooLong",
    "TemplateProblem",
    "custom_family",
    "detect_family",
    "family_named",
    "render",
    "special_tokens_of_all_families",
]
