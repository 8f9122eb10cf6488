"""Small real tokenizers that have a family's special tokens, as files in a model's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from tokenizers.models import BPE

_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_CODE = [
    "def add(a, b):\n    return a + b\n\n\nclass Calc:\n    def run(self) -> None:\n",
    "        for item in self.items:\n            total = total + item\n        return total\n",
    "import os\nimport sys\n\nif __name__ == '__main__':\n    print(add(1, 2), file=sys.stderr)\n",
]


def write_byte_level(
    folder: Path, special: Sequence[str], *, begin: str | None = None, gpt2: bool = False
) -> Path:
    """A byte-level BPE such as Qwen's or, with the older splitting rule, StarCoder's.

    As in Qwen's, the family's tokens are added tokens but not marked special.
    """
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.NFC()
    if gpt2:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(_CODE, trainer)
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token in special])
    if begin is not None:
        tokenizer.add_special_tokens([begin])
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{begin} $A", special_tokens=[(begin, tokenizer.token_to_id(begin))]
        )
    return _write(tokenizer, folder, {"tokenizer_class": "Qwen2Tokenizer"})


def write_sentencepiece(folder: Path, special: Sequence[str]) -> Path:
    """A vocabulary made as CodeLlama's: spaces are marks, a text gets one in front, unknown
    characters are bytes, and merges alone make `</s>` and the family's own tokens."""
    vocabulary = {"<unk>": 0, "<s>": 1, "</s>": 2}
    for byte in range(256):
        vocabulary[f"<0x{byte:02X}>"] = len(vocabulary)
    for character in "▁\n" + "".join(map(chr, range(33, 127))):
        vocabulary.setdefault(character, len(vocabulary))
    merges = [("▁", "▁"), ("▁▁", "▁▁"), ("d", "e"), ("de", "f"), ("▁", "def"), ("r", "e")]
    for word in ["</s>", *special]:
        merges += [(word[:length], word[length]) for length in range(1, len(word))]
    for left, right in merges:
        vocabulary.setdefault(left + right, len(vocabulary))
    tokenizer = Tokenizer(
        BPE(
            vocab=vocabulary,
            merges=list(dict.fromkeys(merges)),
            byte_fallback=True,
            fuse_unk=True,
            unk_token="<unk>",
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    config = {"tokenizer_class": "CodeLlamaTokenizer", "bos_token": {"content": "<s>"}}
    return _write(tokenizer, folder, config)


def _write(tokenizer: Tokenizer, folder: Path, config: Mapping[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder
