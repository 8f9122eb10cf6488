"""Explanations, for real logs of vLLM 0.32 and for texts that need a GPU to be provoked."""

from pathlib import Path

import pytest

from aicockpit.engines.startup_failures import FailureKind, FailureLog, StartupFailure

LOGS = Path(__file__).parents[2] / "golden" / "startup_logs"
K = FailureKind


def explain(text: str, returncode: int | None = 1) -> StartupFailure:
    log = FailureLog()
    for line in text.splitlines():
        log.feed(line)
    return log.failure(returncode)


@pytest.mark.parametrize(
    ("name", "kind", "why", "remedy"),
    [
        ("unknown-flag", K.BAD_FLAG, "argument --swap-space", "model's settings"),
        ("invalid-choice", K.BAD_FLAG, "--dtype: invalid choice: 'bf16'", "model's settings"),
        ("invalid-value", K.BAD_FLAG, "--max-num-seqs: invalid int value", "model's settings"),
        ("missing-value", K.BAD_FLAG, "--max-model-len: expected one", "model's settings"),
        ("unknown-tool-parser", K.BAD_FLAG, "no tool call parser called nope", "hermes"),
        ("missing-template", K.BAD_FLAG, "/nonexistent/file.jinja", "chat_template"),
        ("tensor-parallel", K.BAD_FLAG, "14 attention heads", "divides 14"),
        ("port-taken", K.PORT_TAKEN, "port", "Start again"),
        ("context-beyond-model", K.CONTEXT_TOO_LONG, "100000", "context = 32768"),
        ("context-beyond-memory", K.CONTEXT_TOO_LONG, "0.38 GiB", "context = 7936"),
        ("no-memory-for-kv", K.OUT_OF_MEMORY, "no memory for the KV cache", "cpu_kv_cache"),
        ("too-little-free-memory", K.OUT_OF_MEMORY, "11.41 GiB of memory free", "smaller model"),
        ("remote-code", K.REMOTE_CODE, "code of its own", "trust_remote_code = true"),
        ("unsupported-type", K.UNSUPPORTED_MODEL, "type foo", "vLLM supports"),
        ("unsupported-architecture", K.UNSUPPORTED_MODEL, "FooForCausalLM", "vLLM supports"),
        ("unknown-quantization", K.UNSUPPORTED_MODEL, "method: nope", "quantization"),
        ("missing-folder", K.BROKEN_MODEL, "missing or lacks files", "fetch it again"),
        ("no-weights", K.BROKEN_MODEL, "no weights", "fetch it again"),
        ("damaged-weights", K.BROKEN_MODEL, "damaged", "fetch it again"),
    ],
)
def test_real_logs(name: str, kind: FailureKind, why: str, remedy: str) -> None:
    failure = explain((LOGS / f"{name}.log").read_text())
    assert failure.kind is kind
    assert why in failure.why
    assert remedy in failure.remedy
    assert failure.why.endswith(".")
    assert failure.remedy.endswith(".")


def test_every_real_log_is_tested() -> None:
    failed = {path.stem for path in LOGS.glob("*.log") if not path.stem.startswith("ready-")}
    marker = next(mark for mark in test_real_logs.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert {case[0] for case in marker.args[1]} == failed


@pytest.mark.parametrize("name", ["ready-eager", "ready-compiled"])
def test_a_good_start_explains_nothing(name: str) -> None:
    assert explain((LOGS / f"{name}.log").read_text()).kind is K.UNKNOWN


@pytest.mark.parametrize(
    ("text", "kind", "why", "remedy"),
    [
        (
            (
                "ValueError: Free memory on device cuda:0 (3.2/23.6 GiB) on startup is less than "
                "desired GPU memory utilization (0.92, 21.72 GiB). Decrease GPU memory utilization"
            ),
            K.OUT_OF_MEMORY,
            "GPU cuda:0 has 3.2 of 23.6 GiB free and the engine wants 21.72 GiB.",
            "from 0.92",
        ),
        (
            "ValueError: No available memory for the cache blocks. Try increasing",
            K.OUT_OF_MEMORY,
            "no memory for the KV cache",
            "gpu_memory_utilization",
        ),
        (
            "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.02 GiB. GPU 0 has",
            K.OUT_OF_MEMORY,
            "no room for another 1.02 GiB",
            "quantised",
        ),
        (
            (
                "RuntimeError: [enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: "
                "can't allocate memory: you tried to allocate 8589934592 bytes."
            ),
            K.OUT_OF_MEMORY,
            "ran out of memory",
            "cpu_kv_cache",
        ),
        (
            (
                "RuntimeError: Engine core initialization failed. See root cause above. "
                "Failed core proc(s): {'EngineCore': -9}"
            ),
            K.OUT_OF_MEMORY,
            "The system killed it",
            "smaller model",
        ),
        (
            (
                "To serve at least one request with the model's max seq len (131072), (16.00 GiB "
                "KV cache is needed, which is larger than the available KV cache memory "
                "(5.13 GiB). Try increasing"
            ),
            K.CONTEXT_TOO_LONG,
            "only 5.13 GiB",
            "smaller context",
        ),
        (
            "huggingface_hub.errors.GatedRepoError: 403 Client Error. Cannot access gated repo",
            K.GATED_MODEL,
            "gated",
            "HF_TOKEN",
        ),
        (
            (
                "ValueError: Bfloat16 is only supported on GPUs with compute capability of at "
                "least 8.0. Your Tesla T4 GPU has compute capability 7.5. You can use float16."
            ),
            K.UNSUPPORTED_MODEL,
            "at least 8.0",
            'dtype = "float16"',
        ),
        ("OSError: [Errno 28] No space left on device", K.DISK_FULL, "disk is full", "Free"),
        (
            "RuntimeError: The NVIDIA driver on your system is too old (found version 12020).",
            K.DRIVER,
            "too old",
            "newer NVIDIA driver",
        ),
    ],
)
def test_texts(text: str, kind: FailureKind, why: str, remedy: str) -> None:
    failure = explain(text)
    assert failure.kind is kind
    assert why in failure.why
    assert remedy in failure.remedy


def test_what_no_rule_knows_is_quoted() -> None:
    text = (
        "(EngineCore pid=1) ERROR 11-22 15:30:38 [core.py:1] KeyError: 'something new'\n"
        "RuntimeError: Engine core initialization failed. See root cause above."
    )
    assert explain(text).why == "'something new'."
    assert explain("").why == "It ended with status 1."
    assert explain("last words", returncode=3).why == "It ended with status 3. last words."
    assert explain("", returncode=None).why == "It printed nothing."


def test_a_killed_engine_most_likely_had_no_memory() -> None:
    assert explain("fine so far", returncode=-9).kind is K.OUT_OF_MEMORY
