"""What a model is, as far as its files tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from aicockpit.planner.shape import LayerShape

CacheKind = Literal["full", "sliding", "chunked", "latent", "state"]
"""What a layer keeps of the past: all of it (full), a window of it (sliding), the current chunk
(chunked), one compressed vector per token (latent), or a state of fixed size (state)."""


@dataclass(frozen=True)
class TensorBytes:
    """All of a model's tensors that share one storage type."""

    dtype: str
    """Name as in safetensors headers: `BF16`, `F8_E4M3`, `I32`, …"""
    parameters: int
    """Number of elements."""
    size: int
    """Bytes on disk, which are also the bytes that an engine loads."""


@dataclass(frozen=True)
class CacheLayers:
    """Layers that keep the same kind and amount of memory of the past."""

    kind: CacheKind
    layers: int
    kv_heads: int = 1
    """Heads in the cache; always 1 where it is latent, and such a cache is not split over GPUs."""
    key_size: int = 0
    """Elements per head that a token's key takes; where it is latent, the whole vector."""
    value_size: int = 0
    """Elements per head that a token's value takes; 0 where it is latent."""
    window: int | None = None
    """Tokens that a sliding or chunked layer looks back."""
    state_bytes: int = 0
    """Bytes of one state in one layer, where the kind is state."""
    states: int = 1
    """States that one request holds. With prefixes cached, vLLM 0.32 aligns states to blocks and
    reserves further ones (`MambaSpec.max_memory_usage_bytes`, `mamba_cache_mode` "align"); tokens
    guessed ahead would each take one more."""


@dataclass(frozen=True)
class ModelFacts:
    """Facts read from config.json, the tokenizer files and the safetensors headers.

    Shapes follow the Hugging Face names. `None` means that the files do not say.
    """

    architecture: str
    """First entry of `architectures`, such as `Qwen2ForCausalLM`."""
    model_type: str
    layers: int
    hidden_size: int
    intermediate_size: int | None
    vocabulary_size: int
    attention_heads: int
    kv_heads: int
    """Heads of the KV cache; fewer than `attention_heads` under grouped-query attention."""
    head_size: int
    """Elements per head in the KV cache."""
    context_length: int
    """Longest context, in tokens, that the model was configured for."""
    dtype: str
    """The configuration's own `dtype`, such as `bfloat16`."""
    tensors: tuple[TensorBytes, ...] = ()
    shape: LayerShape | None = None
    """Sizes of the layers' parts; None for architectures whose layout is not known."""
    weights_exact: bool = True
    """`tensors` come from the files' headers; otherwise they are counted from `shape`."""
    tied_embeddings: bool = False
    quantization: str | None = None
    """Method such as `awq`, `gptq`, `fp8`, `compressed-tensors`; None when unquantised."""
    quantization_bits: int | None = None
    sliding_window: int | None = None
    """Attention window in tokens where the model uses one."""
    cache_layers: tuple[CacheLayers, ...] = ()
    """The layers by what they cache; empty when all of them cache everything."""
    experts: int | None = None
    """Routed experts per layer of a mixture-of-experts model."""
    experts_per_token: int | None = None
    vision: bool = False
    custom_code: bool = False
    """The repository carries Python that loading the model would run (`auto_map`)."""
    chat_template: bool = False
    fim_tokens: tuple[str, ...] = field(default=())
    """Fill-in-the-middle special tokens that the tokenizer knows, in its own spelling."""
    tool_call_format: str | None = None
    """vLLM's name of the tool-call parser that fits the chat template, such as `hermes`."""

    @property
    def cache(self) -> tuple[CacheLayers, ...]:
        """The layers by what they cache."""
        whole = CacheLayers("full", self.layers, self.kv_heads, self.head_size, self.head_size)
        return self.cache_layers or (whole,)

    @property
    def parameters(self) -> int:
        """Elements in all tensors; for packed quantised weights fewer than the model's own."""
        return sum(group.parameters for group in self.tensors)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(group.size for group in self.tensors)
