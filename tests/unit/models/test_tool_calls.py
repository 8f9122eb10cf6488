"""Formats by the marks of published templates."""

import pytest

from aicockpit.models.tool_calls import tool_call_format


@pytest.mark.parametrize(
    ("template", "model_type", "expected"),
    [
        ('<tool_call>\n{"name": ', "qwen2", "hermes"),
        ("<tool_call>\n<function=NAME>\n<parameter=KEY>", "qwen3_moe", "qwen3_coder"),
        ("[AVAILABLE_TOOLS] [TOOL_CALLS]", "mistral", "mistral"),
        ("<|python_tag|>", "llama", "llama3_json"),
        (
            '{"name": f, "parameters": dictionary of argument name and value}',
            "llama",
            "llama3_json",
        ),
        ("<|python_start|>", "llama4", "llama4_pythonic"),
        ("<tool_call>{name}<arg_key>", "glm4_moe", "glm45"),
        ("<｜tool▁calls▁begin｜>```json", "deepseek_v3", "deepseek_v3"),  # noqa: RUF001
        ("<｜tool▁calls▁begin｜>", "deepseek_v3", "deepseek_v31"),  # noqa: RUF001
        ("<|tool_calls_section_begin|>", "kimi_k2", "kimi_k2"),
        ("<|start|>assistant<|channel|>commentary<|call|>", "gpt_oss", "openai"),
        ("<seed:tool_call><function=", "seed_oss", "seed_oss"),
        ("<|tool_call|>", "granite", "granite"),
        ("<tool_call>", "granitemoehybrid", "granite4"),
        ("<|tool|><|tool_call|>", "phi3", "phi4_mini_json"),
        ("<tool_calls>", "jamba", "jamba"),
        ("<tool_calls>", "hunyuan_v1_moe", "hunyuan_a13b"),
        ("{{ messages }}", "llama", None),
        ("", "llama", None),
    ],
)
def test_the_template_tells(template: str, model_type: str, expected: str | None) -> None:
    assert tool_call_format(template, model_type) == expected
