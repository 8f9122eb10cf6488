"""How a model writes its tool calls, guessed from its chat template."""

from __future__ import annotations

_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    # vLLM's parser, and what a template must contain all of. The first match counts, so marks
    # that are part of another family's come later.
    ("openai", ("<|channel|>", "<|call|>")),
    ("seed_oss", ("<seed:tool_call>",)),
    ("minimax_m2", ("<minimax:tool_call>",)),
    ("kimi_k2", ("<|tool_calls_section_begin|>",)),
    ("deepseek_v32", ("｜DSML｜",)),  # noqa: RUF001 - the family's own spelling
    ("deepseek_v3", ("<｜tool▁calls▁begin｜>", "```json")),  # noqa: RUF001
    ("deepseek_v31", ("<｜tool▁calls▁begin｜>",)),  # noqa: RUF001
    ("glm45", ("<tool_call>", "<arg_key>")),
    ("qwen3_coder", ("<tool_call>", "<function=", "<parameter=")),
    ("mistral", ("[TOOL_CALLS]",)),
    ("lfm2", ("<|tool_call_start|>",)),
    ("functiongemma", ("<start_function_call>",)),
    ("cohere_command3", ("<|START_ACTION|>",)),
    ("olmo3", ("<function_calls>",)),
    ("internlm", ("<|action_start|>", "<|plugin|>")),
    ("phi4_mini_json", ("<|tool|>", "<|tool_call|>")),
    ("granite", ("<|tool_call|>",)),
    ("llama4_pythonic", ("<|python_start|>",)),
    ("llama3_json", ("<|python_tag|>",)),
    ("llama3_json", ('"parameters": dictionary of argument name',)),
    ("jamba", ("<tool_calls>",)),
    ("hermes", ("<tool_call>",)),
)


def tool_call_format(chat_template: str, model_type: str) -> str | None:
    """vLLM's name of the parser for the tool calls that a template asks for.

    Args:
        chat_template: every template of the model, joined.
        model_type: as in config.json; it decides where two families use the same marks.

    Returns:
        A value for `--tool-call-parser`, or None when the template knows no tools.
    """
    found = next(
        (parser for parser, marks in _MARKS if all(mark in chat_template for mark in marks)), None
    )
    if found in {"hermes", "granite"} and model_type.startswith("granite"):
        return "granite4" if found == "hermes" else "granite"
    if found == "jamba" and model_type.startswith("hunyuan"):
        return "hunyuan_a13b"
    return found
