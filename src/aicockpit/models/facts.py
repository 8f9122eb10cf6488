"""Fills `ModelFacts` from a model's folder, without reading any weights."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aicockpit.models.architectures import KNOWN_ARCHITECTURES, TIED_FAMILIES
from aicockpit.models.cache_layers import read_cache_layers
from aicockpit.models.config_values import ModelConfig
from aicockpit.models.fim_tokens import fim_tokens
from aicockpit.models.model_files import model_weights
from aicockpit.models.quantization import read_quantization
from aicockpit.models.remote_code import wants_remote_code
from aicockpit.models.safetensors_file import TensorHeader, read_header
from aicockpit.models.shape import read_shape
from aicockpit.models.tokenizer_files import chat_template, fim_candidates
from aicockpit.models.tool_calls import tool_call_format
from aicockpit.planner.facts import ModelFacts, TensorBytes
from aicockpit.planner.shape import LayerShape, count_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DTYPES = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}
_NAMED = {"bfloat16": "bfloat16", "float16": "float16", "half": "float16", "float32": "float32"}
"""Number formats as configurations name them; others, such as 8-bit ones, say what the weights are
stored in and not what an engine computes in."""
_BYTES = {"bfloat16": ("BF16", 2), "float16": ("F16", 2), "float32": ("F32", 4)}
_SCALE_BITS = {"mxfp4": 0.25, "nvfp4": 0.5, "awq": 0.16, "gptq": 0.16}
"""Bits per parameter that the scales of each block of parameters take."""

_DEFAULT_CONTEXT = 2048
"""What vLLM assumes when a configuration does not say."""

_CONTEXT_NAMES = (
    "max_position_embeddings",
    "n_positions",
    "max_seq_len",
    "seq_length",
    "max_sequence_length",
    "max_seq_length",
    "seq_len",
)
_MOST_SCALING = 1000.0
_SCALED_BY_CONFIG = frozenset({"su", "longrope", "llama3", "yarn", "deepseek_yarn", "mrope"})
"""Kinds of position scaling that leave `max_position_embeddings` already scaled."""


class Weights:
    """All tensors of a model, by what its files' headers list."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.pickled = 0
        """Bytes of files that have no header; all but a little are their tensors'."""
        self._parameters: Counter[str] = Counter()
        self._sizes: Counter[str] = Counter()

    def add(self, headers: Iterable[TensorHeader]) -> None:
        """Count one file's tensors."""
        for tensor in headers:
            self._parameters[tensor.dtype] += tensor.elements
            self._sizes[tensor.dtype] += tensor.size
            self.names.append(tensor.name)

    def tensors(self, pickled_as: tuple[str, int]) -> tuple[TensorBytes, ...]:
        """Largest first, with name and width of the type that pickled ones are taken to have."""
        parameters, sizes = self._parameters.copy(), self._sizes.copy()
        if self.pickled:
            dtype, width = pickled_as
            sizes[dtype] += self.pickled
            parameters[dtype] += self.pickled // width
        groups = [TensorBytes(dtype, parameters[dtype], size) for dtype, size in sizes.items()]
        return tuple(sorted(groups, key=lambda group: -group.size))


def read_facts(path: Path) -> ModelFacts:
    """The facts about the model in a folder.

    Raises:
        BrokenModelError: config.json or a weights file is missing, damaged or not a language
            model's.
    """
    facts = facts_with_weights(path / "config.json", weights_in(model_weights(path)))
    template = chat_template(path)
    return replace(
        facts,
        custom_code=wants_remote_code(path),
        chat_template=bool(template),
        fim_tokens=fim_tokens(fim_candidates(path)),
        tool_call_format=tool_call_format(template, facts.model_type),
    )


def read_config_facts(path: Path) -> ModelFacts:
    """The facts that a config.json alone tells, with the weights counted instead of measured.

    Raises:
        BrokenModelError: the file is missing, damaged or not a language model's.
    """
    return _counted_facts(ModelConfig(path), path.parent)


def config_facts(content: Mapping[str, object]) -> ModelFacts:
    """As `read_config_facts`, of what a config.json would hold."""
    nowhere = Path("catalogue")
    return _counted_facts(ModelConfig(nowhere, dict(content)), nowhere)


def _counted_facts(config: ModelConfig, folder: Path) -> ModelFacts:
    facts = _from_config(config, folder, _dtype(config, ()), _tied(config, ()))
    if facts.shape is None:
        return replace(facts, weights_exact=False)
    return replace(facts, tensors=_counted(facts, facts.shape), weights_exact=False)


def facts_with_weights(path: Path, weights: Weights) -> ModelFacts:
    """The facts that a config.json tells, with weights that are known from their files.

    Raises:
        BrokenModelError: the file is missing, damaged or not a language model's.
    """
    config = ModelConfig(path)
    tensors = weights.tensors(_BYTES.get(_named_dtype(config), ("F32", 4)))
    tied = _tied(config, weights.names)
    return replace(
        _from_config(config, path.parent, _dtype(config, tensors), tied), tensors=tensors
    )


def _from_config(config: ModelConfig, folder: Path, dtype: str, tied: bool) -> ModelFacts:
    architecture = _architecture(config)
    model_type = str(config.text.get("model_type") or config.whole.get("model_type") or "")
    # Models without attention have none; those that hide theirs get the most that it can be.
    heads = config.number("num_attention_heads", "n_head", "n_heads", "num_heads")
    known = architecture in KNOWN_ARCHITECTURES and bool(heads)
    heads = heads or 1
    hidden_size = config.required("hidden_size", "n_embd", "d_model", "dim")
    kv_heads, head_size = _kv_shape(config, heads, hidden_size)
    method, bits = read_quantization(config, folder)
    layers = config.required("num_hidden_layers", "n_layer", "n_layers", "num_layers")
    return ModelFacts(
        architecture=architecture,
        model_type=model_type,
        layers=layers,
        hidden_size=hidden_size,
        intermediate_size=config.number("intermediate_size", "n_inner", "ffn_hidden_size"),
        vocabulary_size=config.required("vocab_size", "padded_vocab_size"),
        attention_heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        context_length=_context_length(config, model_type),
        dtype=dtype,
        tied_embeddings=tied,
        shape=read_shape(
            config,
            layers=layers,
            hidden_size=hidden_size,
            heads=heads,
            kv_heads=kv_heads,
            tied=tied,
        ),
        cache_layers=read_cache_layers(
            config, layers=layers, kv_heads=kv_heads, head_size=head_size, dtype=dtype
        )
        if known
        else (),
        quantization=method,
        quantization_bits=bits,
        sliding_window=_sliding_window(config),
        experts=config.number(
            "num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"
        ),
        experts_per_token=config.number(
            "num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_topk", "moe_k"
        ),
        vision=any(name in config.whole for name in ("vision_config", "visual", "vision_tower")),
    )


def _counted(facts: ModelFacts, shape: LayerShape) -> tuple[TensorBytes, ...]:
    """The weights as counted; quantisation spares embeddings, output matrix and image encoder."""
    counts = count_parameters(shape)
    dtype, width = _BYTES.get(facts.dtype, ("BF16", 2))
    # Only the experts of an mxfp4 checkpoint are quantised.
    small = counts.experts if facts.quantization == "mxfp4" else counts.layers + counts.experts
    if facts.quantization is None:
        return (TensorBytes(dtype, counts.total, counts.total * width),)
    bits = (facts.quantization_bits or 8) + _SCALE_BITS.get(facts.quantization, 0.0)
    rest = counts.total - small
    return (
        TensorBytes("U8", small, int(small * bits / 8)),
        TensorBytes(dtype, rest, rest * width),
    )


def _architecture(config: ModelConfig) -> str:
    for part in (config.whole, config.text):
        names = part.get("architectures")
        if isinstance(names, list) and names:
            return str(names[0])
    raise config.broken("It names no `architectures`.")


def _kv_shape(config: ModelConfig, heads: int, hidden_size: int) -> tuple[int, int]:
    """KV heads, and elements per head in the cache."""
    latent = config.number("kv_lora_rank")
    if latent:
        # Multi-head latent attention caches one compressed vector per token instead of heads.
        return 1, latent + (config.number("qk_rope_head_dim") or 0)
    attention = config.mapping("attn_config")
    kv_heads = config.number(
        "num_key_value_heads", "num_kv_heads", "n_head_kv", "n_kv_heads", "multi_query_group_num"
    )
    kv_heads = kv_heads or config.number_in(attention, "kv_n_heads")
    if not kv_heads:
        kv_heads = 1 if config.get("multi_query") is True else heads
    head_size = config.number("head_dim", "attention_head_dim", "kv_channels", "head_size")
    return kv_heads, head_size or max(1, hidden_size // heads)


def _own_length(config: ModelConfig) -> int | None:
    """What overrules the other names; tokenizers write 10**30 for a length without end."""
    said = config.get("model_max_length")
    return said if type(said) is int and 0 < said < 2**32 else None


def _context_length(config: ModelConfig, model_type: str) -> int:
    """As vLLM derives its default from the same file."""
    lengths = [value for name in _CONTEXT_NAMES if (value := config.number(name))]
    length = _own_length(config) or (min(lengths) if lengths else _DEFAULT_CONTEXT)
    if "gemma3" in model_type:
        return length  # already scaled
    scaling = config.mapping("rope_parameters", "rope_scaling")
    kind = str(scaling.get("rope_type", scaling.get("type", "default")))
    factor = scaling.get("factor")
    if kind in _SCALED_BY_CONFIG or not isinstance(factor, int | float):
        return length
    return int(length * factor) if 1 < factor < _MOST_SCALING else length


def _sliding_window(config: ModelConfig) -> int | None:
    if config.get("use_sliding_window") is False:
        return None
    kinds = config.get("layer_types")
    if isinstance(kinds, list) and kinds and not any("sliding" in str(kind) for kind in kinds):
        return None
    return config.number("sliding_window", "sliding_window_size")


def _tied(config: ModelConfig, names: Iterable[str]) -> bool:
    """Where the file does not say, the tensors do: an untied model has an output matrix.

    Where there are none either, it is what transformers takes for granted of the family.
    """
    tied = config.get("tie_word_embeddings")
    if isinstance(tied, bool):
        return tied
    names = list(names)
    if not names:
        return str(config.text.get("model_type") or "") in TIED_FAMILIES
    return not any(name.endswith("lm_head.weight") for name in names)


def _dtype(config: ModelConfig, tensors: tuple[TensorBytes, ...]) -> str:
    named = str(config.get("dtype", "torch_dtype")).removeprefix("torch.")
    if named in _NAMED:
        return _NAMED[named]
    floats = [group for group in tensors if group.dtype in _DTYPES]
    largest = max(floats, key=lambda group: group.size, default=None)
    if largest is None:
        quantised = config.mapping("quantization_config", "compression_config")
        return "bfloat16" if quantised or config.get("dtype", "torch_dtype") else "float32"
    return _DTYPES[largest.dtype]


def weights_in(files: Iterable[Path]) -> Weights:
    """What weight files hold. A pickle tells nothing without being run, but its size."""
    weights = Weights()
    for path in files:
        if path.suffix == ".safetensors":
            weights.add(read_header(path))
        else:
            weights.pickled += path.stat().st_size
    return weights


def _named_dtype(config: ModelConfig) -> str:
    named: Any = config.get("dtype", "torch_dtype")
    return str(named).removeprefix("torch.")
