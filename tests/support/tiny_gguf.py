"""A small Qwen2 model as a GGUF file, and wheels that carry it in parts."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import gguf
import numpy as np

from aicockpit.models.starter import Archive, Part

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from aicockpit.paths import DataFolder

LAYERS = 2
HIDDEN = 64
FEED_FORWARD = 96
HEADS = 4
KV_HEADS = 2
ADDED = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tool_call>", "<|fim_prefix|>")
ADDED_TYPES = (3, 3, 3, 4, 3)
PADDING = 3
TEMPLATE = "{% for message in messages %}<|im_start|>{{ message.role }}{% endfor %}"


def write_tiny_gguf(path: Path, *, architecture: str = "qwen2") -> dict[str, NDArray[np.float32]]:
    """Write the file; the tensors are returned as they were before quantisation."""
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)] + ["Ġ", "Ċ", "Ã", "©", "Ì", "ģ"]
    merges = ["d e", "de f", "Ġ Ġ", "Ã ©"]
    ordinary = letters + ["".join(merge.split()) for merge in merges]
    tokens = [*ordinary, *ADDED, *(f"[PAD{number}]" for number in range(PADDING))]
    types = [1] * len(ordinary) + list(ADDED_TYPES) + [5] * PADDING
    tensors = _tensors(len(tokens))
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(512)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_pad_token_id(tokens.index("<|endoftext|>"))
    writer.add_chat_template(TEMPLATE)
    for name, values in tensors.items():
        if values.ndim == 1:
            writer.add_tensor(name, values)
        else:
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


def write_wheels(gguf_file: Path, folder: Path, *, parts: int = 2) -> Archive:
    """Cut a GGUF file into wheels in `folder`, as the starter model's packages are."""
    content = gguf_file.read_bytes()
    size = -(-len(content) // parts)
    wheels = []
    for number in range(1, parts + 1):
        package = f"tiny-starter-part{number}"
        module = package.replace("-", "_")
        wheel = folder / f"{module}-1.0-py3-none-any.whl"
        info = f"{module}-1.0.dist-info"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"{module}/__init__.py", "raise SystemExit('imported')")
            piece = content[(number - 1) * size : number * size]
            archive.writestr(f"{module}/data/part{number:02}.bin", piece)
            metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
            archive.writestr(f"{info}/METADATA", metadata)
            tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            archive.writestr(f"{info}/WHEEL", tags)
            archive.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        wheels.append(Part(package, "1.0", digest, wheel.stat().st_size))
    return Archive(
        parts=tuple(wheels),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        converted_size=2 * len(content),
    )


def fill_downloads(data: DataFolder, wheels: Path) -> None:
    """Put the wheels where pip would have, to spare a test the time that pip takes."""
    folder = data.downloads / "starter"
    folder.mkdir(parents=True)
    for wheel in wheels.glob("*.whl"):
        (folder / wheel.name).write_bytes(wheel.read_bytes())


def _tensors(vocabulary: int) -> dict[str, NDArray[np.float32]]:
    generator = np.random.default_rng(7)
    kv = HIDDEN // HEADS * KV_HEADS
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (vocabulary, HIDDEN),
        "output_norm.weight": (HIDDEN,),
        "output.weight": (vocabulary, HIDDEN),
    }
    for layer in range(LAYERS):
        shapes |= {
            f"blk.{layer}.attn_norm.weight": (HIDDEN,),
            f"blk.{layer}.attn_q.weight": (HIDDEN, HIDDEN),
            f"blk.{layer}.attn_q.bias": (HIDDEN,),
            f"blk.{layer}.attn_k.weight": (kv, HIDDEN),
            f"blk.{layer}.attn_k.bias": (kv,),
            f"blk.{layer}.attn_v.weight": (kv, HIDDEN),
            f"blk.{layer}.attn_v.bias": (kv,),
            f"blk.{layer}.attn_output.weight": (HIDDEN, HIDDEN),
            f"blk.{layer}.ffn_norm.weight": (HIDDEN,),
            f"blk.{layer}.ffn_gate.weight": (FEED_FORWARD, HIDDEN),
            f"blk.{layer}.ffn_up.weight": (FEED_FORWARD, HIDDEN),
            f"blk.{layer}.ffn_down.weight": (HIDDEN, FEED_FORWARD),
        }
    return {
        name: generator.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()
    }
