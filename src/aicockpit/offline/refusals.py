"""What vLLM's offline classes have and this library does not carry, refused by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aicockpit.errors import UnsupportedOfflineFeatureError

if TYPE_CHECKING:
    from collections.abc import Iterable

_SERVER = "Serve the model with `aicockpit serve` and use the endpoint that does this."

LLM_METHODS = {
    "apply_model": "It would send Python objects into the engine's process.",
    "beam_search": "The engine's beam search is not carried over.",
    "classify": "Only text generation is carried over.",
    "collective_rpc": "It would send Python objects into the engine's process.",
    "embed": "Only text generation is carried over.",
    "encode": "Only text generation is carried over.",
    "enqueue": "Requests are handed over with `generate` and `chat` only.",
    "get_metrics": "The offline engine keeps no statistics of its own.",
    "get_tokenizer": "The tokenizer lives in the engine's process.",
    "reset_mm_cache": "Only text is carried over.",
    "reset_prefix_cache": "The engine's caches cannot be reached from here.",
    "reward": "Only text generation is carried over.",
    "score": "Only text generation is carried over.",
    "sleep": "An offline engine is closed when it is not needed.",
    "start_profile": "The engine's profiler cannot be reached from here.",
    "stop_profile": "The engine's profiler cannot be reached from here.",
    "wait_for_completion": "Requests are handed over with `generate` and `chat` only.",
    "wake_up": "An offline engine is closed when it is not needed.",
}
"""vLLM's other methods of `LLM`, with the reason why they are missing here."""

_ENGINE_ARGUMENTS = {
    "data_parallel_size": "One offline engine is one replica.",
    "disable_log_stats": "The offline engine never logs statistics.",
    "hf_token": "A token on a command line could be read by every user; set HF_TOKEN instead.",
    "logits_processors": "They are Python objects, which do not fit on a command line.",
    "model": "The model is the first argument.",
    "pooler_config": "Only text generation is carried over.",
    "worker_cls": "It is a Python object, which does not fit on a command line.",
}


def refuse_sampling_names(names: Iterable[str]) -> None:
    """Refuse sampling parameters; nothing happens when there are none."""
    listed = list(names)
    if listed:
        raise UnsupportedOfflineFeatureError(
            f"SamplingParams has no {_listing(listed)} here.",
            why="The offline library carries vLLM's plain sampling values only, so that they can "
            "be stored and sent to the engine's process.",
            remedy="Leave it out, or serve the model with `aicockpit serve` and send it there.",
        )


def refuse_options(method: str, names: Iterable[str]) -> None:
    """Refuse keyword arguments of a method; nothing happens when there are none."""
    listed = list(names)
    if listed:
        raise UnsupportedOfflineFeatureError(
            f"LLM.{method} does not take {_listing(listed)} here.",
            why="The offline library carries texts, token ids and conversations only.",
            remedy=_SERVER,
        )


def refuse_engine_argument(name: str) -> None:
    """Refuse an argument that vLLM's LLM has; nothing happens for any other name."""
    reason = _ENGINE_ARGUMENTS.get(name)
    if reason is not None:
        raise unsupported_engine_argument(name, reason)


def unsupported_engine_argument(name: str, why: str) -> UnsupportedOfflineFeatureError:
    """The refusal of one argument."""
    return UnsupportedOfflineFeatureError(
        f"LLM does not take {name} here.",
        why=why,
        remedy="Leave it out, or use the value that vLLM's command line takes for it.",
    )


def refuse_method(name: str) -> None:
    """Refuse a method that vLLM's `LLM` has; nothing happens for any other name."""
    reason = LLM_METHODS.get(name)
    if reason is not None:
        raise UnsupportedOfflineFeatureError(
            f"LLM.{name} is not supported by the offline library.", why=reason, remedy=_SERVER
        )


def _listing(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
