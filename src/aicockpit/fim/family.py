"""What a family of models wants its prompts to look like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_TOKEN_LIKE = re.compile(r"▁?<[^<>\s{}]+>|\[[A-Z][A-Z0-9_]*\]")
"""What a template's author most likely means as a special token."""


class TemplateProblem(ValueError):  # noqa: N818 - reported by whoever read the template
    """A template cannot be used; the message says why."""


@dataclass(frozen=True)
class FimFamily:
    """One way of asking models to fill in the middle.

    Templates consist of placeholders, of the family's own tokens and of literal text. `template`
    has `{prefix}` and `{suffix}`; `cross_template`, for prompts that name files, also has
    `{path}` and may have `{repo}` (filled with `repo_header`) and `{context}` (filled with one
    `context_block` per file).
    """

    name: str
    """Short name, as in the configuration."""
    template: str
    """A prompt that is nothing but the text around the cursor."""
    tokens: tuple[str, ...]
    """Special tokens in the templates."""
    stop_tokens: tuple[str, ...] = ()
    """Further special tokens that end a completion, as far as the tokenizer has them."""
    cross_template: str = ""
    """A prompt with context, repository or path; when empty, context goes in front of the
    prompt as plain text under comment lines."""
    repo_header: str = ""
    """Has `{repo}`."""
    context_block: str = ""
    """Has `{text}`, mostly also `{path}`."""
    path_alone: bool = False
    """A known path is reason enough for the cross-file template."""
    prefix_begins_text: bool = False
    """The prefix is encoded as if a sequence began with it (see `Encoder.lead`)."""
    marks: tuple[str, ...] = ()
    """Special tokens that together tell the family."""
    names: tuple[str, ...] = ()
    """Pieces of lower-case model names that tell it apart from others with the same tokens."""
    name_needed: bool = False
    """The tokens alone do not tell, because models that cannot fill in the middle have them."""
    models: str = ""
    """The models that belong here, for people."""

    @property
    def order(self) -> Literal["psm", "spm"]:
        """Whether the prefix or the suffix comes first."""
        return "psm" if self.template.index("{prefix}") < self.template.index("{suffix}") else "spm"

    @property
    def stops(self) -> tuple[str, ...]:
        """Every special token that ends a completion: none of them belongs into one."""
        return tuple(dict.fromkeys((*self.tokens, *self.stop_tokens)))


def custom_family(
    template: str,
    *,
    cross_template: str = "",
    context_block: str = "",
    repo_header: str = "",
    tokens: tuple[str, ...] = (),
    stop_tokens: tuple[str, ...] = (),
) -> FimFamily:
    """Make a family from templates that a configuration gives.

    Args:
        template: as in `FimFamily`, and so are the others.
        tokens: the special tokens in the templates; when not given, everything that looks like
            `<one>` or `[ONE]` is taken for one.

    Raises:
        TemplateProblem: a template lacks a placeholder, has an unknown one or has one twice.
    """
    _check("template", template, required=("prefix", "suffix"))
    if cross_template:
        _check(
            "cross_template",
            cross_template,
            required=("prefix", "suffix", "context"),
            optional=("path", "repo"),
        )
        if not context_block:
            raise TemplateProblem("cross_template needs a context_block")
    if context_block:
        _check("context_block", context_block, required=("text",), optional=("path",))
        if not cross_template:
            raise TemplateProblem("context_block is only used together with cross_template")
    if repo_header:
        _check("repo_header", repo_header, required=("repo",))
    everything = (template, cross_template, context_block, repo_header)
    if not tokens:
        tokens = tuple(
            dict.fromkeys(found for text in everything for found in _TOKEN_LIKE.findall(text))
        )
    return FimFamily(
        name="custom",
        template=template,
        cross_template=cross_template,
        context_block=context_block,
        repo_header=repo_header,
        tokens=tokens,
        stop_tokens=stop_tokens,
        models="given in the configuration",
    )


def _check(
    name: str, template: str, *, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> None:
    found = _PLACEHOLDER.findall(template)
    for placeholder in required:
        if placeholder not in found:
            raise TemplateProblem(f"{name} must have {{{placeholder}}}")
    for placeholder in found:
        if placeholder not in (*required, *optional):
            allowed = ", ".join(f"{{{known}}}" for known in (*required, *optional))
            raise TemplateProblem(f"{name} has {{{placeholder}}}; it may have {allowed}")
        if found.count(placeholder) > 1:
            raise TemplateProblem(f"{name} has {{{placeholder}}} more than once")
