"""Turns a Qwen2 GGUF file into a Hugging Face folder that vLLM loads.

vLLM reads GGUF only on CUDA, through a plug-in, so the starter model is dequantised once to
bfloat16. Tensors are converted a few rows at a time, so that the 1.3 GB of the result never lie in
memory. Neither torch nor transformers is needed. Imported only when there is something to convert.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize

from aicockpit.errors import BrokenModelError
from aicockpit.models.qwen_tokenizer import TokenizerMetadata, write_tokenizer
from aicockpit.models.safetensors_file import TensorHeader, write_tensors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from aicockpit.progress import Step

_OUTER_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_BLOCK_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_PIECE_ELEMENTS = 2**21
"""Elements converted at a time: 8 MiB of float32."""


def convert_gguf(gguf: Path, folder: Path, step: Step) -> None:
    """Write `folder` (which exists) from a Qwen2 GGUF file, telling `step` in bytes written.

    Raises:
        BrokenModelError: the file is not a Qwen2 model as this conversion knows it.
    """
    try:
        reader = GGUFReader(gguf)
        metadata = _Metadata(reader)
        if metadata["general.architecture"] != "qwen2":
            raise ValueError(f"its architecture is {metadata['general.architecture']}, not qwen2")
        tensors = [(_hugging_face_name(tensor.name), tensor) for tensor in reader.tensors]
    except (ValueError, KeyError, IndexError) as error:
        raise BrokenModelError(
            f"The file {gguf.name} cannot be converted.",
            why=f"It is not a Qwen2 model in GGUF form: {error}.",
            remedy="Remove the downloads folder under AiCockpit's data folder and try again.",
        ) from error
    tied = not any(name == "lm_head.weight" for name, _ in tensors)
    _write_json(folder / "config.json", _config(metadata, tied=tied))
    _write_json(folder / "generation_config.json", _generation_config(metadata))
    write_tokenizer(
        folder,
        TokenizerMetadata(
            tokens=metadata["tokenizer.ggml.tokens"],
            types=metadata["tokenizer.ggml.token_type"],
            merges=metadata["tokenizer.ggml.merges"],
            chat_template=metadata["tokenizer.chat_template"],
            context_length=metadata["qwen2.context_length"],
        ),
    )
    headers = [
        TensorHeader(name, "BF16", _shape(tensor), 2 * int(tensor.n_elements))
        for name, tensor in tensors
    ]
    step.update(completed=0, total=sum(header.size for header in headers))
    pieces = (piece for _, tensor in tensors for piece in _bfloat16_pieces(tensor))
    for written in write_tensors(folder / "model.safetensors", headers, pieces):
        step.update(completed=written)


class _Metadata:
    """The key-value part of a GGUF file."""

    def __init__(self, reader: Any) -> None:  # noqa: ANN401 - gguf has no types
        self._fields = reader.fields

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - values of any GGUF type
        return self._fields[key].contents()


def _hugging_face_name(name: str) -> str:
    if name in _OUTER_NAMES:
        return _OUTER_NAMES[name]
    _, block, part, kind = name.split(".")
    return f"model.layers.{int(block)}.{_BLOCK_NAMES[part]}.{kind}"


def _shape(tensor: Any) -> tuple[int, ...]:  # noqa: ANN401 - gguf has no types
    """GGUF lists the fastest dimension first, Hugging Face last."""
    return tuple(int(size) for size in reversed(tensor.shape))


def _bfloat16_pieces(tensor: Any) -> Iterator[memoryview]:  # noqa: ANN401 - gguf has no types
    rows = tensor.data.reshape(-1, tensor.data.shape[-1])
    row_elements = int(tensor.n_elements) // len(rows)
    rows_at_a_time = max(1, _PIECE_ELEMENTS // row_elements)
    for start in range(0, len(rows), rows_at_a_time):
        values = dequantize(rows[start : start + rows_at_a_time], tensor.tensor_type)
        yield to_bfloat16(np.ascontiguousarray(values, dtype=np.float32)).data.cast("B")


def to_bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The bit patterns of float32 values as bfloat16, rounded to nearest, ties to even.

    Infinities stay; weights have no NaN, whose payload rounding could lose.
    """
    bits = values.reshape(-1).view(np.uint32)
    lowest_kept_bit = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = bits + np.uint32(0x7FFF) + lowest_kept_bit
    return (rounded >> np.uint32(16)).astype("<u2")


def _config(metadata: _Metadata, *, tied: bool) -> dict[str, object]:
    layers = metadata["qwen2.block_count"]
    context = metadata["qwen2.context_length"]
    return {
        "architectures": ["Qwen2ForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "eos_token_id": metadata["tokenizer.ggml.eos_token_id"],
        "hidden_act": "silu",
        "hidden_size": metadata["qwen2.embedding_length"],
        "initializer_range": 0.02,
        "intermediate_size": metadata["qwen2.feed_forward_length"],
        "max_position_embeddings": context,
        "max_window_layers": layers,
        "model_type": "qwen2",
        "num_attention_heads": metadata["qwen2.attention.head_count"],
        "num_hidden_layers": layers,
        "num_key_value_heads": metadata["qwen2.attention.head_count_kv"],
        # GGUF holds it as a float32, whose decimals would otherwise show.
        "rms_norm_eps": float(f"{metadata['qwen2.attention.layer_norm_rms_epsilon']:.6g}"),
        "rope_theta": float(metadata["qwen2.rope.freq_base"]),
        "tie_word_embeddings": tied,
        "torch_dtype": "bfloat16",
        # Upstream's. Without it transformers takes the tokenizer for one of Mistral's broken ones.
        "transformers_version": "4.43.1",
        "use_cache": True,
        "use_sliding_window": False,
        "vocab_size": len(metadata["tokenizer.ggml.tokens"]),
    }


def _generation_config(metadata: _Metadata) -> dict[str, object]:
    """Upstream's defaults but for its repetition penalty, which spoils code: an engine would
    apply it to plain completions too, and indentation has to repeat."""
    end_of_text = metadata["tokenizer.ggml.padding_token_id"]
    return {
        "bos_token_id": metadata["tokenizer.ggml.bos_token_id"],
        "do_sample": True,
        "eos_token_id": [metadata["tokenizer.ggml.eos_token_id"], end_of_text],
        "pad_token_id": end_of_text,
        "temperature": 0.7,
        "top_k": 20,
        "top_p": 0.8,
    }


def _write_json(path: Path, content: dict[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
