"""Flags that `engine_args` must not have: those vLLM removed, and those the gateway owns.

The removed ones are those of vLLM releases up to 0.33 that old guides still name. What a release
has is read from its own help, never from here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Retired:
    """A flag that vLLM no longer has."""

    reason: str
    """Why, as a sentence."""
    successor: str | None = None
    """The flag to use now, without dashes."""


_ENGINE_V0 = "it belonged to the first engine, which is gone."
_STRUCTURED = "guided decoding is now called structured outputs and has one JSON setting."
_SPECULATIVE = "speculative decoding now has one JSON setting."
_ADAPTERS = "prompt adapters and their kin are gone."

RETIRED = {
    "swap-space": Retired(
        "preempted requests are recomputed, and KV blocks are offloaded to RAM by another flag.",
        "kv-offloading-size",
    ),
    "task": Retired("what a model does is now its runner.", "runner"),
    "disable-log-requests": Retired(
        "requests are not logged unless asked for, so there is nothing to switch off.",
    ),
    "guided-decoding-backend": Retired(_STRUCTURED, "structured-outputs-config"),
    "guided-decoding-disable-fallback": Retired(_STRUCTURED, "structured-outputs-config"),
    "guided-decoding-disable-any-whitespace": Retired(_STRUCTURED, "structured-outputs-config"),
    "guided-decoding-disable-additional-properties": Retired(
        _STRUCTURED, "structured-outputs-config"
    ),
    "preemption-mode": Retired("preempted requests are always recomputed."),
    "num-scheduler-steps": Retired(_ENGINE_V0),
    "multi-step-stream-outputs": Retired(_ENGINE_V0, "stream-interval"),
    "scheduler-delay-factor": Retired(_ENGINE_V0),
    "use-v2-block-manager": Retired(_ENGINE_V0),
    "num-lookahead-slots": Retired(_ENGINE_V0),
    "disable-async-output-proc": Retired(_ENGINE_V0),
    "disable-frontend-multiprocessing": Retired(_ENGINE_V0),
    "engine-use-ray": Retired(_ENGINE_V0),
    "max-num-partial-prefills": Retired(
        "long prompts are cut by their length alone.", "long-prefill-token-threshold"
    ),
    "max-long-partial-prefills": Retired(
        "long prompts are cut by their length alone.", "long-prefill-token-threshold"
    ),
    "worker-use-ray": Retired(
        "the executor is chosen by one flag.", "distributed-executor-backend"
    ),
    "device": Retired("the engine environment decides what engines run on."),
    "speculative-model": Retired(_SPECULATIVE, "speculative-config"),
    "num-speculative-tokens": Retired(_SPECULATIVE, "speculative-config"),
    "speculative-max-model-len": Retired(_SPECULATIVE, "speculative-config"),
    "speculative-draft-tensor-parallel-size": Retired(_SPECULATIVE, "speculative-config"),
    "ngram-prompt-lookup-max": Retired(_SPECULATIVE, "speculative-config"),
    "ngram-prompt-lookup-min": Retired(_SPECULATIVE, "speculative-config"),
    "enable-reasoning": Retired("naming a reasoning parser switches it on.", "reasoning-parser"),
    "rope-scaling": Retired("it is part of the model's configuration.", "hf-overrides"),
    "rope-theta": Retired("it is part of the model's configuration.", "hf-overrides"),
    "max-seq-len-to-capture": Retired(
        "CUDA graphs are captured by batch size.", "max-cudagraph-capture-size"
    ),
    "cuda-graph-sizes": Retired("it was renamed.", "cudagraph-capture-sizes"),
    "override-pooler-config": Retired("it was renamed.", "pooler-config"),
    "override-neuron-config": Retired("it became a general setting.", "additional-config"),
    "kv-cache-memory": Retired("vLLM's own log still prints this name.", "kv-cache-memory-bytes"),
    "tokenizer-pool-size": Retired(_ENGINE_V0, "renderer-num-workers"),
    "disable-mm-preprocessor-cache": Retired(
        "the cache is switched off by the size 0.", "mm-processor-cache-gb"
    ),
    "logits-processor-pattern": Retired(
        "processors are named when the engine starts.", "logits-processors"
    ),
    "qlora-adapter-name-or-path": Retired(_ADAPTERS),
    "long-lora-scaling-factors": Retired(_ADAPTERS),
    "lora-extra-vocab-size": Retired(_ADAPTERS),
    "enable-prompt-adapter": Retired(_ADAPTERS),
    "max-prompt-adapters": Retired(_ADAPTERS),
    "max-prompt-adapter-token": Retired(_ADAPTERS),
}
"""By name, without dashes."""

_ADDRESS = "The gateway chooses the engine's address, which nothing else may use."
_NAME = "The gateway names the model; `served_name` of the model sets its name."
_MODEL = "The model is named by `source` and `revision` of the model's settings."

RESERVED = {
    "host": _ADDRESS,
    "port": _ADDRESS,
    "uds": _ADDRESS,
    "root-path": _ADDRESS,
    "grpc": "The gateway speaks HTTP to the engine.",
    "grpc-port": _ADDRESS,
    "headless": "An engine without an HTTP server cannot be reached by the gateway.",
    "api-key": "Every engine gets a random key of its own that only the gateway knows.",
    "ssl-keyfile": "The gateway talks to its engines on the loopback address without TLS.",
    "ssl-certfile": "The gateway talks to its engines on the loopback address without TLS.",
    "served-model-name": _NAME,
    "model": _MODEL,
    "model-tag": _MODEL,
    "hf-token": "Engines never get the Hugging Face token; the gateway fetches the model.",
    "config": "Engine arguments belong into engine_args, where they are checked.",
    "help": "It would print the engine's help in place of serving.",
}
"""Flags that stay the gateway's, by name, with the reason."""
