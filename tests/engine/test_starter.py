"""The real starter model: made from its packages, and as good as the original says it is."""

from __future__ import annotations

from tokenizers import Tokenizer

from aicockpit.models import LocatedModel, read_facts
from tests.support.serving import Gateway

FIM_PROMPT = (
    "<|fim_prefix|>def add(a, b):\n    return <|fim_suffix|>\n\n\nprint(add(1, 2))\n<|fim_middle|>"
)

FIM_IDS = [
    151659, 750, 912, 2877, 11, 293, 982, 262, 470, 220, 151661, 1406, 1350, 25906, 7, 16, 11, 220,
    17, 1171, 151660,
]  # fmt: skip
TEXT_IDS = [
    133238, 856, 304, 220, 16, 17, 18, 19, 20, 2834, 197, 6900, 492, 963, 75402, 21894, 102819,
    27484, 863, 220, 671, 358, 3278, 271,
]  # fmt: skip


def test_its_facts(starter: LocatedModel) -> None:
    facts = read_facts(starter.path)
    assert starter.name == "qwen2.5-coder-0.5b-instruct"
    assert facts.parameters == 630_167_424  # with the output matrix, which is not tied here
    assert facts.weight_bytes == 2 * facts.parameters
    assert (facts.layers, facts.kv_heads, facts.head_size) == (24, 2, 64)
    assert facts.context_length == 32768
    assert facts.tool_call_format == "hermes"
    assert {"<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"} <= set(facts.fim_tokens)


def test_its_tokenizer_gives_the_original_ids(starter: LocatedModel) -> None:
    """The ids were taken from transformers' own loader of the GGUF file, after NFC."""
    tokenizer = Tokenizer.from_file(str(starter.path / "tokenizer.json"))
    assert tokenizer.encode(FIM_PROMPT).ids == FIM_IDS
    text = "für x in 12345:\r\n\t\tprint('e\u0301 日本語 🙂')  # I'll\n\n"
    assert tokenizer.encode(text).ids == TEXT_IDS
    assert tokenizer.decode(TEXT_IDS) == text.replace("e\u0301", "é")


def test_it_fills_in_the_middle(gateway: Gateway, starter: LocatedModel) -> None:
    status, answer = gateway.post(
        "/v1/completions",
        {"model": starter.name, "prompt": FIM_PROMPT, "max_tokens": 8, "temperature": 0},
    )
    assert status == 200
    assert answer["choices"][0]["text"].startswith("a + b")
