"""Why an engine did not start, read from its log, and what helps against it. Pure.

Each rule is a text of vLLM 0.32 and 0.33 (or of the libraries below it) with the sentence and the
remedy that it stands for. Rules are ordered: the first whose text occurs anywhere in the log wins,
so causes come before their consequences.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SIGKILL = 9
_KEPT_TAIL = 40


class FailureKind(StrEnum):
    """What kind of thing went wrong."""

    BAD_FLAG = "bad_flag"
    PORT_TAKEN = "port_taken"
    CONTEXT_TOO_LONG = "context_too_long"
    OUT_OF_MEMORY = "out_of_memory"
    UNSUPPORTED_MODEL = "unsupported_model"
    GATED_MODEL = "gated_model"
    REMOTE_CODE = "remote_code"
    BROKEN_MODEL = "broken_model"
    DISK_FULL = "disk_full"
    DRIVER = "driver"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class StartupFailure:
    """A failure in words."""

    kind: FailureKind
    why: str
    """One sentence or more."""
    remedy: str


@dataclass(frozen=True)
class _Rule:
    kind: FailureKind
    pattern: re.Pattern[str]
    explain: Callable[[re.Match[str]], tuple[str, str]]


def _say(why: str, remedy: str) -> Callable[[re.Match[str]], tuple[str, str]]:
    """Fixed words, with the pattern's groups as `{0}`, `{1}`, … in them."""
    return lambda match: (
        why.format(*(group or "" for group in match.groups())).strip(),
        remedy.format(*(group or "" for group in match.groups())),
    )


def _kv_cache_too_small(match: re.Match[str]) -> tuple[str, str]:
    asked, needed, available, possible = match.groups()
    why = (
        f"One request of the full context of {asked} tokens needs {needed} GiB of KV cache and "
        f"only {available} GiB are left for it."
    )
    if possible:
        return why, f"Set context = {possible} for this model, or give the KV cache more memory."
    return why, "Set a smaller context for this model, or give the KV cache more memory."


def _no_room_for_kv(match: re.Match[str]) -> tuple[str, str]:
    free, wanted = match.groups()
    if wanted.startswith("-"):
        return "The weights leave no memory for the KV cache.", _LESS_RAM
    return f"{free} GiB of memory are free and the KV cache is to have {wanted} GiB.", _LESS_RAM


_CHECK_ARGS = "Correct it in the model's settings; its flags are those of vLLM."
_LESS_MEMORY = (
    "Stop other programs that use its memory, lower gpu_memory_utilization or context, or choose "
    "a smaller or quantised model."
)
_LESS_RAM = "Lower engines.cpu_kv_cache or context, stop other programs, or choose a smaller model."
_FETCH_AGAIN = (
    "Remove the model with `aicockpit models remove` and fetch it again, or check the folder."
)
_LICENCE = (
    "Accept the model's licence on its Hugging Face page, set HF_TOKEN, and fetch it with "
    "`aicockpit models pull`."
)

_RULES = tuple(
    _Rule(kind, re.compile(pattern), explain)
    for kind, pattern, explain in (
        (
            FailureKind.BAD_FLAG,
            r"error: unrecognized arguments: (.+)",
            _say("The engine does not know the argument {0}.", _CHECK_ARGS),
        ),
        (
            FailureKind.BAD_FLAG,
            r"error: argument (\S+): (invalid .+|expected .+|not allowed .+)",
            _say("The engine refuses the argument {0}: {1}.", _CHECK_ARGS),
        ),
        (
            FailureKind.BAD_FLAG,
            r"invalid (tool call|reasoning) parser: (\S+) \(chose from \{ ?(.+?) ?\}",
            _say("The engine has no {0} parser called {1}.", "Use one of {2}."),
        ),
        (
            FailureKind.BAD_FLAG,
            r"supplied chat template string \((.+?)\) appears path-like, but doesn't exist",
            _say("There is no chat template file {0}.", "Correct chat_template of this model."),
        ),
        (
            FailureKind.PORT_TAKEN,
            r"[Aa]ddress already in use",
            _say(
                "Another program took the engine's port first.",
                "Start again; a new port is chosen every time.",
            ),
        ),
        (
            FailureKind.CONTEXT_TOO_LONG,
            (
                r"max seq len \((\d+)\), \(?([\d.]+) GiB KV cache is needed, which is larger "
                r"than the available KV cache memory \(([\d.]+) GiB\)"
                r"(?:.*estimated maximum model length is (\d+))?"
            ),
            _kv_cache_too_small,
        ),
        (
            FailureKind.CONTEXT_TOO_LONG,
            (
                r"User-specified max_model_len \((\d+)\) is greater than the derived max_model_len "
                r"\(max_position_embeddings=(\d+)"
            ),
            _say(
                "A context of {0} tokens was asked for and the model was made for {1}.",
                "Set context = {1} or less for this model.",
            ),
        ),
        (
            FailureKind.OUT_OF_MEMORY,
            r"No available memory for the cache blocks",
            _say(
                "The weights leave no memory for the KV cache.",
                "Raise gpu_memory_utilization, lower max_sequences, or choose a smaller or "
                "quantised model.",
            ),
        ),
        (
            FailureKind.OUT_OF_MEMORY,
            (
                r"Free memory on device (\S+) \(([\d.]+)/([\d.]+) GiB\) on startup is less than .*?"
                r"\(([\d.]+), ([\d.]+) GiB\)"
            ),
            _say(
                "GPU {0} has {1} of {2} GiB free and the engine wants {4} GiB.",
                "Stop other programs that use the GPU, or lower gpu_memory_utilization from {3}.",
            ),
        ),
        (
            FailureKind.OUT_OF_MEMORY,
            (
                r"Available memory on node \d+ \(([\d.]+)/[\d.]+ GiB\) on kv cache allocation "
                r"is less than requested memory for kv \((-?[\d.]+)"
            ),
            _no_room_for_kv,
        ),
        (
            FailureKind.OUT_OF_MEMORY,
            (
                r"Available memory on node \d+ \(([\d.]+)/[\d.]+ GiB\) on startup is less than "
                r"desired CPU memory utilization \(([\d.]+), ([\d.]+) GiB\)"
            ),
            _say("There are {0} GiB of memory free and the engine wants {2} GiB.", _LESS_RAM),
        ),
        (
            FailureKind.OUT_OF_MEMORY,
            r"(?:CUDA out of memory|OutOfMemoryError: .*?)\.? Tried to allocate ([\d.]+ [KMG]iB)",
            _say("The GPU ran out of memory: there was no room for another {0}.", _LESS_MEMORY),
        ),
        (
            FailureKind.OUT_OF_MEMORY,
            r"CUDA out of memory|OutOfMemoryError|CUDA error: out of memory",
            _say("The GPU ran out of memory.", _LESS_MEMORY),
        ),
        (
            FailureKind.OUT_OF_MEMORY,
            r"can't allocate memory|Cannot allocate memory|^(?:\(.*?\) )?MemoryError",
            _say("The machine ran out of memory.", _LESS_RAM),
        ),
        (
            FailureKind.DISK_FULL,
            r"No space left on device",
            _say("The disk is full.", "Free some space (compiled kernels go to ~/.cache/vllm)."),
        ),
        (
            FailureKind.REMOTE_CODE,
            (
                r"contains custom code which must be executed|"
                r"set(?:ting)? `?trust_remote_code=True|"
                r"requires you to execute the configuration file"
            ),
            _say(
                "The model brings Python code of its own, which nobody allowed to run.",
                "Read that code; if you trust it, set trust_remote_code = true for this model.",
            ),
        ),
        (
            FailureKind.UNSUPPORTED_MODEL,
            r"model type `([^`]+)` but Transformers does not recognize this architecture",
            _say(
                "This engine does not know models of the type {0}.",
                "Choose a model that vLLM supports.",
            ),
        ),
        (
            FailureKind.UNSUPPORTED_MODEL,
            r"Model architectures \[?([^]]+)\]? are not supported for now",
            _say(
                "This engine does not support the architecture {0}.",
                "Choose a model that vLLM supports.",
            ),
        ),
        (
            FailureKind.UNSUPPORTED_MODEL,
            r"(Model architecture \S+ (?:was supported in vLLM until|is not supported in-tree).+)",
            _say("{0}", "Choose a model that this engine supports."),
        ),
        (
            FailureKind.UNSUPPORTED_MODEL,
            (
                r"(Unknown quantization method: \S+?)\.? Must|"
                r"(The quantization method \S+ is not supported for the current GPU.*?)\.(?: |$)"
            ),
            _say("{0}{1}.", "Remove `quantization` from engine_args, or choose another model."),
        ),
        (
            FailureKind.UNSUPPORTED_MODEL,
            r"(Bfloat16 is only supported on GPUs[^.]*\.\d[^.]*)",
            _say("{0}.", 'Set dtype = "float16" for this model.'),
        ),
        (
            FailureKind.UNSUPPORTED_MODEL,
            r"(The model type \S+ does not support float16)",
            _say("{0}.", 'Set dtype = "bfloat16" or "auto" for this model.'),
        ),
        (
            FailureKind.UNSUPPORTED_MODEL,
            r"(torch\.\w+ is not supported for quantization method \S+?)\.",
            _say("{0}.", 'Set dtype = "auto" for this model.'),
        ),
        (
            FailureKind.BAD_FLAG,
            r"[Aa]ttention heads \((\d+)\) must be divisible by tensor parallel size \((\d+)\)",
            _say(
                "The model's {0} attention heads cannot be shared by {1} GPUs.",
                "Use a number of GPUs that divides {0}.",
            ),
        ),
        (
            FailureKind.GATED_MODEL,
            r"GatedRepoError|[Cc]annot access gated repo|gated repo",
            _say("The model is gated and this account has no access to it.", _LICENCE),
        ),
        (
            FailureKind.BROKEN_MODEL,
            r"Cannot find any model weights with",
            _say("The model's folder holds no weights.", _FETCH_AGAIN),
        ),
        (
            FailureKind.BROKEN_MODEL,
            (
                r"SafetensorError: (.+)|Error while deserializing header: (.+)|"
                r"(incomplete metadata, file not fully covered)"
            ),
            _say("A weights file is damaged ({0}{1}{2}).", _FETCH_AGAIN),
        ),
        (
            FailureKind.BROKEN_MODEL,
            (
                r"LocalEntryNotFoundError|Repo id must be in the form|Invalid repository ID or "
                r"local directory|"
                r"does not appear to have a file named (\S+)|outgoing traffic has been"
            ),
            _say("The model's folder is missing or lacks files. {0}", _FETCH_AGAIN),
        ),
        (
            FailureKind.DRIVER,
            (
                r"(NVIDIA driver on your system is too old[^.]*)|(Failed to infer device type)|"
                r"(no kernel image is available for execution on the device)"
            ),
            _say(
                "The engine cannot use this machine's device: {0}{1}{2}.",
                "Install a newer NVIDIA driver, or use the engine environment for this device.",
            ),
        ),
    )
)

_VALUE_ERROR = re.compile(r"^\s+Value error, (.+?)(?: \[type=|$)")
_EXCEPTION = re.compile(
    r"^(?:\([^)]*\) )?(?:ERROR .*?\] )?(?:[\w.]*?)(\w+(?:Error|Exception)): (.+)"
)
_CONSEQUENCE = re.compile(r"Engine core initialization failed|Failed core proc|Worker failed with")
_CORE_KILLED = re.compile(r"Failed core proc\(s\): .*?: -9\b")


class FailureLog:
    """Reads a starting engine's lines and, once it has ended, says why."""

    def __init__(self) -> None:
        self._found: dict[int, StartupFailure] = {}
        self._general: str | None = None
        self._killed = False
        self._tail: deque[str] = deque(maxlen=_KEPT_TAIL)

    def feed(self, line: str) -> None:
        """Take one line."""
        self._tail.append(line)
        for index, rule in enumerate(_RULES):
            if index in self._found:
                continue
            if match := rule.pattern.search(line):
                self._found[index] = StartupFailure(rule.kind, *rule.explain(match))
        self._killed = self._killed or bool(_CORE_KILLED.search(line))
        if not _CONSEQUENCE.search(line) and (
            match := _VALUE_ERROR.search(line) or _EXCEPTION.search(line)
        ):
            self._general = match[match.re.groups].strip()

    def failure(self, returncode: int | None) -> StartupFailure:
        """The best explanation; `returncode` is None for an engine that still runs."""
        if self._found:
            return self._found[min(self._found)]
        if self._killed or returncode == -_SIGKILL:
            return StartupFailure(
                FailureKind.OUT_OF_MEMORY,
                "The system killed it, most likely because the machine ran out of memory.",
                _LESS_RAM,
            )
        why = self._general or self._last_words(returncode)
        return StartupFailure(
            FailureKind.UNKNOWN,
            why if why.endswith((".", "!", "?")) else f"{why}.",
            "Read the end of the engine's log.",
        )

    def _last_words(self, returncode: int | None) -> str:
        ended = "" if returncode is None else f"It ended with status {returncode}. "
        last = next((line.strip() for line in reversed(self._tail) if line.strip()), "")
        return f"{ended}{last}".strip() or "It printed nothing."
