from __future__ import annotations

import pytest

from aicockpit.fim import (
    ContextFile,
    FimBudget,
    FimRequest,
    MissingTokens,
    TemplateProblem,
    custom_family,
    render,
)
from tests.unit.fim.conftest import Encoders

BUDGET = FimBudget(window=4096, new_tokens=64)


def test_tokens_are_recognised_by_their_look():
    family = custom_family("<PRE>{prefix}[SUF]{suffix}<|mid|>\n", stop_tokens=("<eos>",))
    assert family.tokens == ("<PRE>", "[SUF]", "<|mid|>")
    assert family.stops == ("<PRE>", "[SUF]", "<|mid|>", "<eos>")
    assert family.order == "psm"


def test_tokens_that_are_named_are_the_only_ones():
    family = custom_family("<PRE>{prefix}@@{suffix}", tokens=("@@",))
    assert family.tokens == ("@@",)


def test_a_custom_template_renders(encoders: Encoders):
    family = custom_family(
        "<|fim_suffix|>{suffix}<|fim_prefix|>{prefix}",
        cross_template="{repo}{context}@{path}@<|fim_suffix|>{suffix}<|fim_prefix|>{prefix}",
        context_block="[{path}] {text}\n",
        repo_header="({repo})",
    )
    request = FimRequest("p", "s", path="a.py", repo="r", context=(ContextFile("b.py", "B"),))
    encoder = encoders["qwen"]
    prompt = render(request, family, encoder, BUDGET, allow_dropping=False)
    assert prompt.text == "(r)[b.py] B\n@a.py@<|fim_suffix|>s<|fim_prefix|>p"
    nameless = render(
        FimRequest("p", "s", context=(ContextFile("b.py", "B"),)),
        family,
        encoder,
        BUDGET,
        allow_dropping=False,
    )
    assert nameless.text == "[b.py] B\n@untitled@<|fim_suffix|>s<|fim_prefix|>p"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"template": "{prefix}"}, "must have {suffix}"),
        ({"template": "{prefix}{suffix}{suffix}"}, "more than once"),
        ({"template": "{prefix}{suffix}{other}"}, "it may have {prefix}, {suffix}"),
        (
            {"template": "{prefix}{suffix}", "cross_template": "{context}{prefix}{suffix}"},
            "needs a context_block",
        ),
        ({"template": "{prefix}{suffix}", "context_block": "{text}"}, "only used together"),
        ({"template": "{prefix}{suffix}", "repo_header": "x"}, "must have {repo}"),
    ],
)
def test_templates_that_cannot_be_used(arguments: dict[str, str], words: str):
    with pytest.raises(TemplateProblem, match=words.replace("{", r"\{")):
        custom_family(**arguments)  # type: ignore[arg-type]


def test_tokens_that_the_tokenizer_lacks(encoders: Encoders):
    family = custom_family("<PRE>{prefix}<SUF>{suffix}<|fim_middle|>")
    with pytest.raises(MissingTokens) as caught:
        render(FimRequest("p", "s"), family, encoders["qwen"], BUDGET, allow_dropping=True)
    assert caught.value.tokens == ("<PRE>", "<SUF>")
