"""What a model is, as far as its files tell."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    tied_embeddings: bool = False
    quantization: str | None = None
    """Method such as `awq`, `gptq`, `fp8`, `compressed-tensors`; None when unquantised."""
    quantization_bits: int | None = None
    sliding_window: int | None = None
    """Attention window in tokens where the model uses one."""
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
    def parameters(self) -> int:
        """Elements in all tensors; for packed quantised weights fewer than the model's own."""
        return sum(group.parameters for group in self.tensors)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(group.size for group in self.tensors)
