"""How large a model's parts are, counted from its configuration.

Headers of safetensors files say it exactly; this is for a configuration alone, before anything was
downloaded. Counts follow the published layouts of the families; biases are left out, since they
are below a thousandth.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

VOCABULARY_STEP = 64
"""vLLM pads the vocabulary of embeddings and output matrix to a multiple of this."""


@dataclass(frozen=True)
class ExpertLayers:
    """The mixture-of-experts part of a model."""

    layers: int
    """Layers that have experts; the others have a dense feed-forward part."""
    experts: int
    per_token: int
    size: int
    """Intermediate size of one expert."""
    shared_size: int = 0
    """Intermediate size of the experts that every token passes, all of them together."""


@dataclass(frozen=True)
class VisionTower:
    """The image encoder of a multimodal model."""

    layers: int
    hidden_size: int
    intermediate_size: int
    image_size: int
    patch_size: int
    tokens_per_image: int
    """Tokens that one image of full size becomes in the language model."""


@dataclass(frozen=True)
class LatentAttention:
    """Ranks of multi-head latent attention (DeepSeek's MLA)."""

    query_rank: int | None
    kv_rank: int
    rope_size: int
    plain_size: int
    value_size: int


@dataclass(frozen=True)
class RecurrentLayers:
    """Layers that are a gated delta network or Mamba-2 where others have attention."""

    layers: int
    channels: int
    """Numbers per token that pass the convolution."""
    kernel: int
    """Tokens that the convolution looks at."""
    inner: int
    """Numbers per token of the gate, and of the output before it is projected back."""
    steering: int
    """Numbers per token that steer the state."""


@dataclass(frozen=True)
class LayerShape:
    """What all layers of a language model look like."""

    layers: int
    hidden_size: int
    vocabulary_size: int
    attention_heads: int
    kv_heads: int
    head_size: int
    feed_forward_size: int
    """Intermediate size of the dense feed-forward part."""
    gated: bool = True
    """The feed-forward part has a gate: three matrices instead of two."""
    tied_embeddings: bool = False
    experts: ExpertLayers | None = None
    latent: LatentAttention | None = None
    vision: VisionTower | None = None
    recurrent: RecurrentLayers | None = None
    gated_attention: bool = False
    """The attention's output has a gate as large as its queries."""


@dataclass(frozen=True)
class ParameterCounts:
    """Parameters by the part of the model that holds them."""

    embeddings: int
    """The input embeddings; also the output matrix where the two are tied."""
    output: int
    """The output matrix; 0 where it is tied to the embeddings."""
    layers: int
    """All matrices of all layers but the experts'."""
    experts: int
    """The routed and the shared experts."""
    vision: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.embeddings + self.output + self.layers + self.experts + self.vision


def count_parameters(shape: LayerShape) -> ParameterCounts:
    """Count a model's parameters."""
    vocabulary = ceil(shape.vocabulary_size / VOCABULARY_STEP) * VOCABULARY_STEP
    embeddings = vocabulary * shape.hidden_size
    matrices = 3 if shape.gated else 2
    dense = shape.layers - (shape.experts.layers if shape.experts else 0)
    feed_forward = dense * matrices * shape.hidden_size * shape.feed_forward_size
    norms = shape.layers * 2 * shape.hidden_size
    attending = shape.layers - (shape.recurrent.layers if shape.recurrent else 0)
    attention = attending * (_latent(shape) if shape.latent else _attention(shape))
    return ParameterCounts(
        embeddings=embeddings,
        output=0 if shape.tied_embeddings else embeddings,
        layers=attention + _recurrent(shape) + feed_forward + norms,
        experts=_experts(shape),
        vision=_vision(shape),
    )


def _attention(shape: LayerShape) -> int:
    matrices = 3 if shape.gated_attention else 2
    query_and_output = matrices * shape.attention_heads * shape.head_size
    keys_and_values = 2 * shape.kv_heads * shape.head_size
    return shape.hidden_size * (query_and_output + keys_and_values)


def _latent(shape: LayerShape) -> int:
    latent = shape.latent
    if latent is None:
        return 0
    heads = shape.attention_heads
    query_size = heads * (latent.plain_size + latent.rope_size)
    if latent.query_rank is None:
        query = shape.hidden_size * query_size
    else:
        query = latent.query_rank * (shape.hidden_size + query_size)
    down = shape.hidden_size * (latent.kv_rank + latent.rope_size)
    up = latent.kv_rank * heads * (latent.plain_size + latent.value_size)
    return query + down + up + heads * latent.value_size * shape.hidden_size


def _recurrent(shape: LayerShape) -> int:
    recurrent = shape.recurrent
    if recurrent is None:
        return 0
    into = recurrent.channels + recurrent.inner + recurrent.steering
    projections = shape.hidden_size * (into + recurrent.inner)
    return recurrent.layers * (projections + recurrent.channels * recurrent.kernel)


def _experts(shape: LayerShape) -> int:
    experts = shape.experts
    if experts is None:
        return 0
    width = experts.experts * experts.size + experts.shared_size
    router = shape.hidden_size * experts.experts
    return experts.layers * (3 * shape.hidden_size * width + router)


def _vision(shape: LayerShape) -> int:
    vision = shape.vision
    if vision is None:
        return 0
    hidden = vision.hidden_size
    layer = 4 * hidden * hidden + 2 * hidden * vision.intermediate_size
    patches = 3 * vision.patch_size**2 * hidden
    positions = (vision.image_size // vision.patch_size) ** 2 * hidden
    projector = hidden * shape.hidden_size
    return vision.layers * layer + patches + positions + projector
