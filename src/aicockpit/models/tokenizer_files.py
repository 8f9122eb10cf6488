"""What a model's tokenizer files say: its special tokens and its chat template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aicockpit.models.fim_tokens import FIM_TOKENS

if TYPE_CHECKING:
    from pathlib import Path

_SENTENCEPIECE = "tokenizer.model"
_TEKKEN = "tekken.json"


def fim_candidates(folder: Path) -> set[str]:
    """Tokens of the tokenizer that may be for fill-in-the-middle: all added ones, and of its
    plain vocabulary those that some family uses so."""
    tokens: set[str] = set()
    tokenizer = _read(folder / "tokenizer.json")
    tokens.update(_contents(tokenizer.get("added_tokens")))
    tokens.update(_in_vocabulary(tokenizer))
    decoder = _read(folder / "tokenizer_config.json").get("added_tokens_decoder")
    if isinstance(decoder, dict):
        tokens.update(_contents(list(decoder.values())))
    tokens.update(_read(folder / "added_tokens.json"))
    special = _read(folder / _TEKKEN).get("special_tokens")
    if isinstance(special, list):
        tokens.update(str(entry.get("token_str")) for entry in special if isinstance(entry, dict))
    if not tokenizer:
        tokens.update(_in_sentencepiece(folder / _SENTENCEPIECE))
    return tokens


def chat_template(folder: Path) -> str:
    """Every chat template of the model, joined; empty when it has none."""
    parts = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in (folder / "chat_template.jinja", *_sorted_templates(folder))
        if path.is_file()
    ]
    for name in ("chat_template.json", "tokenizer_config.json", "processor_config.json"):
        parts.extend(_templates(_read(folder / name).get("chat_template")))
    if not parts and (folder / _TEKKEN).is_file():
        # vLLM renders chats for Mistral's own tokenizer in code.
        parts.append("[INST] [/INST] [AVAILABLE_TOOLS] [TOOL_CALLS]")
    return "\n".join(parts)


def _sorted_templates(folder: Path) -> list[Path]:
    return sorted((folder / "additional_chat_templates").glob("*.jinja"))


def _templates(value: object) -> list[str]:
    """A template, or several by name: both forms are in use."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [str(entry.get("template", "")) for entry in value if isinstance(entry, dict)]
    if isinstance(value, dict):
        return [str(template) for template in value.values()]
    return []


def _contents(entries: object) -> set[str]:
    if not isinstance(entries, list):
        return set()
    return {
        str(entry["content"]) for entry in entries if isinstance(entry, dict) and "content" in entry
    }


def _in_vocabulary(tokenizer: dict[str, Any]) -> set[str]:
    """BPE vocabularies map tokens to ids, Unigram ones list pairs."""
    model = tokenizer.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocabulary, dict):
        return {token for token in FIM_TOKENS if token in vocabulary}
    if isinstance(vocabulary, list):
        known = {entry[0] for entry in vocabulary if isinstance(entry, list) and entry}
        return {token for token in FIM_TOKENS if token in known}
    return set()


def _in_sentencepiece(path: Path) -> set[str]:
    """Pieces of a sentencepiece model, found as bytes: each stands there as plain UTF-8 behind
    the field's tag and its length."""
    try:
        content = path.read_bytes()
    except OSError:
        return set()
    found = set()
    for token in FIM_TOKENS:
        piece = token.encode()
        if b"\x0a" + bytes([len(piece)]) + piece in content:
            found.add(token)
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
