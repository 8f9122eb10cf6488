"""The families of models that fill in the middle, one entry each.

Every layout was taken from what the model's makers publish; `tests/golden/fim` names the source
of each and shows whole prompts.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from aicockpit.fim.family import FimFamily

if TYPE_CHECKING:
    from collections.abc import Mapping

_QWEN = FimFamily(
    name="qwen",
    models="Qwen2.5-Coder, Qwen3-Coder, CodeQwen",
    template="<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
    cross_template=(
        "{repo}{context}<|file_sep|>{path}\n"
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>"
    ),
    repo_header="<|repo_name|>{repo}\n",
    context_block="<|file_sep|>{path}\n{text}\n",
    tokens=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>"),
    stop_tokens=("<|fim_pad|>", "<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    marks=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_sep|>"),
    names=("qwen",),
)

_GRANITE = FimFamily(
    name="granite",
    models="Granite 4",
    template="<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
    tokens=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    stop_tokens=("<|fim_pad|>", "<|end_of_text|>", "<|start_of_role|>"),
    marks=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    names=("granite",),
    name_needed=True,
)

_CODEGEMMA = FimFamily(
    name="codegemma",
    models="CodeGemma",
    template="<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
    cross_template="{context}<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
    context_block="{text}<|file_separator|>",
    tokens=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),
    stop_tokens=("<eos>", "<end_of_turn>"),
    marks=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|file_separator|>"),
    names=("codegemma",),
)

_STARCODER2 = FimFamily(
    name="starcoder2",
    models="StarCoder2, StableCode",
    template="<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>",
    cross_template=(
        "{repo}{context}<file_sep><fim_prefix>{path}\n{prefix}<fim_suffix>{suffix}<fim_middle>"
    ),
    repo_header="<repo_name>{repo}",
    context_block="<file_sep>{path}\n{text}",
    tokens=("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<repo_name>", "<file_sep>"),
    stop_tokens=("<fim_pad>", "<|endoftext|>"),
    marks=("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>"),
    names=("starcoder2", "stable-code", "stablecode"),
)

_STARCODER = FimFamily(
    name="starcoder",
    models="StarCoder, Granite Code and Granite 3",
    template="<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>",
    tokens=("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    stop_tokens=("<fim_pad>", "<filename>", "<reponame>", "<|endoftext|>", "<|end_of_text|>"),
    marks=("<fim_prefix>", "<fim_suffix>", "<fim_middle>"),
    names=("starcoder", "granite", "stable-code", "stablecode"),
)

_MELLUM = FimFamily(
    name="mellum",
    models="Mellum",
    template="<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>",
    cross_template=(
        "{context}<filename>{path}\n<fim_suffix>{suffix}<fim_prefix>{prefix}<fim_middle>"
    ),
    context_block="<filename>{path}\n{text}\n",
    tokens=("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<filename>"),
    stop_tokens=("<fim_pad>", "<reponame>", "<|endoftext|>"),
    path_alone=True,
    marks=("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<filename>"),
    names=("mellum",),
)

_SANTACODER = FimFamily(
    name="santacoder",
    models="SantaCoder",
    template="<fim-prefix>{prefix}<fim-suffix>{suffix}<fim-middle>",
    tokens=("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    stop_tokens=("<fim-pad>", "<|endoftext|>"),
    marks=("<fim-prefix>", "<fim-suffix>", "<fim-middle>"),
    names=("santacoder",),
)

_DEEPSEEK = FimFamily(
    name="deepseek",
    models="DeepSeek-Coder V1 and V2, DeepSeek V3",
    template="<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",  # noqa: RUF001
    cross_template=(
        "{context}#{path}\n<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>"  # noqa: RUF001
    ),
    context_block="#{path}\n{text}\n",
    tokens=("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # noqa: RUF001
    stop_tokens=("<｜end▁of▁sentence｜>", "<|EOT|>"),  # noqa: RUF001
    marks=("<｜fim▁begin｜>", "<｜fim▁hole｜>", "<｜fim▁end｜>"),  # noqa: RUF001
    names=("deepseek",),
)

_CODESTRAL = FimFamily(
    name="codestral",
    models="Codestral",
    template="[SUFFIX]{suffix}[PREFIX]{prefix}",
    cross_template="[SUFFIX]{suffix}[PREFIX]{context}+++++ {path}\n{prefix}",
    context_block="+++++ {path}\n{text}\n\n",
    tokens=("[PREFIX]", "[SUFFIX]"),
    stop_tokens=("[MIDDLE]", "</s>"),
    prefix_begins_text=True,
    marks=("[PREFIX]", "[SUFFIX]"),
    names=("codestral",),
)

_SEED_CODER = FimFamily(
    name="seed-coder",
    models="Seed-Coder",
    template="<[fim-suffix]>{suffix}<[fim-prefix]>{prefix}<[fim-middle]>",
    tokens=("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"),
    stop_tokens=("<[end▁of▁sentence]>", "<[begin▁of▁sentence]>", "<[PAD▁TOKEN]>", "<[SEP▁TOKEN]>"),
    marks=("<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"),
    names=("seed-coder",),
)

_CODELLAMA = FimFamily(
    name="codellama",
    models="CodeLlama 7B and 13B",
    template="▁<PRE>{prefix}▁<SUF>{suffix}▁<MID>",
    tokens=("▁<PRE>", "▁<SUF>", "▁<MID>"),
    stop_tokens=("▁<EOT>", "</s>"),
    prefix_begins_text=True,
    marks=("▁<PRE>", "▁<SUF>", "▁<MID>"),
    names=("codellama", "code-llama"),
)

_CODEGEEX4 = FimFamily(
    name="codegeex4",
    models="CodeGeeX4",
    template=(
        "<|user|>\n###PATH:\n###LANGUAGE:\n###MODE:BLOCK\n"
        "<|code_suffix|>{suffix}<|code_prefix|>{prefix}<|code_middle|><|assistant|>\n"
    ),
    cross_template=(
        "<|user|>\n{context}###PATH:{path}\n###LANGUAGE:\n###MODE:BLOCK\n"
        "<|code_suffix|>{suffix}<|code_prefix|>{prefix}<|code_middle|><|assistant|>\n"
    ),
    context_block="###REFERENCE:\n###PATH:{path}\n{text}\n",
    tokens=("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>", "<|user|>", "<|assistant|>"),
    stop_tokens=("<|endoftext|>", "<|observation|>"),
    path_alone=True,
    marks=("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
    names=("codegeex",),
)

_GLM = FimFamily(
    name="glm",
    models="GLM-4 and GLM-4.5",
    template="<|code_prefix|>{prefix}<|code_suffix|>{suffix}<|code_middle|>",
    tokens=("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
    stop_tokens=("<|endoftext|>", "<|user|>", "<|assistant|>", "<|observation|>"),
    marks=("<|code_prefix|>", "<|code_suffix|>", "<|code_middle|>"),
    names=("glm",),
)

_AIXCODER = FimFamily(
    name="aixcoder",
    models="aiXcoder-7B",
    template="▁<AIX-SPAN-PRE>▁<AIX-SPAN-POST>{suffix}▁<AIX-SPAN-MIDDLE>{prefix}",
    cross_template=(
        "{context}▁<AIX-SPAN-PRE>▁<AIX-SPAN-POST>{suffix}"
        "▁<AIX-SPAN-MIDDLE># the file path is: {path}\n{prefix}"
    ),
    context_block="# the file path is: {path}\n{text}\n",
    tokens=("▁<AIX-SPAN-PRE>", "▁<AIX-SPAN-POST>", "▁<AIX-SPAN-MIDDLE>"),
    stop_tokens=("</s>",),
    path_alone=True,
    marks=("▁<AIX-SPAN-PRE>", "▁<AIX-SPAN-POST>", "▁<AIX-SPAN-MIDDLE>"),
    names=("aixcoder",),
)

_IN_ORDER = (
    # Where two families share tokens, the one that asks for more of them, or else the more
    # usual one, stands first.
    _QWEN,
    _CODEGEMMA,
    _GRANITE,
    _STARCODER2,
    _STARCODER,
    _MELLUM,
    _SANTACODER,
    _DEEPSEEK,
    _CODESTRAL,
    _SEED_CODER,
    _CODELLAMA,
    _GLM,
    _CODEGEEX4,
    _AIXCODER,
)

FAMILIES: Mapping[str, FimFamily] = MappingProxyType({family.name: family for family in _IN_ORDER})
"""Every family by its name, in the order in which detection looks at them."""
